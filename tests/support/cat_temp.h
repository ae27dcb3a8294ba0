/* cat_temp.h - a catalog in a directory of its own, for one test. */
#pragma once
#include "catalog/cat.h"

enum { CAT_TEMP_NOW = 1790000000 };	/* 2026-09-21 14:13:20 UTC, a Monday */

typedef struct cat_temp {
	char *dir, *path;
	cat_db *db;
} cat_temp;

cat_temp cat_temp_open(void);
/* Everything is removed. */
void cat_temp_clear(cat_temp *t);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(cat_temp, cat_temp_clear)

extern const cat_actor cat_temp_actor;

/* "key|name|site|ids,...|groups,..." from CAT_TEMP_NOW on. */
void cat_temp_user(const cat_temp *t, const char *text);
/* A rule from CAT_TEMP_NOW on. */
void cat_temp_rule(const cat_temp *t, const char *name, const char *text);
/* What sqlite3(1) would do, by another connection: for damage. */
void cat_temp_sql(const cat_temp *t, const char *sql);
