#include "catalog/rules.h"

#include "catalog/db.h"
#include "catalog/identity.h"

static bool name_check(const char *name, GError **err)
{
	if (*name && !strpbrk(name, " \t\r\n\"'\\;,="))
		return true;
	g_set_error(err, CAT_ERROR, CAT_ERROR_VALUE,
		    "\"%s\": a rule's name is one word without quotes, commas, "
		    "semicolons and =", name);
	return false;
}

static bool zone_check(const cat_rule *r, GError **err)
{
	g_autoptr(GTimeZone) z = NULL;

	if (!*r->zone)
		return true;
	z = g_time_zone_new_identifier(r->zone);
	if (z)
		return true;
	g_set_error(err, CAT_ERROR, CAT_ERROR_VALUE,
		    "zone=%s: this time zone is not known here; names are as "
		    "in /usr/share/zoneinfo, such as Europe/Berlin", r->zone);
	return false;
}

static bool exists(cat_db *db, const char *sql, const char *value, int64_t at)
{
	g_autoptr(cat_stmt) s = cat_sql(db, sql, NULL);

	if (!s)
		return true;
	cat_bind_text(s, 1, value);
	if (cat_params(s) > 1)
		cat_bind_int(s, 2, at);
	return cat_step(s);
}

#define THERE " AND (until IS NULL OR until > ?2)"

/* A rule may be made before its users, so this is no error. */
static char *warning_for(cat_db *db, const cat_rule *r, int64_t at)
{
	const char *sql = NULL, *what = "";

	if (r->who == CAT_WHO_USER) {
		sql = "SELECT 1 FROM person WHERE key = ?1" THERE;
		what = "user";
	} else if (r->who == CAT_WHO_GROUP) {
		sql = "SELECT 1 FROM member WHERE grp = ?1" THERE;
		what = "user in the group";
	} else if (r->who == CAT_WHO_SITE) {
		sql = "SELECT 1 FROM person WHERE lower(site) = ?1" THERE;
		what = "user at the site";
	}
	if (sql && !exists(db, sql, r->value, at))
		return g_strdup_printf("for now there is no %s \"%s\": the "
				       "rule matches nobody", what, r->value);
	if (*r->calendar &&
	    !exists(db, "SELECT 1 FROM list WHERE list = 'holiday:' || ?1",
		    r->calendar, at))
		return g_strdup_printf("the calendar \"%s\" has no days yet",
				       r->calendar);
	if (*r->class && !r->keep_given &&
	    !exists(db, "SELECT 1 FROM list WHERE list = 'class:' || ?1",
		    r->class, at))
		return g_strdup_printf("the class \"%s\" has no time yet: for "
				       "now its calls are kept %u days",
				       r->class, r->keep_days);
	return NULL;
}

/* 1: one ended, 0: there was none, -1: `err`. */
static int rule_end(cat_db *db, const char *name, int64_t at, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "UPDATE rule SET until = ?2"
		    " WHERE name = ?1 AND until IS NULL", err);

	if (!s)
		return -1;
	cat_bind_text(s, 1, name);
	cat_bind_int(s, 2, at);
	if (!cat_run(s, err))
		return -1;
	return cat_changes(db) > 0;
}

static bool rule_insert(cat_db *db, const char *name, const char *spec,
			int64_t at, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "INSERT INTO rule (name, spec, since) VALUES (?1, ?2, ?3)",
		err);

	if (!s)
		return false;
	cat_bind_text(s, 1, name);
	cat_bind_text(s, 2, spec);
	cat_bind_int(s, 3, at);
	return cat_run(s, err);
}

bool cat_rules_put(cat_db *db, const cat_rule *r, int64_t at,
		   const cat_actor *who, char **warning, GError **err)
{
	g_autofree char *spec = cat_rule_print(r);
	g_autofree char *object = g_strdup_printf("%s: %s", r->name, spec);
	int before;
	bool ok;

	if (warning)
		*warning = NULL;
	if (!name_check(r->name, err) || !zone_check(r, err) ||
	    !cat_txn_begin(db, err))
		return false;
	before = rule_end(db, r->name, at, err);
	ok = before >= 0 && rule_insert(db, r->name, spec, at, err) &&
	     cat_change_note(db, who, at,
			     before ? "rule changed" : "rule added", object,
			     err);
	ok = cat_txn_end(db, ok, err);
	if (ok && warning)
		*warning = warning_for(db, r, at);
	return ok;
}

bool cat_rules_end(cat_db *db, const char *name, int64_t at,
		   const cat_actor *who, GError **err)
{
	int ended;
	bool ok;

	if (!cat_txn_begin(db, err))
		return false;
	ended = rule_end(db, name, at, err);
	if (ended == 0)
		g_set_error(err, CAT_ERROR, CAT_ERROR_ABSENT,
			    "there is no rule \"%s\"; `edgetape rules list` "
			    "shows all", name);
	ok = ended == 1 &&
	     cat_change_note(db, who, at, "rule removed", name, err);
	return cat_txn_end(db, ok, err);
}

