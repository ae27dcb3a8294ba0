#include "catalog/users.h"

#include "catalog/db.h"

cat_user *cat_user_new(const char *key)
{
	cat_user *u = g_new0(cat_user, 1);

	u->key = g_ascii_strdown(key, -1);
	u->name = g_strdup("");
	u->site = g_strdup("");
	u->ids = g_ptr_array_new_with_free_func(g_free);
	u->groups = g_ptr_array_new_with_free_func(g_free);
	return u;
}

void cat_user_free(cat_user *u)
{
	if (!u)
		return;
	g_free(u->key);
	g_free(u->name);
	g_free(u->site);
	g_ptr_array_unref(u->ids);
	g_ptr_array_unref(u->groups);
	g_free(u);
}

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
	const char *current, *end, *begin;
	const char *what;
} owned;

static const owned ids_table = {
	"SELECT value FROM identity WHERE person = ?1 AND until IS NULL",
	"UPDATE identity SET until = ?3 WHERE person = ?1 AND value = ?2"
	" AND until IS NULL",
	"INSERT INTO identity (person, value, since) VALUES (?1, ?2, ?3)",
	"identity",
};

static const owned groups_table = {
	"SELECT grp FROM member WHERE person = ?1 AND until IS NULL",
	"UPDATE member SET until = ?3 WHERE person = ?1 AND grp = ?2"
	" AND until IS NULL",
	"INSERT INTO member (person, grp, since) VALUES (?1, ?2, ?3)",
	"group",
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
		if (!owned_write(db, t->end, id, v, at, err))
			return false;
	}
	return now != NULL;
}

static bool holder_check(cat_db *db, const char *value, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT key FROM identity JOIN person"
		    " ON person.id = identity.person"
		    " WHERE value = ?1 AND identity.until IS NULL", err);

	if (!s)
		return false;
	cat_bind_text(s, 1, value);
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
		if (t == &ids_table && !holder_check(db, v, err))
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

/* Name and site; `since` counts for a new user or one that comes back. */
static bool person_write(cat_db *db, const cat_user *u, int64_t at,
			 bool *changed, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "INSERT INTO person (key, name, site, since)"
		    " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (key) DO UPDATE"
		    " SET name = ?2, site = ?3, until = NULL"
		    " WHERE name <> ?2 OR site <> ?3 OR until IS NOT NULL",
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

static bool user_release(cat_db *db, const cat_user *u, int64_t at,
			 bool *changed, GError **err)
{
	int64_t id = person_id(db, u->key, err);

	if (id <= 0)
		return id == 0;
	return owned_release(db, &ids_table, id, u->ids, at, changed, err) &&
	       owned_release(db, &groups_table, id, u->groups, at, changed,
			     err);
}

static bool user_acquire(cat_db *db, const cat_user *u, int64_t at,
			 bool *changed, GError **err)
{
	int64_t id;

	if (!person_write(db, u, at, changed, err))
		return false;
	id = person_id(db, u->key, err);
	return id > 0 &&
	       owned_acquire(db, &ids_table, id, u->ids, at, changed, err) &&
	       owned_acquire(db, &groups_table, id, u->groups, at, changed,
			     err);
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

static bool absent(GError **err, const char *key)
{
	g_set_error(err, CAT_ERROR, CAT_ERROR_ABSENT,
		    "there is no user \"%s\"; `edgetape users list` shows all",
		    key);
	return false;
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
	return cat_changes(db) > 0 || absent(err, key);
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
		absent(err, key);
	ok = id > 0 && person_end(db, key, at, err) &&
	     owned_release(db, &ids_table, id, NULL, at, &changed, err) &&
	     owned_release(db, &groups_table, id, NULL, at, &changed, err) &&
	     cat_change_note(db, who, at, "user removed", key, err);
	return cat_txn_end(db, ok, err);
}

/* ---- reading ---- */

static void user_free(void *u)
{
	cat_user_free(u);
}

static bool values_read(cat_db *db, const char *sql, int64_t at,
			GHashTable *by_id, bool groups, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(db, sql, err);

	if (!s)
		return false;
	cat_bind_int(s, 1, at);
	while (cat_step(s)) {
		int64_t id = cat_int(s, 0);
		cat_user *u = g_hash_table_lookup(by_id, &id);

		if (u)
			g_ptr_array_add(groups ? u->groups : u->ids,
					g_strdup(cat_text(s, 1)));
	}
	return cat_done(s, err);
}

GPtrArray *cat_user_list(cat_db *db, int64_t at, GError **err)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(user_free);
	g_autoptr(GHashTable) by_id = g_hash_table_new_full(
		g_int64_hash, g_int64_equal, g_free, NULL);
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT id, key, name, site, since, until FROM person"
		    " WHERE since <= ?1 AND (until IS NULL OR until > ?1)"
		    " ORDER BY key", err);

	if (!s)
		return NULL;
	cat_bind_int(s, 1, at);
	while (cat_step(s)) {
		cat_user *u = cat_user_new(cat_text(s, 1));
		int64_t id = cat_int(s, 0);

		g_free(u->name);
		g_free(u->site);
		u->name = g_strdup(cat_text(s, 2));
		u->site = g_strdup(cat_text(s, 3));
		u->from = cat_int(s, 4);
		u->to = cat_int(s, 5);
		g_ptr_array_add(all, u);
		g_hash_table_insert(by_id, g_memdup2(&id, sizeof(id)), u);
	}
	if (!cat_done(s, err) ||
	    !values_read(db, "SELECT person, value FROM identity"
			     " WHERE since <= ?1 AND (until IS NULL OR"
			     " until > ?1) ORDER BY person, value",
			 at, by_id, false, err) ||
	    !values_read(db, "SELECT person, grp FROM member"
			     " WHERE since <= ?1 AND (until IS NULL OR"
			     " until > ?1) ORDER BY person, grp",
			 at, by_id, true, err))
		return NULL;
	return g_steal_pointer(&all);
}

