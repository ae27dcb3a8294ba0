#include "catalog/users.h"

#include "catalog/db.h"

static bool has(const GPtrArray *a, const char *text)
{
	return g_ptr_array_find_with_equal_func((GPtrArray *)a, text,
						g_str_equal, NULL);
}

static bool key_check(const char *key, GError **err)
{
	if (*key && strlen(key) < CAT_NAME_MAX &&
	    !strpbrk(key, " \t\r\n\"'\\;,="))
		return true;
	g_set_error(err, CAT_ERROR, CAT_ERROR_VALUE,
		    "\"%s\": a user's key is one word without quotes, commas, "
		    "semicolons and =", key);
	return false;
}

/* ---- what a user has: values with a beginning and an end ---- */

/* A change of what a user has. What is to begin or to end later than `after` is
 * only planned, and may still be changed; the rest is history. */
typedef struct change {
	cat_db *db;
	int64_t id, at, after;
	int64_t leaves;		/* when the user is to be removed; 0: never */
} change;

/* Who does not say what time it is has no plans. */
static int64_t planned_after(int64_t at, const cat_actor *who)
{
	return who->now ? MAX(at, who->now) : INT64_MAX;
}

typedef struct owned {
	const char *current, *begin, *end, *began, *earlier, *stay, *drop;
} owned;

/* ?1: of whom, ?2: the value, ?3: at, ?4: after, ?5: leaves. */
#define OPEN " AND (until IS NULL OR until > ?4)"
#define OWNED(table, value) {						\
	.current = "SELECT " value " FROM " table			\
		" WHERE person = ?1 AND since <= ?4" OPEN,		\
	.begin = "INSERT INTO " table " (person, " value ", since, until)" \
		" VALUES (?1, ?2, ?3, nullif(?5, 0))",			\
	.end = "UPDATE " table " SET until = max(since, ?3)"		\
		" WHERE person = ?1 AND " value " = ?2" OPEN,		\
	.began = "SELECT since FROM " table " WHERE person = ?1"	\
		" AND " value " = ?2 AND since > ?3 AND since <= ?4" OPEN, \
	.earlier = "UPDATE " table " SET since = ?3 WHERE person = ?1"	\
		" AND " value " = ?2 AND since > ?4"			\
		" AND (until IS NULL OR until > since)",		\
	.stay = "UPDATE " table " SET until = nullif(?5, 0)"		\
		" WHERE person = ?1 AND " value " = ?2 AND since <= ?4"	\
		" AND until > ?4 AND until <> ?5",			\
	.drop = "UPDATE " table " SET until = max(since, ?3)"		\
		" WHERE person = ?1 AND since > ?4" OPEN,		\
}

static const owned ids_table = OWNED("identity", "value");
static const owned groups_table = OWNED("member", "grp");
static const owned sites_table = OWNED("stay", "site");

static cat_stmt *owned_sql(const change *c, const char *sql, const char *value,
			   GError **err)
{
	const int64_t number[] = {c->id, 0, c->at, c->after, c->leaves};
	cat_stmt *s = cat_sql(c->db, sql, err);

	for (int i = 1; s && i <= cat_params(s); i++)
		if (i == 2)
			cat_bind_text(s, i, value);
		else
			cat_bind_int(s, i, number[i - 1]);
	return s;
}

static GPtrArray *owned_now(const change *c, const owned *t, GError **err)
{
	g_autoptr(GPtrArray) a = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(cat_stmt) s = owned_sql(c, t->current, NULL, err);

	if (!s)
		return NULL;
	while (cat_step(s))
		g_ptr_array_add(a, g_strdup(cat_text(s, 0)));
	return cat_done(s, err) ? g_steal_pointer(&a) : NULL;
}

static bool owned_write(const change *c, const char *sql, const char *value,
			bool *changed, GError **err)
{
	g_autoptr(cat_stmt) s = owned_sql(c, sql, value, err);

	if (!s || !cat_run(s, err))
		return false;
	*changed |= cat_changes(c->db) > 0;
	return true;
}

/* What began later cannot have ended before: a change of the past would take it
 * away without a trace. */
static bool order_check(const change *c, const owned *t, const char *value,
			GError **err)
{
	g_autoptr(cat_stmt) s = owned_sql(c, t->began, value, err);
	g_autofree char *since = NULL;

	if (!s)
		return false;
	if (!cat_step(s))
		return cat_done(s, err);
	since = cat_time_text(cat_int(s, 0));
	g_set_error(err, CAT_ERROR, CAT_ERROR_VALUE,
		    "\"%s\" began at %s, later than this change is dated; "
		    "date it then or after", value, since);
	return false;
}

