/* The audit log: whole until somebody touches it. */
#include "catalog/audit.h"

#include "catalog/db.h"
#include "tests/support/cat_temp.h"

enum { ROWS = 12 };

static cat_temp filled(void)
{
	cat_temp t = cat_temp_open();

	g_assert_true(cat_txn_begin(t.db, NULL));	/* one sync */
	for (unsigned i = 0; i < ROWS; i++) {
		g_autoptr(GError) err = NULL;
		g_autofree char *object = g_strdup_printf("object %u", i);

		cat_audit_add(t.db, &cat_temp_actor, 1000 + i, "did", object,
			      &err);
		g_assert_no_error(err);
	}
	g_assert_true(cat_txn_end(t.db, true, NULL));
	return t;
}

static void test_whole(void)
{
	g_auto(cat_temp) t = filled();
	g_autoptr(GError) err = NULL;
	cat_audit_state s, head;

	g_assert_true(cat_audit_verify(t.db, 0, "", &s, &err));
	g_assert_cmpint(s.rows, ==, ROWS);
	g_assert_true(cat_audit_head(t.db, &head, &err));
	g_assert_cmpstr(s.head, ==, head.head);
	g_assert_true(cat_audit_verify(t.db, ROWS, head.head, &s, &err));
	g_assert_false(cat_audit_verify(t.db, ROWS - 1, head.head, &s, &err));
	g_assert_error(err, CAT_ERROR, CAT_ERROR_CHAIN);
}

/* What a row's hash is made of: logs of today are checked by later versions. */
static void test_vector(void)
{
	static const char row[] =
		"64:0000000000000000000000000000000000000000000000000000000000"
		"0000001:14:10006:tester3:did8:object 06:a test";
	g_autofree char *want = g_compute_checksum_for_string(
		G_CHECKSUM_SHA256, row, -1);
	g_auto(cat_temp) t = filled();
	g_autoptr(cat_stmt) s = cat_sql(
		t.db, "SELECT hash FROM audit WHERE seq = 1", NULL);

	g_assert_true(cat_step(s));
	g_assert_cmpstr(cat_text(s, 0), ==, want);
}

static void test_empty(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	cat_audit_state s;

	g_assert_true(cat_audit_verify(t.db, 0, "", &s, NULL));
	g_assert_cmpint(s.rows, ==, 0);
}

/* The database itself refuses; who takes the triggers away is found. */
static void test_mutations(void)
{
	static const char *const harms[] = {
		"UPDATE audit SET at = at + 1 WHERE seq = ROW",
		"UPDATE audit SET actor = 'nobody' WHERE seq = ROW",
		"UPDATE audit SET action = 'undid' WHERE seq = ROW",
		"UPDATE audit SET object = object || ' ' WHERE seq = ROW",
		"UPDATE audit SET reason = '' WHERE seq = ROW",
		/* What moves from one field to the next. */
		"UPDATE audit SET actor = 'teste', action = 'rdid'"
		" WHERE seq = ROW",
		"UPDATE audit SET hash = replace(hash, substr(hash, 1, 1),"
		" iif(substr(hash, 1, 1) = '0', '1', '0')) WHERE seq = ROW",
		"DELETE FROM audit WHERE seq = ROW",
		"UPDATE audit SET seq = 99 WHERE seq = ROW",
		"UPDATE audit SET (at, object, hash) ="
		" (SELECT at, object, hash FROM audit WHERE seq = 1 + ROW % 12)"
		" WHERE seq = ROW",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(harms); i++)
		for (unsigned row = 1; row <= ROWS; row++) {
			g_auto(cat_temp) t = filled();
			g_autoptr(GError) err = NULL;
			g_autoptr(GString) sql = g_string_new(NULL);
			cat_audit_state s;
			g_autofree char *n = g_strdup_printf("%u", row);

			g_string_assign(sql, harms[i]);
			g_string_replace(sql, "ROW", n, 0);
			cat_temp_sql(&t, "DROP TRIGGER audit_no_update;"
					 "DROP TRIGGER audit_no_delete");
			cat_temp_sql(&t, sql->str);
			g_test_message("%s", sql->str);
			g_assert_false(cat_audit_verify(t.db, 0, "", &s,
							&err));
			g_assert_error(err, CAT_ERROR, CAT_ERROR_CHAIN);
		}
}

/* The tail can go unseen only by one who thinks of the counter too; what was
 * noted elsewhere finds that. */
static void test_tail(void)
{
	g_auto(cat_temp) t = filled();
	g_autoptr(GError) err = NULL;
	cat_audit_state s, head;

	cat_audit_head(t.db, &head, NULL);
	cat_temp_sql(&t, "DROP TRIGGER audit_no_delete;"
			 "DELETE FROM audit WHERE seq > 9;"
			 "UPDATE sqlite_sequence SET seq = 9"
			 " WHERE name = 'audit'");
	g_assert_true(cat_audit_verify(t.db, 0, "", &s, &err));
	g_assert_false(cat_audit_verify(t.db, ROWS, head.head, &s, &err));
	g_assert_error(err, CAT_ERROR, CAT_ERROR_CHAIN);
}

static bool count(void *user, const cat_act *a)
{
	unsigned *n = user;

	g_assert_cmpstr(a->actor, ==, "tester");
	return ++*n < 5;
}

static void test_list(void)
{
	g_auto(cat_temp) t = filled();
	unsigned n = 0;

	g_assert_true(cat_audit_list(t.db, 1002, 1004, NULL, count, &n, NULL));
	g_assert_cmpuint(n, ==, 2);
	g_assert_true(cat_audit_list(t.db, 0, 0, "nobody", count, &n, NULL));
	g_assert_cmpuint(n, ==, 2);
	n = 0;
	g_assert_true(cat_audit_list(t.db, 0, 0, NULL, count, &n, NULL));
	g_assert_cmpuint(n, ==, 5);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cat/audit/whole", test_whole);
	g_test_add_func("/cat/audit/vector", test_vector);
	g_test_add_func("/cat/audit/empty", test_empty);
	g_test_add_func("/cat/audit/mutations", test_mutations);
	g_test_add_func("/cat/audit/tail", test_tail);
	g_test_add_func("/cat/audit/list", test_list);
	return g_test_run();
}