/* What cat_rules_put() wrote, so only damage makes it unreadable. */
static cat_rule *rule_read(cat_stmt *s, GError **err)
{
	g_autofree cat_rule *r = g_new(cat_rule, 1);
	span bad;
	cat_rule_verdict v = cat_rule_parse(span_str(cat_text(s, 1)), r, &bad);
	g_autofree char *problem = NULL;

	g_strlcpy(r->name, cat_text(s, 0), sizeof(r->name));
	r->from = cat_int(s, 2);
	r->to = cat_int(s, 3);
	if (v == CAT_RULE_OK)
		return g_steal_pointer(&r);
	problem = cat_rule_problem(v, bad);
	g_set_error(err, CAT_ERROR, CAT_ERROR_DB, "rule %s: %s",
		    cat_text(s, 0), problem);
	return NULL;
}

GPtrArray *cat_rules_list(cat_db *db, int64_t at, GError **err)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT name, spec, since, until FROM rule"
		    " WHERE ?1 < 0 OR (since <= ?1 AND"
		    " (until IS NULL OR until > ?1)) ORDER BY name, since",
		err);

	if (!s)
		return NULL;
	cat_bind_int(s, 1, at);
	while (cat_step(s)) {
		cat_rule *r = rule_read(s, err);

		if (!r)
			return NULL;
		g_ptr_array_add(all, r);
	}
	return cat_done(s, err) ? g_steal_pointer(&all) : NULL;
}

/* ---- lists ---- */

static bool digits(const char *s)
{
	return *s && strspn(s, "+0123456789*#") == strlen(s);
}

static bool name_good(const char *name)
{
	return *name && strlen(name) < CAT_NAME_MAX &&
	       !strpbrk(name, " ,;=\"'");
}

/* NULL when it fits its list; else what would have. */
static const char *list_problem(const char *list, const char *value)
{
	uint32_t days;

	if (!strcmp(list, "internal") || !strcmp(list, "federated"))
		return *value && !strpbrk(value, " @:/\t") ? NULL
				: "a domain such as example.com";
	if (!strcmp(list, "emergency"))
		return digits(value) ? NULL : "a number such as 112";
	if (g_str_has_prefix(list, "holiday:") && name_good(list + 8))
		return cat_day_parse(span_str(value)) ? NULL
				: "a day such as 2026-12-25";
	if (g_str_has_prefix(list, "class:") && name_good(list + 6))
		return cat_days_parse(span_str(value), &days) ? NULL
				: "a time such as 90d, 6m or 7y";
	return "one of the lists internal, federated, emergency, "
	       "holiday:CALENDAR or class:NAME";
}

typedef struct list_change {
	const char *sql;	/* ?1 is the list, ?2 the value */
	const char *action;	/* for the audit log */
	const char *list, *value;
	int64_t at;
} list_change;

static bool list_write(cat_db *db, const char *sql, const char *list,
		       const char *value, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(db, sql, err);

	if (!s)
		return false;
	cat_bind_text(s, 1, list);
	cat_bind_text(s, 2, value);
	return cat_run(s, err);
}

static bool list_apply(cat_db *db, const list_change *c, const cat_actor *who,
		       bool *changed, GError **err)
{
	g_autofree char *value = g_ascii_strdown(c->value, -1);
	g_autofree char *object = g_strdup_printf("%s %s", c->list, value);
	bool ok;

	if (!cat_txn_begin(db, err))
		return false;
	ok = list_write(db, c->sql, c->list, value, err);
	*changed = ok && cat_changes(db) > 0;
	ok = ok && (!*changed ||
		    cat_change_note(db, who, c->at, c->action, object, err));
	return cat_txn_end(db, ok, err);
}

bool cat_list_put(cat_db *db, const char *list, const char *value, int64_t at,
		  const cat_actor *who, GError **err)
{
	const char *problem = list_problem(list, value);
	const list_change c = {
		"INSERT OR IGNORE INTO list VALUES (?1, ?2)",
		"list entry added", list, value, at,
	};
	bool ok, changed;

	if (problem) {
		g_set_error(err, CAT_ERROR, CAT_ERROR_VALUE,
			    "%s %s: this is not %s", list, value, problem);
		return false;
	}
	if (!cat_txn_begin(db, err))
		return false;
	/* A class has one value. */
	ok = !g_str_has_prefix(list, "class:") ||
	     list_write(db, "DELETE FROM list WHERE list = ?1 AND value <> ?2",
			list, value, err);
	ok = ok && list_apply(db, &c, who, &changed, err);
	return cat_txn_end(db, ok, err);
}

bool cat_list_remove(cat_db *db, const char *list, const char *value,
		     int64_t at, const cat_actor *who, GError **err)
{
	const list_change c = {
		"DELETE FROM list WHERE list = ?1 AND value = ?2",
		"list entry removed", list, value, at,
	};
	bool changed;

	if (!list_apply(db, &c, who, &changed, err))
		return false;
	if (changed)
		return true;
	g_set_error(err, CAT_ERROR, CAT_ERROR_ABSENT,
		    "the list %s has no %s", list, value);
	return false;
}

GPtrArray *cat_list_all(cat_db *db, GError **err)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT list || ' ' || value FROM list"
		    " ORDER BY list, value", err);

	if (!s)
		return NULL;
	while (cat_step(s))
		g_ptr_array_add(all, g_strdup(cat_text(s, 0)));
	return cat_done(s, err) ? g_steal_pointer(&all) : NULL;
}
