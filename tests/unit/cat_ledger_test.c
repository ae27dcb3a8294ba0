/* The ledger: saying it twice, what the tap and render each know, searching. */
#include "catalog/ledger.h"

#include <string.h>

#include "catalog/audit.h"
#include "tests/support/cat_temp.h"

enum { T0 = 1000000 };

static cat_entry *begun(const char *name)
{
	cat_entry *e = cat_entry_new(name);

	e->begun_ms = T0;
	e->call_id = g_strdup("id-1");
	e->caller = g_strdup("sip:alice@x");
	e->callee = g_strdup("tel:+4930 1");
	e->rule = g_strdup("traders");
	e->scope = g_strdup("federated");
	e->announce = true;
	e->keep_days = 2;
	g_ptr_array_add(e->owners, g_strdup("user:alice"));
	g_ptr_array_add(e->ids, g_strdup("SIP:Alice@X"));
	g_ptr_array_add(e->ids, g_strdup("tel:+4930 1"));
	return e;
}

static void put(const cat_temp *t, const cat_entry *e)
{
	g_autoptr(GError) err = NULL;

	cat_ledger_put(t->db, e, &err);
	g_assert_no_error(err);
}

static void put_rendered(const cat_temp *t, const char *name)
{
	g_autoptr(cat_entry) e = begun(name);

	e->begun_ms = T0 + 5;	/* the first one stays */
	e->answered_ms = T0 + 1000;
	e->ended_ms = T0 + 61000;
	e->duration_ms = 59000;
	e->end = CAT_END_BYE;
	e->outcome = CAT_PARTIAL;
	e->reason = g_strdup("2 gaps");
	cat_entry_gap(e, CAT_CALLEE, "network-loss", 100, 20, 1);
	cat_entry_gap(e, CAT_CALLER, "late", 50, 40, 2);
	cat_entry_file(e, "/r/a.wav", "beef", 1234, 2);
	put(t, e);
}

static void test_merge(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(cat_entry) first = begun("20260101T000000Z-aa");
	g_autoptr(cat_entry) end = cat_entry_new("20260101T000000Z-aa");
	g_autoptr(cat_entry) got = NULL;

	put(&t, first);
	put(&t, first);
	put_rendered(&t, first->name);
	put_rendered(&t, first->name);
	/* A late word of the tap takes nothing back. */
	end->end = CAT_END_TIMEOUT;
	put(&t, end);
	got = cat_ledger_get(t.db, "id-1", NULL);
	g_assert_nonnull(got);
	g_assert_cmpint(got->outcome, ==, CAT_PARTIAL);
	g_assert_cmpint(got->end, ==, CAT_END_TIMEOUT);
	g_assert_cmpint(got->begun_ms, ==, T0);
	g_assert_cmpint(got->duration_ms, ==, 59000);
	g_assert_cmpstr(got->reason, ==, "2 gaps");
	g_assert_cmpstr(got->scope, ==, "federated");
	g_assert_true(got->announce);
	g_assert_cmpuint(got->gaps->len, ==, 2);
	g_assert_cmpstr(g_array_index(got->gaps, cat_gap, 0).cause, ==,
			"late");
	g_assert_cmpuint(got->files->len, ==, 1);
	g_assert_cmpuint(got->owners->len, ==, 1);
	g_assert_cmpuint(got->ids->len, ==, 2);
	g_assert_cmpstr(g_ptr_array_index(got->ids, 0), ==, "sip:alice@x");
	g_assert_cmpint(got->keep_until_ms, ==, T0 + 61000 + 2 * 86400000LL);
	g_assert_cmpuint(got->holds, ==, 0);
}

/* Each column comes back as what it was written as, and who knows nothing of
 * the call takes nothing back. */