/* What is not wanted any more ends. */
static bool owned_release(const change *c, const owned *t,
			  const GPtrArray *want, bool *changed, GError **err)
{
	g_autoptr(GPtrArray) now = owned_now(c, t, err);

	for (guint i = 0; now && i < now->len; i++) {
		const char *v = g_ptr_array_index(now, i);

		if (want && has(want, v))
			continue;
		if (!order_check(c, t, v, err) ||
		    !owned_write(c, t->end, v, changed, err))
			return false;
	}
	return now != NULL;
}

static bool holder_check(const change *c, const char *value, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		c->db, "SELECT key FROM identity JOIN person"
		       " ON person.id = identity.person"
		       " WHERE value = ?1 AND identity.person <> ?3"
		       " AND (identity.until IS NULL OR (identity.until > ?2"
		       " AND identity.until > identity.since))",
		err);

	if (!s)
		return false;
	cat_bind_text(s, 1, value);
	cat_bind_int(s, 2, c->at);
	cat_bind_int(s, 3, c->id);
	if (!cat_step(s))
		return cat_done(s, err);
	g_set_error(err, CAT_ERROR, CAT_ERROR_EXISTS,
		    "%s belongs to the user %s; take it from there first",
		    value, cat_text(s, 0));
	return false;
}

/* What was to end goes on. */
static bool owned_stay(const change *c, const owned *t, const char *value,
		       bool *changed, GError **err)
{
	return (t != &ids_table || holder_check(c, value, err)) &&
	       owned_write(c, t->stay, value, changed, err);
}

/* What was to begin later begins now. */
static bool owned_begin(const change *c, const owned *t, const char *value,
			bool *changed, GError **err)
{
	bool sooner = false;

	*changed = true;
	return (t != &ids_table || holder_check(c, value, err)) &&
	       owned_write(c, t->earlier, value, &sooner, err) &&
	       (sooner || owned_write(c, t->begin, value, changed, err));
}

/* `stay`: what was to end and is asked for again. */
static bool owned_acquire(const change *c, const owned *t,
			  const GPtrArray *want, const GPtrArray *stay,
			  bool *changed, GError **err)
{
	g_autoptr(GPtrArray) now = owned_now(c, t, err);

	for (guint i = 0; now && i < want->len; i++) {
		const char *v = g_ptr_array_index(want, i);
		const bool there = has(now, v);

		if (there && !has(stay, v))
			continue;
		if (there ? !owned_stay(c, t, v, changed, err)
			  : !owned_begin(c, t, v, changed, err))
			return false;
		if (!there)
			g_ptr_array_add(now, g_strdup(v));
	}
	return now != NULL;
}

/* ---- a user ---- */

/* 0: there is none; -1: `err`. */
static int64_t person_id(cat_db *db, const char *key, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT id FROM person WHERE key = ?1", err);

	if (!s)
		return -1;
	cat_bind_text(s, 1, key);
	if (cat_step(s))
		return cat_int(s, 0);
	return cat_done(s, err) ? 0 : -1;
}

/* When a removal is planned; else 0. */
static bool leaves_find(change *c, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		c->db, "SELECT until FROM person WHERE id = ?1 AND until > ?2",
		err);

	if (!s)
		return false;
	cat_bind_int(s, 1, c->id);
	cat_bind_int(s, 2, c->after);
	c->leaves = cat_step(s) ? cat_int(s, 0) : 0;
	return cat_done(s, err);
}

static bool change_begin(change *c, cat_db *db, const char *key, int64_t at,
			 const cat_actor *who, GError **err)
{
	*c = (change){db, person_id(db, key, err), at, planned_after(at, who),
		      0};
	return c->id == 0 || (c->id > 0 && leaves_find(c, err));
}

/* Name and site, and the user's time: never later than what he has. */
static bool person_write(const change *c, const cat_user *u, bool *changed,
			 GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		c->db, "INSERT INTO person (key, name, site, since)"
		       " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (key) DO UPDATE"
		       " SET name = ?2, site = ?3, until = nullif(?5, 0),"
		       " since = min(since, ?4)"
		       " WHERE name <> ?2 OR site <> ?3"
		       " OR coalesce(until, 0) <> ?5 OR since > ?4",
		err);

	if (!s)
		return false;
	cat_bind_text(s, 1, u->key);
	cat_bind_text(s, 2, u->name);
	cat_bind_text(s, 3, u->site);
	cat_bind_int(s, 4, c->at);
	cat_bind_int(s, 5, c->leaves);
	if (!cat_run(s, err))
		return false;
	*changed |= cat_changes(c->db) > 0;
	return true;
}

/* The one site that a user is at, or none. */
static GPtrArray *site_of(const cat_user *u)
{
	GPtrArray *a = g_ptr_array_new();

	if (*u->site)
		g_ptr_array_add(a, u->site);
	return a;
}

