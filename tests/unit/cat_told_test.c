/* A verdict as the journal keeps it, and read from there again. */
#include <string.h>

#include "catalog/ledger.h"

static cat_verdict verdict_of(const char *const *owners, unsigned n)
{
	cat_verdict v = {.mode = CAT_BUFFERED, .scope = CAT_PSTN,
			 .keep_days = 77, .mandatory = true, .announce = true,
			 .n_owners = n};

	for (unsigned i = 0; i < n; i++)
		v.owner[i] = (cat_owner){span_str(owners[i]), i == 0, 0};
	return v;
}

static void test_round_trip(void)
{
	static const char *const owners[] = {
		"alice", "sip:a,b]c@x", "tel:+49 1%20", "sip:\xc3\xa4@x",
	};
	cat_verdict v = verdict_of(owners, G_N_ELEMENTS(owners));
	g_autoptr(cat_entry) e = cat_entry_new("x");
	char told[CAT_TOLD_MAX];
	cat_told rest;

	v.class = "mifid";
	v.owner[1].side = CAT_CALLEE;
	cat_verdict_tell(&v, "the rule [mode=x] says so", told);
	rest = cat_told_find(span_str(told));
	g_assert_true(rest.found && rest.mandatory);
	g_assert_cmpint(rest.mode, ==, CAT_BUFFERED);
	g_assert_cmpuint(rest.sides, ==, 1u << CAT_CALLER | 1u << CAT_CALLEE);
	g_assert_false(rest.early);
	v.early = true;
	cat_verdict_tell(&v, "the rule [mode=x] says so", told);
	g_assert_true(cat_told_find(span_str(told)).early);
	g_assert_false(cat_told_find(span_str("a sentence alone")).found);
	g_assert_true(cat_entry_told(e, span_str(told)));
	g_assert_cmpstr(e->class, ==, "mifid");
	g_assert_cmpstr(e->reason, ==, "the rule [mode=x] says so");
	g_assert_cmpstr(e->mode, ==, "on-demand-buffered");
	g_assert_cmpstr(e->scope, ==, "pstn");
	g_assert_true(e->announce);
	g_assert_cmpuint(e->keep_days, ==, 77);
	g_assert_cmpuint(e->owners->len, ==, 4);
	g_assert_cmpstr(g_ptr_array_index(e->owners, 0), ==, "user:alice");
	for (guint i = 1; i < 4; i++)
		g_assert_cmpstr(g_ptr_array_index(e->owners, i), ==,
				owners[i]);
}

/* What does not fit is left out whole. */
static void test_full(void)
{
	g_autofree char *longest = g_strnfill(250, ' ');
	g_autofree char *sentence = g_strnfill(2000, 's');
	const char *owners[] = {"alice", longest, "bob"};
	cat_verdict v = verdict_of(owners, 3);
	g_autoptr(cat_entry) e = cat_entry_new("x");
	char told[CAT_TOLD_MAX];

	cat_verdict_tell(&v, sentence, told);
	g_assert_cmpuint(strlen(told), <, CAT_TOLD_MAX);
	g_assert_true(cat_entry_told(e, span_str(told)));
	g_assert_cmpuint(e->owners->len, ==, 1);
	g_assert_cmpuint(e->keep_days, ==, 77);
}

static void test_foreign(void)
{
	static const char *const texts[] = {
		"", "no tail", "open [mode=always keep=1", " [mode=",
		"the caller is to be recorded",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(cat_entry) e = cat_entry_new("x");

		g_assert_false(cat_entry_told(e, span_str(texts[i])));
		g_assert_cmpstr(e->reason, ==, texts[i]);
		g_assert_cmpuint(e->owners->len, ==, 0);
	}
}

static void test_cut(void)
{
	static const char *const owners[] = {"alice", "a b"};
	cat_verdict v = verdict_of(owners, 2);
	char told[CAT_TOLD_MAX];

	cat_verdict_tell(&v, "because", told);
	for (size_t n = 0; n < strlen(told); n++) {
		g_autoptr(cat_entry) e = cat_entry_new("x");
		g_autofree char *exact = g_memdup2(told, n + !n);

		g_assert_false(cat_entry_told(e, span_of(exact, n)));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cat/told/round-trip", test_round_trip);
	g_test_add_func("/cat/told/full", test_full);
	g_test_add_func("/cat/told/foreign", test_foreign);
	g_test_add_func("/cat/told/cut", test_cut);
	return g_test_run();
}