static void test_whole(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(cat_entry) e = cat_entry_new("n");
	g_autoptr(cat_entry) bare = cat_entry_new("n");
	g_autoptr(cat_entry) got = NULL;
	const struct {
		char **put;
		const char *text;
	} texts[] = {
		{&e->call_id, "call-id"},	{&e->source, "fe1"},
		{&e->conference, "conf"},	{&e->caller, "sip:a@x"},
		{&e->caller_name, "A"},		{&e->callee, "sip:b@x"},
		{&e->callee_name, "B"},		{&e->cause, "cause"},
		{&e->reason, "reason"},		{&e->rule, "rule"},
		{&e->mode, "always"},		{&e->scope, "pstn"},
		{&e->class, "class"},		{&e->sidecar, "/s.json"},
	};
	const cat_gap *gap;
	const cat_file *file;

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		*texts[i].put = g_strdup(texts[i].text);
	e->begun_ms = T0;
	e->answered_ms = T0 + 1;
	e->ended_ms = T0 + 3;
	e->duration_ms = 4;
	e->end = CAT_END_TIMEOUT;
	e->end_status = 488;
	e->outcome = CAT_BLOCKED;
	e->keep_days = 7;
	cat_entry_gap(e, CAT_CALLEE, "late", 5, 6, 8);
	cat_entry_file(e, "/r/a.wav", "beef", 1234, 2);
	cat_entry_count(e, "stored", 9);
	put(&t, e);
	put(&t, e);
	put(&t, bare);
	got = cat_ledger_get(t.db, "n", NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		g_assert_cmpstr(G_STRUCT_MEMBER(char *, got,
						(char *)texts[i].put -
							(char *)e),
				==, texts[i].text);
	g_assert_cmpint(got->begun_ms, ==, T0);
	g_assert_cmpint(got->answered_ms, ==, T0 + 1);
	g_assert_cmpint(got->ended_ms, ==, T0 + 3);
	g_assert_cmpint(got->duration_ms, ==, 4);
	g_assert_cmpint(got->end, ==, CAT_END_TIMEOUT);
	g_assert_cmpuint(got->end_status, ==, 488);
	g_assert_cmpint(got->outcome, ==, CAT_BLOCKED);
	g_assert_cmpuint(got->keep_days, ==, 7);
	gap = &g_array_index(got->gaps, cat_gap, 0);
	g_assert_cmpuint(gap->side, ==, CAT_CALLEE);
	g_assert_cmpint(gap->at_ms, ==, 5);
	g_assert_cmpint(gap->length_ms, ==, 6);
	g_assert_cmpint(gap->packets, ==, 8);
	g_assert_cmpuint(got->counts->len, ==, 1);
	g_assert_cmpint(g_array_index(got->counts, cat_count, 0).packets, ==,
			9);
	file = &g_array_index(got->files, cat_file, 0);
	g_assert_cmpstr(file->name, ==, "/r/a.wav");
	g_assert_cmpstr(file->sha256, ==, "beef");
	g_assert_cmpint(file->bytes, ==, 1234);
	g_assert_cmpuint(file->channels, ==, 2);
}

/* The later word counts, and a clock that was set back makes no duration. */
static void test_later(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(cat_entry) e = cat_entry_new("n");
	g_autoptr(cat_entry) got = NULL;

	e->begun_ms = T0;
	e->answered_ms = T0 + 9;
	e->ended_ms = T0 + 3;
	e->reason = g_strdup("first");
	put(&t, e);
	g_free(e->reason);
	e->reason = g_strdup("later");
	put(&t, e);
	got = cat_ledger_get(t.db, "n", NULL);
	g_assert_cmpstr(got->reason, ==, "later");
	g_assert_cmpint(got->duration_ms, ==, 0);
}

static void test_find(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(GError) err = NULL;
	g_autoptr(cat_entry) got = NULL;

	put_rendered(&t, "20260101T000000Z-aa");
	put_rendered(&t, "20260101T000000Z-ab");
	got = cat_ledger_get(t.db, "-ab", &err);
	g_assert_no_error(err);
	g_assert_cmpstr(got->name, ==, "20260101T000000Z-ab");
	g_assert_null(cat_ledger_get(t.db, "-a", &err));
	g_assert_error(err, CAT_ERROR, CAT_ERROR_VALUE);
	g_clear_error(&err);
	g_assert_null(cat_ledger_get(t.db, "x", &err));
	g_assert_error(err, CAT_ERROR, CAT_ERROR_ABSENT);
	g_clear_error(&err);
	g_assert_null(cat_ledger_get(t.db, "", &err));
	g_assert_error(err, CAT_ERROR, CAT_ERROR_ABSENT);
}

/* What one is called, or who is meant by `text`; NULL: nobody. */
static void expect_find(const cat_temp *t, const char *text, const char *want)
{
	g_autoptr(cat_entry) got = cat_ledger_get(t->db, text, NULL);

	g_assert_cmpstr(got ? got->name : NULL, ==, want);
}

/* By index: the beginning and the end of a name come before its middle. */
static void test_find_part(void)
{
	static const char one[] = "20260101T000000Z-0123456789abcdef";
	static const char two[] = "20260101T000001Z-9999456789abcdef";
	g_auto(cat_temp) t = cat_temp_open();

	put_rendered(&t, one);
	put_rendered(&t, two);
	put_rendered(&t, "begin");
	put_rendered(&t, "the-begin-ning");
	expect_find(&t, "20260101T000000Z", one);
	expect_find(&t, "20260101T00000", NULL);
	expect_find(&t, "0123456789abcdef", one);
	expect_find(&t, "\u20261Z-9999456789abcdef", two);
	expect_find(&t, "456789abcdef", NULL);
	expect_find(&t, "9abcdef", NULL);
	expect_find(&t, "Z-0123", one);
	expect_find(&t, "begi", "begin");
	expect_find(&t, "egin-", "the-begin-ning");
}

/* Twelve calls: outcome and duration differ. */
static void fill(const cat_temp *t)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(
		(GDestroyNotify)cat_entry_free);
	g_autoptr(GError) err = NULL;

	for (unsigned i = 0; i < 12; i++) {
		g_autofree char *name = g_strdup_printf("c%02u", i);
		g_autofree char *tel = g_strdup_printf("tel:+49%u", i % 3);
		cat_entry *e = cat_entry_new(name);

		e->begun_ms = T0 + i * 1000;
		e->duration_ms = i * 10000;
		e->outcome = (cat_outcome)(i % 6);
		e->announce = i % 5 == 3;
		e->scope = i ? g_strdup(cat_scope_name(1 + i % 4)) : NULL;
		g_ptr_array_add(e->ids, g_strdup(i % 2 ? "sip:alice@x"
						       : "sip:bob@x"));
		g_ptr_array_add(e->ids, g_strdup(tel));
		g_ptr_array_add(e->owners, g_strdup(i % 2 ? "user:alice"
							  : "user:bob"));
		g_ptr_array_add(all, e);
	}
	cat_ledger_put_all(t->db, all, &err);
	g_assert_no_error(err);
}

