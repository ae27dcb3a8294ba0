/* Opening, migrating, sharing and damage. */
#include "catalog/db.h"

#include <glib/gstdio.h>
#include <string.h>

#include "catalog/rules.h"
#include "catalog/users.h"
#include "tests/support/cat_temp.h"

/* From every older version on, with what was in it. */
static void test_migrations(void)
{
	for (int v = 1; v < cat_schema_version(); v++) {
		g_auto(cat_temp) t = cat_temp_open();
		g_autoptr(GError) err = NULL;

		cat_close(t.db);
		g_unlink(t.path);
		t.db = cat_open_version(t.path, v, &err);
		g_assert_no_error(err);
		g_assert_true(cat_exec(t.db, "INSERT INTO person (key, name,"
					     " site, since) VALUES ('old', '',"
					     " '', 1)", &err));
		cat_close(t.db);
		t.db = cat_open(t.path, &err);
		g_assert_no_error(err);
		cat_user_free(cat_user_find(t.db, "old", 2, &err));
		g_assert_no_error(err);
		g_assert_true(cat_check(t.db, &err));
	}
}

static void test_newer(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(GError) err = NULL;

	cat_temp_sql(&t, "PRAGMA user_version = 9999");
	g_assert_null(cat_open(t.path, &err));
	g_assert_error(err, CAT_ERROR, CAT_ERROR_VERSION);
}

static void test_not_a_database(void)
{
	g_autofree char *dir = g_dir_make_tmp("cat-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(dir, "c.db", NULL);
	g_autofree char *none = g_build_filename(dir, "no", "c.db", NULL);
	g_autoptr(GError) err = NULL;

	g_assert_null(cat_open_existing(file, &err));
	g_assert_no_error(err);
	g_file_set_contents(file, "this is a letter, not a database, and it "
				  "is long enough to be looked at ............",
			    -1, NULL);
	g_assert_null(cat_open(file, &err));
	g_assert_nonnull(strstr(err->message, file));
	g_clear_error(&err);
	g_assert_null(cat_open(none, &err));
	g_assert_nonnull(err);
	g_unlink(file);
	g_rmdir(dir);
}

static int64_t pragma(cat_db *db, const char *sql)
{
	g_autoptr(cat_stmt) s = cat_sql(db, sql, NULL);

	g_assert_true(cat_step(s));
	return cat_int(s, 0);
}

static void test_settings(void)
{
	g_auto(cat_temp) t = cat_temp_open();

	g_assert_cmpint(pragma(t.db, "PRAGMA synchronous"), ==, 2);
	g_assert_cmpint(pragma(t.db, "PRAGMA foreign_keys"), ==, 1);
	g_assert_cmpint(pragma(t.db, "PRAGMA busy_timeout"), >=, 1000);
	{
		g_autoptr(cat_stmt) s = cat_sql(t.db, "PRAGMA journal_mode",
						NULL);

		g_assert_true(cat_step(s));
		g_assert_cmpstr(cat_text(s, 0), ==, "wal");
	}
}

/* The policy's version rises with what decides, and with nothing else. */
static void test_versions(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(GError) err = NULL;
	int64_t v = cat_policy_version(t.db), data;
	g_autoptr(cat_db) other = cat_open(t.path, &err);

	g_assert_no_error(err);
	data = cat_data_version(other);
	cat_temp_user(&t, "a|||sip:a@x|");
	g_assert_cmpint(cat_policy_version(t.db), ==, v + 1);
	g_assert_cmpint(cat_data_version(other), !=, data);
	cat_temp_user(&t, "a|||sip:a@x|");	/* the same again */
	g_assert_cmpint(cat_policy_version(t.db), ==, v + 1);
	cat_temp_rule(&t, "r", "who=any mode=always");
	g_assert_cmpint(cat_policy_version(t.db), ==, v + 2);
	cat_list_put(t.db, "internal", "x.y", 1, &cat_temp_actor, &err);
	g_assert_cmpint(cat_policy_version(t.db), ==, v + 3);
	g_assert_false(cat_list_put(t.db, "internal", "a b", 1,
				    &cat_temp_actor, &err));
	g_assert_cmpint(cat_policy_version(t.db), ==, v + 3);
}

/* A text that is bound never becomes SQL. */
static void test_injection(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(GError) err = NULL;
	g_autoptr(GPtrArray) all = NULL;

	cat_temp_user(&t, "x|'); DROP TABLE person; --|' OR 1=1|"
			  "sip:a'--@x|g'");
	all = cat_user_list(t.db, CAT_TEMP_NOW, &err);
	g_assert_no_error(err);
	g_assert_cmpuint(all->len, ==, 1);
	g_assert_null(cat_user_find(t.db, "' OR 1=1 --", CAT_TEMP_NOW, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cat/db/migrations", test_migrations);
	g_test_add_func("/cat/db/newer", test_newer);
	g_test_add_func("/cat/db/not-a-database", test_not_a_database);
	g_test_add_func("/cat/db/settings", test_settings);
	g_test_add_func("/cat/db/versions", test_versions);
	g_test_add_func("/cat/db/injection", test_injection);
	return g_test_run();
}
