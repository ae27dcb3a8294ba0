/* rules.h - the rules in the database, and what they refer to. */
#pragma once
#include "catalog/cat.h"

/* Replaces a rule of the same name from `at` on; the old text stays in the
 * history. If the rule names something that does not exist, a sentence goes to
 * `warning` (may be NULL), otherwise NULL; free it. */
bool cat_rules_put(cat_db *db, const cat_rule *r, int64_t at,
		   const cat_actor *who, char **warning, GError **err);
bool cat_rules_end(cat_db *db, const char *name, int64_t at,
		   const cat_actor *who, GError **err);
/* Of cat_rule (g_free), by name: in force at `at`, or all with `at` < 0. */
GPtrArray *cat_rules_list(cat_db *db, int64_t at, GError **err);

/* Lists that rules need: domains ("internal", "federated"), "emergency"
 * numbers, holidays ("holiday:CALENDAR": value YYYY-MM-DD), and how long a
 * retention class is kept ("class:NAME": value such as 7y; a class has one). */
bool cat_list_put(cat_db *db, const char *list, const char *value, int64_t at,
		  const cat_actor *who, GError **err);
bool cat_list_remove(cat_db *db, const char *list, const char *value,
		     int64_t at, const cat_actor *who, GError **err);
/* Of char *, "list value". */
GPtrArray *cat_list_all(cat_db *db, GError **err);