cat_user *cat_user_find(cat_db *db, const char *who, int64_t at, GError **err)
{
	g_autoptr(GPtrArray) all = cat_user_list(db, at, err);
	g_autofree char *id = cat_identity(who);
	g_autofree char *key = g_ascii_strdown(who, -1);

	if (!all)
		return NULL;
	for (guint i = 0; i < all->len; i++) {
		cat_user *u = g_ptr_array_index(all, i);

		if (strcmp(u->key, key) && (!id || !has(u->ids, id)))
			continue;
		return g_ptr_array_steal_index(all, i);
	}
	absent(err, who);
	return NULL;
}

static void say_time(GString *s, const char *before, int64_t at)
{
	g_autoptr(GDateTime) t = g_date_time_new_from_unix_utc(at);
	g_autofree char *text = g_date_time_format(t, "%Y-%m-%d %H:%M:%SZ");

	g_string_append_printf(s, "%s%s", before, text);
}

GPtrArray *cat_user_history(cat_db *db, const char *key, GError **err)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT v.value, v.since, v.until FROM"
		    " (SELECT person, value, since, until FROM identity"
		    "  UNION ALL SELECT person, 'group:' || grp, since, until"
		    "  FROM member) v JOIN person p ON p.id = v.person"
		    " WHERE p.key = ?1 ORDER BY v.since, v.value", err);

	if (!s)
		return NULL;
	cat_bind_text(s, 1, key);
	while (cat_step(s)) {
		GString *line = g_string_new(cat_text(s, 0));

		say_time(line, " from ", cat_int(s, 1));
		if (!cat_null(s, 2))
			say_time(line, " until ", cat_int(s, 2));
		g_ptr_array_add(lines, g_string_free(line, FALSE));
	}
	return cat_done(s, err) ? g_steal_pointer(&lines) : NULL;
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

bool cat_import(cat_db *db, const GPtrArray *users, bool whole, int64_t at,
		const cat_actor *who, cat_import_count *out, GError **err)
{
	bool ok;

	*out = (cat_import_count){0};
	if (!cat_txn_begin(db, err))
		return false;
	ok = (!whole || end_missing(db, users, at, who, out, err)) &&
	     import_all(db, users, at, who, out, err);
	return cat_txn_end(db, ok, err);
}
