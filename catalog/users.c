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

typedef struct owned {
	const char *current, *end, *begin, *later;
} owned;

static const owned ids_table = {
	"SELECT value FROM identity WHERE person = ?1 AND until IS NULL",
	"UPDATE identity SET until = ?3 WHERE person = ?1 AND value = ?2"
	" AND until IS NULL",
	"INSERT INTO identity (person, value, since) VALUES (?1, ?2, ?3)",
	"SELECT since FROM identity WHERE person = ?1 AND value = ?2 AND since > ?3"
	" AND until IS NULL",
};

static const owned groups_table = {
	"SELECT grp FROM member WHERE person = ?1 AND until IS NULL",
	"UPDATE member SET until = ?3 WHERE person = ?1 AND grp = ?2"
	" AND until IS NULL",
	"INSERT INTO member (person, grp, since) VALUES (?1, ?2, ?3)",
	"SELECT since FROM member WHERE person = ?1 AND grp = ?2 AND since > ?3"
	" AND until IS NULL",
};

static const owned sites_table = {
	"SELECT site FROM stay WHERE person = ?1 AND until IS NULL",
	"UPDATE stay SET until = ?3 WHERE person = ?1 AND site = ?2"
	" AND until IS NULL",
	"INSERT INTO stay (person, site, since) VALUES (?1, ?2, ?3)",
	"SELECT since FROM stay WHERE person = ?1 AND site = ?2 AND since > ?3"
	" AND until IS NULL",
};

static GPtrArray *owned_now(cat_db *db, const owned *t, int64_t id,
			    GError **err)
{
	g_autoptr(GPtrArray) a = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(cat_stmt) s = cat_sql(db, t->current, err);

	if (!s)
		return NULL;
	cat_bind_int(s, 1, id);
	while (cat_step(s))
		g_ptr_array_add(a, g_strdup(cat_text(s, 0)));
	return cat_done(s, err) ? g_steal_pointer(&a) : NULL;
}

static bool owned_write(cat_db *db, const char *sql, int64_t id,
			const char *value, int64_t at, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(db, sql, err);

	if (!s)
		return false;
	cat_bind_int(s, 1, id);
	cat_bind_text(s, 2, value);
	cat_bind_int(s, 3, at);
	return cat_run(s, err);
}

/* What began later cannot have ended before: a change of the past would take it
 * away without a trace. */
static bool order_check(cat_db *db, const owned *t, int64_t id,
			const char *value, int64_t at, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(db, t->later, err);
	g_autofree char *since = NULL;

	if (!s)
		return false;
	cat_bind_int(s, 1, id);
	cat_bind_text(s, 2, value);
	cat_bind_int(s, 3, at);
	if (!cat_step(s))
		return cat_done(s, err);
	since = cat_time_text(cat_int(s, 0));
	g_set_error(err, CAT_ERROR, CAT_ERROR_VALUE,
		    "\"%s\" began at %s, later than this change is dated; "
		    "date it then or after", value, since);
	return false;
}

/* What is not wanted any more ends. */
static bool owned_release(cat_db *db, const owned *t, int64_t id,
			  const GPtrArray *want, int64_t at, bool *changed,
			  GError **err)
{
	g_autoptr(GPtrArray) now = owned_now(db, t, id, err);

	for (guint i = 0; now && i < now->len; i++) {
		const char *v = g_ptr_array_index(now, i);

		if (want && has(want, v))
			continue;
		*changed = true;
		if (!order_check(db, t, id, v, at, err) ||
		    !owned_write(db, t->end, id, v, at, err))
			return false;
	}
	return now != NULL;
}

static bool holder_check(cat_db *db, const char *value, int64_t id, int64_t at,
			 GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT key FROM identity JOIN person"
		    " ON person.id = identity.person"
		    " WHERE value = ?1 AND identity.person <> ?3"
		    " AND (identity.until IS NULL OR identity.until > ?2)",
		err);

	if (!s)
		return false;
	cat_bind_text(s, 1, value);
	cat_bind_int(s, 2, at);
	cat_bind_int(s, 3, id);
	if (!cat_step(s))
		return cat_done(s, err);
	g_set_error(err, CAT_ERROR, CAT_ERROR_EXISTS,
		    "%s belongs to the user %s; take it from there first",
		    value, cat_text(s, 0));
	return false;
}

