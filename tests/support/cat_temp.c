#include "tests/support/cat_temp.h"

#include <glib/gstdio.h>
#include <sqlite3.h>

#include "catalog/rules.h"
#include "catalog/users.h"

const cat_actor cat_temp_actor = {"tester", "a test", 0};

cat_temp cat_temp_open(void)
{
	g_autoptr(GError) err = NULL;
	cat_temp t = {.dir = g_dir_make_tmp("cat-XXXXXX", NULL)};

	t.path = g_build_filename(t.dir, "c.db", NULL);
	t.db = cat_open(t.path, &err);
	g_assert_no_error(err);
	return t;
}

void cat_temp_clear(cat_temp *t)
{
	static const char *const ends[] = {"", "-wal", "-shm"};

	cat_close(t->db);
	for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *p = g_strconcat(t->path, ends[i], NULL);

		g_unlink(p);
	}
	g_assert_cmpint(g_rmdir(t->dir), ==, 0);
	g_free(t->dir);
	g_free(t->path);
}

static void add_all(GPtrArray *to, const char *list, bool ids)
{
	g_auto(GStrv) words = g_strsplit(list, ",", -1);

	for (char **w = words; *w; w++)
		if (**w)
			g_ptr_array_add(to, ids ? cat_identity(*w)
						: g_strdup(*w));
}

void cat_temp_user(const cat_temp *t, const char *text)
{
	g_auto(GStrv) part = g_strsplit(text, "|", 5);
	g_autoptr(cat_user) u = cat_user_new(part[0]);
	g_autoptr(GError) err = NULL;

	g_free(u->name);
	u->name = g_strdup(part[1]);
	g_free(u->site);
	u->site = g_strdup(part[2]);
	add_all(u->ids, part[3], true);
	add_all(u->groups, part[4], false);
	cat_user_put(t->db, u, CAT_TEMP_NOW, &cat_temp_actor, NULL, &err);
	g_assert_no_error(err);
}

void cat_temp_rule(const cat_temp *t, const char *name, const char *text)
{
	g_autoptr(GError) err = NULL;
	cat_rule r;
	span bad;

	g_assert_cmpint(cat_rule_parse(span_str(text), &r, &bad), ==,
			CAT_RULE_OK);
	g_strlcpy(r.name, name, sizeof(r.name));
	cat_rules_put(t->db, &r, CAT_TEMP_NOW, &cat_temp_actor, NULL, &err);
	g_assert_no_error(err);
}

void cat_temp_sql(const cat_temp *t, const char *sql)
{
	sqlite3 *db;
	char *said = NULL;

	g_assert_cmpint(sqlite3_open(t->path, &db), ==, SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	sqlite3_exec(db, sql, NULL, NULL, &said);
	g_assert_cmpstr(said, ==, NULL);
	g_assert_cmpint(sqlite3_close(db), ==, SQLITE_OK);
}
