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
	u->stay = g_ptr_array_new_with_free_func(g_free);
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
	g_ptr_array_unref(u->stay);
	g_free(u);
}

bool cat_user_absent(GError **err, const char *key)
{
	g_set_error(err, CAT_ERROR, CAT_ERROR_ABSENT,
		    "there is no user \"%s\"; `edgetape users list` shows all, "
		    "with --at those of another time", key);
	return false;
}

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
		db, "SELECT p.id, p.key, p.name, coalesce(s.site, ''), p.since,"
		    " p.until FROM person p LEFT JOIN stay s"
		    "  ON s.person = p.id AND s.since <= ?1"
		    "  AND (s.until IS NULL OR s.until > ?1)"
		    " WHERE p.since <= ?1 AND (p.until IS NULL OR"
		    " p.until > ?1) ORDER BY p.key", err);

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

		if (strcmp(u->key, key) &&
		    (!id || !g_ptr_array_find_with_equal_func(
				    u->ids, id, g_str_equal, NULL)))
			continue;
		return g_ptr_array_steal_index(all, i);
	}
	cat_user_absent(err, who);
	return NULL;
}

static void past_clear(void *p)
{
	g_free(((cat_user_past *)p)->value);
}

static bool ever_was(cat_db *db, const char *key, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT 1 FROM person WHERE key = ?1", err);

	if (!s)
		return false;
	cat_bind_text(s, 1, key);
	if (cat_step(s))
		return true;
	if (cat_done(s, err))
		cat_user_absent(err, key);
	return false;
}

GArray *cat_user_history(cat_db *db, const char *key, GError **err)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE,
					    sizeof(cat_user_past));
	g_autoptr(cat_stmt) s = NULL;

	g_array_set_clear_func(all, past_clear);
	if (!ever_was(db, key, err))
		return NULL;
	s = cat_sql(db, "SELECT v.value, v.since, v.until FROM"
			" (SELECT person, value, since, until FROM identity"
			"  UNION ALL SELECT person, 'group:' || grp, since,"
			"  until FROM member"
			"  UNION ALL SELECT person, 'site:' || site, since,"
			"  until FROM stay) v JOIN person p ON p.id = v.person"
			" WHERE p.key = ?1 ORDER BY v.since, v.value", err);
	if (!s)
		return NULL;
	cat_bind_text(s, 1, key);
	while (cat_step(s)) {
		const cat_user_past p = {g_strdup(cat_text(s, 0)),
					 cat_int(s, 1), cat_int(s, 2)};

		g_array_append_val(all, p);
	}
	return cat_done(s, err) ? g_steal_pointer(&all) : NULL;
}