static bool owned_acquire(cat_db *db, const owned *t, int64_t id,
			  const GPtrArray *want, int64_t at, bool *changed,
			  GError **err)
{
	g_autoptr(GPtrArray) now = owned_now(db, t, id, err);

	for (guint i = 0; now && i < want->len; i++) {
		const char *v = g_ptr_array_index(want, i);

		if (has(now, v))
			continue;
		*changed = true;
		if (t == &ids_table && !holder_check(db, v, id, at, err))
			return false;
		if (!owned_write(db, t->begin, id, v, at, err))
			return false;
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

/* Name and site, and the user's time: never later than what he has. */
static bool person_write(cat_db *db, const cat_user *u, int64_t at,
			 bool *changed, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "INSERT INTO person (key, name, site, since)"
		    " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (key) DO UPDATE"
		    " SET name = ?2, site = ?3, until = NULL,"
		    " since = min(since, ?4)"
		    " WHERE name <> ?2 OR site <> ?3 OR until IS NOT NULL"
		    " OR since > ?4",
		err);

	if (!s)
		return false;
	cat_bind_text(s, 1, u->key);
	cat_bind_text(s, 2, u->name);
	cat_bind_text(s, 3, u->site);
	cat_bind_int(s, 4, at);
	if (!cat_run(s, err))
		return false;
	*changed |= cat_changes(db) > 0;
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
			 bool *changed, GError **err)
{
	g_autoptr(GPtrArray) site = site_of(u);
	int64_t id = person_id(db, u->key, err);

	if (id <= 0)
		return id == 0;
	return owned_release(db, &ids_table, id, u->ids, at, changed, err) &&
	       owned_release(db, &groups_table, id, u->groups, at, changed,
			     err) &&
	       owned_release(db, &sites_table, id, site, at, changed, err);
}

static bool user_acquire(cat_db *db, const cat_user *u, int64_t at,
			 bool *changed, GError **err)
{
	g_autoptr(GPtrArray) site = site_of(u);
	int64_t id;

	if (!person_write(db, u, at, changed, err))
		return false;
	id = person_id(db, u->key, err);
	return id > 0 &&
	       owned_acquire(db, &ids_table, id, u->ids, at, changed, err) &&
	       owned_acquire(db, &groups_table, id, u->groups, at, changed,
			     err) &&
	       owned_acquire(db, &sites_table, id, site, at, changed, err);
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
	int64_t id = person_id(db, u->key, err);

	*is_new = id == 0;
	return id >= 0 && key_check(u->key, err) &&
	       user_acquire(db, u, at, changed, err) &&
	       (!*changed || user_note(db, u, at, who, *is_new, err));
}

bool cat_user_put(cat_db *db, const cat_user *u, int64_t at,
		  const cat_actor *who, bool *changed, GError **err)
{
	bool ok, is_new, any = false;

	if (!cat_txn_begin(db, err))
		return false;
	ok = user_release(db, u, at, &any, err) &&
	     user_put(db, u, at, who, &any, &is_new, err);
	if (changed)
		*changed = any;
	return cat_txn_end(db, ok, err);
}

static bool person_end(cat_db *db, const char *key, int64_t at, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "UPDATE person SET until = ?2"
		    " WHERE key = ?1 AND until IS NULL", err);

	if (!s)
		return false;
	cat_bind_text(s, 1, key);
	cat_bind_int(s, 2, at);
	if (!cat_run(s, err))
		return false;
	return cat_changes(db) > 0 || cat_user_absent(err, key);
}

bool cat_user_end(cat_db *db, const char *key, int64_t at,
		  const cat_actor *who, GError **err)
{
	bool ok, changed = false;
	int64_t id;

	if (!cat_txn_begin(db, err))
		return false;
	id = person_id(db, key, err);
	if (id == 0)
		cat_user_absent(err, key);
	ok = id > 0 && person_end(db, key, at, err) &&
	     owned_release(db, &ids_table, id, NULL, at, &changed, err) &&
	     owned_release(db, &groups_table, id, NULL, at, &changed, err) &&
	     owned_release(db, &sites_table, id, NULL, at, &changed, err) &&
	     cat_change_note(db, who, at, "user removed", key, err);
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
		if (!user_release(db, g_ptr_array_index(users, i), at,
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