static bool user_release(cat_db *db, const cat_user *u, int64_t at,
			 const cat_actor *who, bool *changed, GError **err)
{
	g_autoptr(GPtrArray) site = site_of(u);
	change c;

	if (!change_begin(&c, db, u->key, at, who, err))
		return false;
	return c.id == 0 ||
	       (owned_release(&c, &ids_table, u->ids, changed, err) &&
		owned_release(&c, &groups_table, u->groups, changed, err) &&
		owned_release(&c, &sites_table, site, changed, err));
}

/* A user is at one site: another one overrides where he was to go. */
static bool site_acquire(const change *c, const cat_user *u, bool *changed,
			 GError **err)
{
	g_autoptr(GPtrArray) site = site_of(u);
	g_autoptr(GPtrArray) now = owned_now(c, &sites_table, err);

	if (!now)
		return false;
	if (*u->site && (!has(now, u->site) || has(u->stay, u->site)) &&
	    !owned_write(c, sites_table.drop, NULL, changed, err))
		return false;
	return owned_acquire(c, &sites_table, site, u->stay, changed, err);
}

static bool user_acquire(change *c, const cat_user *u, bool *changed,
			 GError **err)
{
	if (!person_write(c, u, changed, err))
		return false;
	c->id = person_id(c->db, u->key, err);
	return c->id > 0 &&
	       owned_acquire(c, &ids_table, u->ids, u->stay, changed, err) &&
	       owned_acquire(c, &groups_table, u->groups, u->stay, changed,
			     err) &&
	       site_acquire(c, u, changed, err);
}

static bool user_note(cat_db *db, const cat_user *u, int64_t at,
		      const cat_actor *who, bool is_new, GError **err)
{
	g_autoptr(GString) object = g_string_new(u->key);

	for (guint i = 0; i < u->ids->len; i++)
		g_string_append_printf(object, " %s",
				       (char *)g_ptr_array_index(u->ids, i));
	for (guint i = 0; i < u->groups->len; i++)
		g_string_append_printf(object, " group:%s",
				       (char *)g_ptr_array_index(u->groups, i));
	if (*u->site)
		g_string_append_printf(object, " site:%s", u->site);
	return cat_change_note(db, who, at,
			       is_new ? "user added" : "user changed",
			       object->str, err);
}

static bool user_put(cat_db *db, const cat_user *u, int64_t at,
		     const cat_actor *who, bool *changed, bool *is_new,
		     GError **err)
{
	change c;

	if (!change_begin(&c, db, u->key, at, who, err))
		return false;
	*is_new = c.id == 0;
	return key_check(u->key, err) &&
	       user_acquire(&c, u, changed, err) &&
	       (!*changed || user_note(db, u, at, who, *is_new, err));
}

bool cat_user_put(cat_db *db, const cat_user *u, int64_t at,
		  const cat_actor *who, bool *changed, GError **err)
{
	bool ok, is_new, any = false;

	if (!cat_txn_begin(db, err))
		return false;
	ok = user_release(db, u, at, who, &any, err) &&
	     user_put(db, u, at, who, &any, &is_new, err);
	if (changed)
		*changed = any;
	return cat_txn_end(db, ok, err);
}

/* ---- the end of a user ---- */

/* An identity that is to end with the user may be promised to another. */
static bool promised_check(const change *c, GError **err)
{
	g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(cat_stmt) s = owned_sql(
		c, "SELECT value FROM identity WHERE person = ?1"
		   " AND until = ?5 AND since < ?5", NULL, err);
	change then = *c;

	if (!s)
		return false;
	while (cat_step(s))
		g_ptr_array_add(ids, g_strdup(cat_text(s, 0)));
	then.at = c->leaves;
	for (guint i = 0; i < ids->len; i++)
		if (!holder_check(&then, g_ptr_array_index(ids, i), err))
			return false;
	return cat_done(s, err);
}

/* What was to end at another time than the user still does. */
static bool user_stay(const change *c, GError **err)
{
	static const char *const all[] = {
		"UPDATE person SET until = NULL WHERE id = ?1",
		"UPDATE identity SET until = NULL"
		" WHERE person = ?1 AND until = ?5 AND since < ?5",
		"UPDATE member SET until = NULL"
		" WHERE person = ?1 AND until = ?5 AND since < ?5",
		"UPDATE stay SET until = NULL"
		" WHERE person = ?1 AND until = ?5 AND since < ?5",
	};
	bool changed = false;

	if (!promised_check(c, err))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		if (!owned_write(c, all[i], NULL, &changed, err))
			return false;
	return true;
}

static bool planned_note(const change *c, const char *key, int64_t at,
			 const cat_actor *who, const char *action, GError **err)
{
	g_autofree char *when = cat_time_text(c->leaves);
	g_autofree char *object = g_strdup_printf("%s (was planned for %s)",
						  key, when);

	return cat_change_note(c->db, who, at, action,
			       c->leaves ? object : key, err);
}

