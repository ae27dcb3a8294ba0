/* The tap's thread: a new policy within a second, rows without waiting. */
#include "catalog/watch.h"

#include <glib/gstdio.h>

#include "catalog/rules.h"
#include "tests/support/cat_temp.h"

static bool records(const cat_policy *p)
{
	const cat_call c = {.at = CAT_TEMP_NOW + 60,
			    .caller.uri = span_str("sip:a@x")};
	cat_verdict v;

	if (!p)
		return false;
	cat_policy_decide(p, &c, &v);
	return v.record;
}

/* Milliseconds until it is so; fails after five seconds. */
static int64_t await(cat_watch *w, bool want)
{
	gint64 begin = g_get_monotonic_time(), now = begin;

	while (records(cat_watch_policy(w)) != want) {
		g_usleep(5000);
		now = g_get_monotonic_time();
		g_assert_cmpint(now - begin, <, 5 * G_USEC_PER_SEC);
	}
	return (now - begin) / 1000;
}

static void test_change(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(GError) err = NULL;
	g_autoptr(cat_watch) w = cat_watch_new(t.path, &err);
	uint64_t version;

	g_assert_no_error(err);
	g_assert_false(records(cat_watch_policy(w)));
	version = cat_watch_version(w);
	cat_temp_rule(&t, "r", "who=any mode=always");
	g_assert_cmpint(await(w, true), <, 1000);
	g_assert_cmpuint(cat_watch_version(w), >, version);
	cat_rules_end(t.db, "r", CAT_TEMP_NOW + 1, &cat_temp_actor, &err);
	g_assert_no_error(err);
	g_assert_cmpint(await(w, false), <, 1000);
}

/* The catalog may come when the tap is up. */
static void test_appears(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autofree char *later = g_build_filename(t.dir, "later.db", NULL);
	g_autoptr(GError) err = NULL;
	g_autoptr(cat_watch) w = cat_watch_new(later, &err);
	cat_temp other = {t.dir, later, NULL};

	g_assert_no_error(err);
	g_assert_null(cat_watch_policy(w));
	other.db = cat_open(later, &err);
	g_assert_no_error(err);
	cat_temp_rule(&other, "r", "who=any mode=always");
	await(w, true);
	cat_close(other.db);
	g_clear_pointer(&w, cat_watch_free);
	g_unlink(later);
}

static void test_rows(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(GError) err = NULL;
	cat_watch *w = cat_watch_new(t.path, &err);
	g_autoptr(GPtrArray) all = NULL;
	cat_query q = {.limit = 1000};

	g_assert_no_error(err);
	for (unsigned i = 0; i < 100; i++) {
		g_autofree char *name = g_strdup_printf("c%u", i);
		cat_entry *e = cat_entry_new(name);

		e->begun_ms = 1000 + i;
		g_assert_true(cat_watch_take(w, e));
	}
	cat_watch_free(w);	/* writes what waits */
	all = cat_ledger_search(t.db, &q, &err);
	g_assert_no_error(err);
	g_assert_cmpuint(all->len, ==, 100);
}

/* What is to be written makes the catalog. */
static void test_makes(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autofree char *path = g_build_filename(t.dir, "made.db", NULL);
	g_autoptr(GError) err = NULL;
	g_autoptr(cat_watch) w = cat_watch_new(path, &err);
	g_autoptr(GPtrArray) all = NULL;
	const cat_query q = {.limit = 10};
	cat_db *db;

	g_assert_no_error(err);
	g_assert_true(cat_watch_take(w, cat_entry_new("c")));
	for (int i = 0; i < 5000 && cat_watch_waiting(w); i++)
		g_usleep(1000);
	g_assert_cmpuint(cat_watch_waiting(w), ==, 0);
	db = cat_open_existing(path, &err);
	g_assert_no_error(err);
	all = cat_ledger_search(db, &q, &err);
	g_assert_cmpuint(all->len, ==, 1);
	cat_close(db);
	g_clear_pointer(&w, cat_watch_free);
	g_unlink(path);
}

static void test_damaged(void)
{
	g_autofree char *dir = g_dir_make_tmp("cat-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(dir, "c.db", NULL);
	g_autofree char *text = g_strnfill(4096, 'x');
	g_autoptr(GError) err = NULL;

	g_file_set_contents(file, text, -1, NULL);
	g_assert_null(cat_watch_new(file, &err));
	g_assert_nonnull(err);
	g_unlink(file);
	g_rmdir(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cat/watch/change", test_change);
	g_test_add_func("/cat/watch/appears", test_appears);
	g_test_add_func("/cat/watch/rows", test_rows);
	g_test_add_func("/cat/watch/makes", test_makes);
	g_test_add_func("/cat/watch/damaged", test_damaged);
	return g_test_run();
}