static void expect(const cat_temp *t, cat_query q, const char *want)
{
	g_autoptr(GError) err = NULL;
	g_autoptr(GPtrArray) got = cat_ledger_search(t->db, &q, &err);
	g_autoptr(GString) names = g_string_new(NULL);

	g_assert_no_error(err);
	for (guint i = 0; i < got->len; i++) {
		const cat_entry *e = g_ptr_array_index(got, i);

		g_string_append_printf(names, "%s%s", i ? " " : "", e->name);
	}
	g_assert_cmpstr(names->str, ==, want);
}

static void test_search(void)
{
	g_auto(cat_temp) t = cat_temp_open();

	fill(&t);
	expect(&t, (cat_query){.limit = 3}, "c11 c10 c09");
	expect(&t, (cat_query){.who = "ALICE", .limit = 2}, "c11 c09");
	expect(&t, (cat_query){.who = "user:bob", .limit = 1}, "c10");
	expect(&t, (cat_query){.who = "%"}, "");
	expect(&t, (cat_query){.who = "alice", .number = "+49 1"},
	       "");	/* one identity has to be both */
	expect(&t, (cat_query){.number = "490"}, "c09 c06 c03 c00");
	expect(&t, (cat_query){.from_ms = T0 + 3000, .to_ms = T0 + 5000},
	       "c04 c03");
	expect(&t, (cat_query){.outcomes = 1 << CAT_EXEMPT}, "c11 c05");
	expect(&t, (cat_query){.scope = "pstn"}, "c11 c07 c03");
	expect(&t, (cat_query){.scope = "pstn", .who = "alice",
			       .outcomes = 1 << CAT_EXEMPT}, "c11");
	expect(&t, (cat_query){.scope = "internal"}, "c08 c04");
	expect(&t, (cat_query){.announce = true}, "c08 c03");
	expect(&t, (cat_query){.announce = true, .who = "alice"}, "c03");
	expect(&t, (cat_query){.announce = true, .scope = "pstn", .limit = 1},
	       "c03");
	expect(&t, (cat_query){.outcomes = 1 << CAT_EXEMPT | 1 << CAT_BLOCKED},
	       "c11 c10 c05 c04");
	expect(&t, (cat_query){.shortest_ms = 100000}, "c11 c10");
	expect(&t, (cat_query){.longest_ms = 10000}, "c01 c00");
	expect(&t, (cat_query){.who = "bob", .outcomes = 1 << CAT_PENDING},
	       "c06 c00");
}

/* A row that cannot be written leaves nothing of its transaction. */
static void test_atomic(void)
{
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(GError) err = NULL;
	g_autoptr(GPtrArray) two = g_ptr_array_new_with_free_func(
		(GDestroyNotify)cat_entry_free);
	cat_query q = {0};
	g_autoptr(GPtrArray) got = NULL;

	cat_temp_sql(&t, "CREATE TRIGGER no BEFORE INSERT ON file BEGIN"
			 " SELECT RAISE(ABORT, 'disk'); END");
	g_ptr_array_add(two, begun("a"));
	g_ptr_array_add(two, begun("b"));
	cat_entry_file(g_ptr_array_index(two, 1), "f", "", 0, 1);
	g_assert_false(cat_ledger_put_all(t.db, two, &err));
	g_assert_nonnull(strstr(err->message, "call b"));
	got = cat_ledger_search(t.db, &q, NULL);
	g_assert_cmpuint(got->len, ==, 0);
	cat_temp_sql(&t, "DROP TRIGGER no");
	g_clear_error(&err);
	g_assert_true(cat_ledger_put_all(t.db, two, &err));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cat/ledger/merge", test_merge);
	g_test_add_func("/cat/ledger/whole", test_whole);
	g_test_add_func("/cat/ledger/later", test_later);
	g_test_add_func("/cat/ledger/find", test_find);
	g_test_add_func("/cat/ledger/find-part", test_find_part);
	g_test_add_func("/cat/ledger/search", test_search);
	g_test_add_func("/cat/ledger/atomic", test_atomic);
	return g_test_run();
}