bool cat_user_stay(cat_db *db, const char *key, int64_t at,
		   const cat_actor *who, GError **err)
{
	change c;
	bool ok;

	if (!cat_txn_begin(db, err))
		return false;
	ok = change_begin(&c, db, key, at, who, err) &&
	     ((c.id && c.leaves) || cat_user_absent(err, key)) &&
	     user_stay(&c, err) &&
	     planned_note(&c, key, at, who, "user stays", err);
	return cat_txn_end(db, ok, err);
}

static bool person_end(const change *c, const char *key, GError **err)
{
	bool changed = false;

	if (!owned_write(c, "UPDATE person SET until = max(since, ?3)"
			    " WHERE id = ?1" OPEN, NULL, &changed, err))
		return false;
	return changed || cat_user_absent(err, key);
}

static bool owned_end(const change *c, const owned *t, GError **err)
{
	bool changed = false;

	return owned_release(c, t, NULL, &changed, err) &&
	       owned_write(c, t->drop, NULL, &changed, err);
}

/* A planned end gives way, to an earlier one or to a later one. */
static bool user_end(change *c, const char *key, const cat_actor *who,
		     GError **err)
{
	const int64_t at = c->at;

	if (c->leaves && c->leaves < at && !user_stay(c, err))
		return false;
	c->after = planned_after(at, who);
	return person_end(c, key, err) && owned_end(c, &ids_table, err) &&
	       owned_end(c, &groups_table, err) &&
	       owned_end(c, &sites_table, err) &&
	       planned_note(c, key, at, who, "user removed", err);
}

bool cat_user_end(cat_db *db, const char *key, int64_t at,
		  const cat_actor *who, GError **err)
{
	const int64_t now = who->now ? who->now : at;
	change c;
	bool ok;

	if (!cat_txn_begin(db, err))
		return false;
	ok = change_begin(&c, db, key, now, who, err) &&
	     (c.id || cat_user_absent(err, key));
	c.at = at;
	ok = ok && user_end(&c, key, who, err);
	return cat_txn_end(db, ok, err);
}

/* ---- many at once ---- */

static bool end_missing(cat_db *db, const GPtrArray *users, int64_t at,
			const cat_actor *who, cat_import_count *out,
			GError **err)
{
	g_autoptr(GPtrArray) now = cat_user_list(db, at, err);
	g_autoptr(GHashTable) keep = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < users->len; i++) {
		const cat_user *u = g_ptr_array_index(users, i);

		g_hash_table_add(keep, u->key);
	}
	for (guint i = 0; now && i < now->len; i++) {
		const cat_user *u = g_ptr_array_index(now, i);

		if (g_hash_table_contains(keep, u->key))
			continue;
		out->ended++;
		if (!cat_user_end(db, u->key, at, who, err))
			return false;
	}
	return now != NULL;
}

/* An identity may move from one user to another in the same list: what ends
 * ends first. */
static bool import_all(cat_db *db, const GPtrArray *users, int64_t at,
		       const cat_actor *who, cat_import_count *out,
		       GError **err)
{
	g_autofree bool *changed = g_new0(bool, users->len + 1);

	for (guint i = 0; i < users->len; i++)
		if (!user_release(db, g_ptr_array_index(users, i), at, who,
				  &changed[i], err))
			return false;
	for (guint i = 0; i < users->len; i++) {
		const cat_user *u = g_ptr_array_index(users, i);
		bool is_new;

		if (!user_put(db, u, at, who, &changed[i], &is_new, err)) {
			g_prefix_error(err, "user %s: ", u->key);
			return false;
		}
		out->added += is_new;
		out->changed += !is_new && changed[i];
		out->same += !is_new && !changed[i];
	}
	return true;
}

/* An empty list is a query that failed: nobody would be recorded any more. */
static bool whole_check(const GPtrArray *users, bool whole, GError **err)
{
	if (users->len || !whole)
		return true;
	g_set_error(err, CAT_ERROR, CAT_ERROR_VALUE,
		    "the list has no users, and the whole of it would remove "
		    "everybody; nothing was changed");
	return false;
}

bool cat_import(cat_db *db, const GPtrArray *users, bool whole, int64_t at,
		const cat_actor *who, cat_import_count *out, GError **err)
{
	bool ok;

	*out = (cat_import_count){0};
	if (!cat_txn_begin(db, err))
		return false;
	ok = whole_check(users, whole, err) &&
	     (!whole || end_missing(db, users, at, who, out, err)) &&
	     import_all(db, users, at, who, out, err);
	return cat_txn_end(db, ok, err);
}
