#include "catalog/db.h"
#include "catalog/identity.h"
#include "catalog/policy.h"
#include "catalog/rules.h"

typedef struct loader {
	cat_db *db;
	cat_policy *p;
	int64_t since;
	GHashTable *users;	/* database id -> index + 1 */
	/* name -> GArray of uint32_t: rules for users, groups and sites */
	GHashTable *by_user, *by_group, *by_site;
} loader;

static void name_rule(GHashTable *t, const char *name, uint32_t rule)
{
	GArray *a = g_hash_table_lookup(t, name);

	if (!a) {
		a = g_array_new(FALSE, FALSE, sizeof(uint32_t));
		g_hash_table_insert(t, g_strdup(name), a);
	}
	g_array_append_val(a, rule);
}

static bool rule_take(loader *l, const cat_rule *r, GError **err)
{
	uint32_t index = l->p->rules->len;

	if (r->to && r->to <= l->since)
		return true;
	if (!cat_policy_rule_add(l->p, r, err))
		return false;
	if (r->who == CAT_WHO_USER)
		name_rule(l->by_user, r->value, index);
	else if (r->who == CAT_WHO_GROUP)
		name_rule(l->by_group, r->value, index);
	else if (r->who == CAT_WHO_SITE)
		name_rule(l->by_site, r->value, index);
	return true;
}

static bool rules_load(loader *l, const cat_rule *more, GError **err)
{
	g_autoptr(GPtrArray) all = cat_rules_list(l->db, -1, err);

	for (guint i = 0; all && i < all->len; i++)
		if (!rule_take(l, g_ptr_array_index(all, i), err))
			return false;
	return all && (!more || rule_take(l, more, err));
}

static void rules_give(loader *l, GHashTable *t, const char *name,
		       uint32_t user, int64_t from, int64_t to)
{
	g_autofree char *low = g_ascii_strdown(name, -1);
	const GArray *a = g_hash_table_lookup(t, low);

	for (guint i = 0; a && i < a->len; i++)
		cat_policy_user_rule(l->p, user, g_array_index(a, uint32_t, i),
				     from, to);
}

static cat_stmt *select_since(loader *l, const char *sql, GError **err)
{
	cat_stmt *s = cat_sql(l->db, sql, err);

	if (s)
		cat_bind_int(s, 1, l->since);
	return s;
}

static bool users_load(loader *l, GError **err)
{
	g_autoptr(cat_stmt) s = select_since(
		l, "SELECT id, key, since, until FROM person"
		   " WHERE until IS NULL OR until > ?1", err);

	while (s && cat_step(s)) {
		int64_t id = cat_int(s, 0), from = cat_int(s, 2);
		int64_t to = cat_int(s, 3);
		uint32_t u = cat_policy_user_add(l->p, cat_text(s, 1));

		g_hash_table_insert(l->users, g_memdup2(&id, sizeof(id)),
				    GUINT_TO_POINTER(u + 1));
		rules_give(l, l->by_user, cat_text(s, 1), u, from, to);
	}
	return s && cat_done(s, err);
}

/* False: the person is not in the snapshot. */
static bool user_of(const loader *l, int64_t id, uint32_t *user)
{
	guint n = GPOINTER_TO_UINT(g_hash_table_lookup(l->users, &id));

	*user = n - 1;
	return n > 0;
}

/* Person, name, since, until. */
static bool names_load(loader *l, const char *sql, GHashTable *rules,
		       GError **err)
{
	g_autoptr(cat_stmt) s = select_since(l, sql, err);
	uint32_t u;

	while (s && cat_step(s))
		if (user_of(l, cat_int(s, 0), &u))
			rules_give(l, rules, cat_text(s, 1), u, cat_int(s, 2),
				   cat_int(s, 3));
	return s && cat_done(s, err);
}

static bool groups_load(loader *l, GError **err)
{
	return names_load(l, "SELECT person, grp, since, until FROM member"
			     " WHERE until IS NULL OR until > ?1",
			  l->by_group, err);
}

static bool sites_load(loader *l, GError **err)
{
	return names_load(l, "SELECT person, site, since, until FROM stay"
			     " WHERE until IS NULL OR until > ?1",
			  l->by_site, err);
}

static bool ids_load(loader *l, GError **err)
{
	g_autoptr(cat_stmt) s = select_since(
		l, "SELECT person, value, since, until FROM identity"
		   " WHERE until IS NULL OR until > ?1", err);
	uint32_t u;

	while (s && cat_step(s))
		if (user_of(l, cat_int(s, 0), &u))
			cat_policy_id_add(l->p, cat_text(s, 1), u,
					  cat_int(s, 2), cat_int(s, 3));
	return s && cat_done(s, err);
}

static bool lists_load(loader *l, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(l->db,
					"SELECT list, value FROM list", err);

	while (s && cat_step(s))
		cat_policy_list_add(l->p, cat_text(s, 0), cat_text(s, 1));
	return s && cat_done(s, err);
}

/* Nobody said which domains are ours: those of the users are. */
static void internal_guess(cat_policy *p)
{
	GHashTableIter i;
	void *id;

	if (g_hash_table_size(p->internal))
		return;
	g_hash_table_iter_init(&i, p->ids);
	while (g_hash_table_iter_next(&i, &id, NULL)) {
		const char *domain = cat_id_domain(id);

		if (domain)
			g_hash_table_add(p->internal, g_strdup(domain));
	}
}

static GHashTable *names_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
				     (GDestroyNotify)g_array_unref);
}

cat_policy *cat_policy_load(cat_db *db, int64_t since, GError **err)
{
	return cat_policy_load_with(db, since, NULL, err);
}

cat_policy *cat_policy_load_with(cat_db *db, int64_t since,
				 const cat_rule *more,
				 GError **err)
{
	g_autoptr(cat_policy) p = cat_policy_new();
	g_autoptr(GHashTable) users = g_hash_table_new_full(
		g_int64_hash, g_int64_equal, g_free, NULL);
	g_autoptr(GHashTable) by_user = names_new();
	g_autoptr(GHashTable) by_group = names_new();
	g_autoptr(GHashTable) by_site = names_new();
	loader l = {db, p, since, users, by_user, by_group, by_site};
	bool ok;

	/* One transaction: all of one moment. */
	if (!cat_exec(db, "SAVEPOINT load", err))
		return NULL;
	ok = lists_load(&l, err) && rules_load(&l, more, err) &&
	     users_load(&l, err) && groups_load(&l, err) &&
	     sites_load(&l, err) && ids_load(&l, err);
	ok = cat_exec(db, "RELEASE load", ok ? err : NULL) && ok;
	if (!ok)
		return NULL;
	internal_guess(p);
	cat_policy_rank(p);
	return g_steal_pointer(&p);
}
