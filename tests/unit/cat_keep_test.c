/* Holds, and what may be deleted when. */
#include "catalog/keep.h"

#include "catalog/audit.h"
#include "catalog/db.h"
#include "tests/support/cat_temp.h"

enum { DAY = 86400 };
static const int64_t ENDED = CAT_TEMP_NOW;

static void put(const cat_temp *t, const char *name, cat_outcome o,
		uint32_t days, const char *cause)
{
	g_autoptr(cat_entry) e = cat_entry_new(name);
	g_autoptr(GError) err = NULL;

	e->begun_ms = (ENDED - 60) * 1000;
	e->ended_ms = ENDED * 1000;
	e->outcome = o;
	e->keep_days = days;
	e->cause = g_strdup(cause);
	e->sidecar = g_strdup("/r/x.json");
	g_assert_true(cat_ledger_put(t->db, e, &err));
	g_assert_no_error(err);
}

static bool set(const cat_temp *t, const char *call, const char *matter,
		bool on)
{
	const cat_hold_change c = {call, matter, on, ENDED};
	g_autoptr(GError) err = NULL;
	bool changed;

	g_assert_true(cat_hold_set(t->db, &c, &cat_temp_actor, &changed, &err));
	g_assert_no_error(err);
	return changed;
}

static unsigned due(const cat_temp *t, int64_t at)
{
	g_autoptr(GPtrArray) all = cat_keep_due(t->db, at * 1000, 100, NULL);

	return all->len;
}

static unsigned holds(const cat_temp *t, const char *call)
{
	g_autoptr(cat_entry) e = cat_ledger_get(t->db, call, NULL);

	return e->holds;
}

/* A call is free when the last matter lets it go. */
static void test_holds(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(GError) err = NULL;
	g_autoptr(GArray) list = NULL;
	cat_audit_state s;
	bool changed;

	put(&t, "a", CAT_RECORDED, 1, NULL);
	g_assert_true(set(&t, "a", "case 7", true));
	g_assert_false(set(&t, "a", "case 7", true));
	g_assert_true(set(&t, "a", "tax", true));
	g_assert_cmpuint(holds(&t, "a"), ==, 2);
	put(&t, "a", CAT_RECORDED, 1, NULL);	/* render knows of none */
	g_assert_cmpuint(holds(&t, "a"), ==, 2);
	g_assert_true(set(&t, "a", "case 7", false));
	g_assert_false(set(&t, "a", "case 7", false));
	g_assert_cmpuint(due(&t, ENDED + 2 * DAY), ==, 0);
	list = cat_hold_list(t.db, NULL, NULL);
	g_assert_cmpuint(list->len, ==, 1);
	g_assert_cmpstr(g_array_index(list, cat_hold, 0).matter, ==, "tax");
	g_assert_true(set(&t, "a", "tax", false));
	g_assert_cmpuint(due(&t, ENDED + 2 * DAY), ==, 1);
	g_assert_false(cat_hold_set(t.db,
				    &(cat_hold_change){"b", "x", true, ENDED},
				    &cat_temp_actor, &changed, &err));
	g_assert_error(err, CAT_ERROR, CAT_ERROR_ABSENT);
	g_assert_true(cat_audit_verify(t.db, 0, "", &s, NULL));
	g_assert_cmpint(s.rows, ==, 4);
}

static void test_due(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(GPtrArray) all = NULL;
	const cat_entry *first;

	put(&t, "recorded", CAT_RECORDED, 2, NULL);
	put(&t, "pending", CAT_PENDING, 1, NULL);
	put(&t, "for-ever", CAT_RECORDED, 0, NULL);
	put(&t, "unasked", CAT_EXEMPT, 9, CAT_CAUSE_UNASKED);
	put(&t, "exempt", CAT_EXEMPT, 9, NULL);
	g_assert_cmpuint(due(&t, ENDED - 1), ==, 0);
	g_assert_cmpuint(due(&t, ENDED), ==, 1);	/* unasked */
	g_assert_cmpuint(due(&t, ENDED + 2 * DAY - 1), ==, 1);
	g_assert_cmpuint(due(&t, ENDED + 2 * DAY), ==, 2);
	g_assert_cmpuint(due(&t, ENDED + 1000 * DAY), ==, 3);
	all = cat_keep_due(t.db, (ENDED + 1000 * DAY) * 1000, 2, NULL);
	g_assert_cmpuint(all->len, ==, 2);	/* the longest overdue ones */
	first = g_ptr_array_index(all, 0);
	g_assert_cmpstr(first->name, ==, "unasked");
}

static void test_expire(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(GError) err = NULL;
	g_autoptr(GPtrArray) left = NULL, none = NULL;
	g_autoptr(cat_entry) e = NULL;
	int64_t then = ENDED + DAY;
	bool changed;

	put(&t, "a", CAT_PARTIAL, 1, NULL);
	g_assert_false(cat_keep_expire(t.db, "a", then - 1, &cat_temp_actor,
				       &err));
	g_clear_error(&err);
	set(&t, "a", "m", true);
	g_assert_false(cat_keep_expire(t.db, "a", then, &cat_temp_actor,
				       &err));
	g_assert_error(err, CAT_ERROR, CAT_ERROR_ABSENT);
	g_clear_error(&err);
	set(&t, "a", "m", false);
	g_assert_true(cat_keep_expire(t.db, "a", then, &cat_temp_actor, &err));
	/* it was decided: too late for a hold, and not decided twice */
	g_assert_false(cat_hold_set(t.db,
				    &(cat_hold_change){"a", "m", true, then},
				    &cat_temp_actor, &changed, &err));
	g_assert_error(err, CAT_ERROR, CAT_ERROR_ABSENT);
	g_clear_error(&err);
	g_assert_cmpuint(due(&t, then), ==, 0);
	left = cat_keep_unfinished(t.db, 10, NULL);
	g_assert_cmpuint(left->len, ==, 1);
	g_assert_true(cat_keep_removed(t.db, "a", then, &err));
	none = cat_keep_unfinished(t.db, 10, NULL);
	g_assert_cmpuint(none->len, ==, 0);
	e = cat_ledger_get(t.db, "a", &err);
	g_assert_cmpint(e->outcome, ==, CAT_PARTIAL);
	g_assert_cmpint(e->expired_ms, ==, then * 1000);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cat/keep/holds", test_holds);
	g_test_add_func("/cat/keep/due", test_due);
	g_test_add_func("/cat/keep/expire", test_expire);
	return g_test_run();
}
