/* Sums of the ledger, and the witness from outside. */
#include "catalog/report.h"

#include <string.h>

#include "tests/support/cat_temp.h"

static const int64_t t0 = CAT_TEMP_NOW * 1000LL;

static void call(const cat_temp *t, const char *name, int64_t at_s,
		 const char *from, const char *to, cat_outcome outcome,
		 int64_t length_s)
{
	g_autoptr(cat_entry) e = cat_entry_new(name);
	g_autoptr(GError) err = NULL;

	e->begun_ms = t0 + at_s * 1000;
	if (length_s)
		e->answered_ms = e->begun_ms;
	e->duration_ms = length_s * 1000;
	e->outcome = outcome;
	if (outcome == CAT_NOT_RECORDED && !length_s)
		e->end = CAT_END_CANCELLED;
	e->announce = outcome == CAT_RECORDED;
	e->call_id = g_strconcat("id-", name, NULL);
	g_ptr_array_add(e->ids, g_strdup(from));
	g_ptr_array_add(e->ids, g_strdup(to));
	g_ptr_array_add(e->owners, g_strdup("user:alice"));
	if (outcome == CAT_PARTIAL)
		cat_entry_gap(e, CAT_CALLER, "late", 5, length_s, 3);
	cat_ledger_put(t->db, e, &err);
	g_assert_no_error(err);
}

static cat_temp filled(void)
{
	cat_temp t = cat_temp_open();

	cat_temp_user(&t, "alice|||sip:alice@x|");
	cat_temp_rule(&t, "r", "who=user:alice mode=always");
	call(&t, "a", 0, "sip:alice@x", "tel:+4930", CAT_RECORDED, 60);
	call(&t, "b", 100, "sip:alice@x", "tel:+4930", CAT_PARTIAL, 30);
	call(&t, "c", 200, "tel:+4930", "sip:alice@x", CAT_NOT_RECORDED, 0);
	call(&t, "d", 300, "sip:alice@x", "sip:bob@x", CAT_PENDING, 10);
	call(&t, "e", 86400, "sip:alice@x", "sip:bob@x", CAT_PARTIAL, 90);
	return t;
}

static void test_cover(void)
{
	g_auto(cat_temp) t = filled();
	g_autoptr(GError) err = NULL;
	g_autoptr(GArray) all = cat_report_cover(t.db, 0, 0, NULL, &err);
	g_autoptr(GArray) none = cat_report_cover(t.db, 0, 0, "bob", &err);
	const cat_cover *c;

	g_assert_no_error(err);
	g_assert_cmpuint(none->len, ==, 0);
	g_assert_cmpuint(all->len, ==, 2);
	c = &g_array_index(all, cat_cover, 0);
	g_assert_cmpstr(c->day, ==, "2026-09-21");
	g_assert_cmpstr(c->owner, ==, "user:alice");
	g_assert_cmpint(c->calls, ==, 4);
	g_assert_cmpint(c->answered, ==, 3);
	for (int i = 0; i <= CAT_NOT_RECORDED; i++)
		g_assert_cmpint(c->outcome[i], ==, 1);
	g_assert_cmpint(c->outcome[CAT_BLOCKED], ==, 0);
	g_assert_cmpint(c->unanswered, ==, 1);
	g_assert_cmpint(c->announce, ==, 1);
	g_assert_cmpint(c->gaps, ==, 1);
	g_assert_cmpint(c->gap_ms, ==, 30);
	g_assert_cmpint(c->recorded_ms, ==, 90000);
}

/* Who was not there to hear it misses nothing; of one that ended unseen nobody
 * knows whether it was answered. */
static void test_unanswered(void)
{
	static const struct {
		cat_end end;
		int64_t length_s;
		int64_t unanswered;
	} c[] = {
		{CAT_END_CANCELLED, 0, 1}, {CAT_END_UNANSWERED, 0, 1},
		{CAT_END_TIMEOUT, 0, 0},   {CAT_END_UNKNOWN, 0, 0},
		{CAT_END_BYE, 10, 0},	   {CAT_END_CANCELLED, 10, 0},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(c); i++) {
		g_auto(cat_temp) t = cat_temp_open();
		g_autoptr(cat_entry) e = cat_entry_new("a");
		g_autoptr(GError) err = NULL;
		g_autoptr(GArray) all = NULL;

		call(&t, "a", 0, "sip:alice@x", "sip:bob@x", CAT_PENDING,
		     c[i].length_s);
		e->outcome = CAT_NOT_RECORDED;
		e->end = c[i].end;
		cat_ledger_put(t.db, e, &err);
		all = cat_report_cover(t.db, 0, 0, NULL, &err);
		g_assert_no_error(err);
		g_test_message("end %s", cat_end_name(c[i].end));
		g_assert_cmpint(g_array_index(all, cat_cover, 0).unanswered, ==,
				c[i].unanswered);
	}
}

static void test_lists(void)
{
	g_auto(cat_temp) t = filled();
	g_autoptr(GError) err = NULL;
	g_autoptr(GArray) gaps = cat_report_gaps(t.db, 0, 0, 10, &err);
	g_autoptr(GPtrArray) open = cat_report_unresolved(t.db, 10, &err);

	g_assert_no_error(err);
	g_assert_cmpuint(gaps->len, ==, 2);
	g_assert_cmpstr(g_array_index(gaps, cat_gap_of, 0).call, ==, "e");
	g_assert_cmpuint(open->len, ==, 1);
	g_assert_cmpstr(((cat_entry *)g_ptr_array_index(open, 0))->name, ==,
			"d");
}

static void test_witness(void)
{
	static const struct {
		cat_match match;
		const char *call;
	} want[] = {
		{CAT_CDR_MATCHED, "a"},	    {CAT_CDR_DIFFERS, "b"},
		{CAT_CDR_MATCHED, "c"},	    {CAT_CDR_MISSING, NULL},
		{CAT_CDR_UNCONCERNED, NULL}, {CAT_CDR_MATCHED, "e"},
		{CAT_CDR_UNWITNESSED, "d"},
	};
	g_auto(cat_temp) t = filled();
	g_autoptr(GError) err = NULL;
	g_autoptr(cat_policy) p = cat_policy_load(t.db, 0, &err);
	g_autofree char *text = g_strdup_printf(
		"start,caller,callee,duration,trunk,call_id\n"
		"%d,alice@x,+49 30,62,t1,\n"
		"%d,alice@x,+4930,60,t1,\n"	/* half a minute longer */
		"2026-09-21T14:16:45Z,+4930,alice@x,0,t1,\n"
		"%d,alice@x,+4930,9,t1,\n"	/* nothing near it */
		"%d,carol@x,+4930,9,t1,\n"
		"%d,anonymous,x@y,90,t1,id-e\n",
		CAT_TEMP_NOW + 3, CAT_TEMP_NOW + 101, CAT_TEMP_NOW + 5000,
		CAT_TEMP_NOW, CAT_TEMP_NOW + 90000);
	g_autoptr(GArray) cdr = cat_cdr_read(span_str(text), &err);
	g_autoptr(GArray) all = NULL;

	g_assert_no_error(err);
	all = cat_cdr_compare(t.db, p, cdr, 30000, &err);
	g_assert_no_error(err);
	g_assert_cmpuint(all->len, ==, G_N_ELEMENTS(want));
	for (guint i = 0; i < all->len; i++) {
		const cat_finding *f = &g_array_index(all, cat_finding, i);

		g_test_message("finding %u", i);
		g_assert_cmpint(f->match, ==, want[i].match);
		g_assert_cmpstr(f->entry ? f->entry->name : NULL, ==,
				want[i].call);
	}
}

/* Two records cannot be witnesses of one row. */
static void test_once(void)
{
	g_auto(cat_temp) t = filled();
	g_autoptr(GError) err = NULL;
	g_autoptr(cat_policy) p = cat_policy_load(t.db, 0, &err);
	g_autofree char *text = g_strdup_printf(
		"start,caller,callee\n%d,alice@x,+4930\n%d,alice@x,+4930\n",
		CAT_TEMP_NOW, CAT_TEMP_NOW + 1);
	g_autoptr(GArray) cdr = cat_cdr_read(span_str(text), &err);
	g_autoptr(GArray) all = cat_cdr_compare(t.db, p, cdr, 30000, &err);

	g_assert_no_error(err);
	g_assert_cmpint(g_array_index(all, cat_finding, 0).match, ==,
			CAT_CDR_MATCHED);
	g_assert_cmpint(g_array_index(all, cat_finding, 1).match, ==,
			CAT_CDR_MISSING);
}

/* The gateway's clock is 20 s behind, and it begins with its newest record: the
 * nearest row is another's. */
static void test_call_ids_first(void)
{
	static const char *const want[] = {"b", "a"};
	g_auto(cat_temp) t = cat_temp_open();
	g_autoptr(GError) err = NULL;
	g_autoptr(cat_policy) p = NULL;
	g_autofree char *text = g_strdup_printf(
		"start,caller,callee,call_id\n%d,alice@x,+4930,id-b\n"
		"%d,alice@x,+4930,id-a\n", CAT_TEMP_NOW, CAT_TEMP_NOW - 20);
	g_autoptr(GArray) cdr = cat_cdr_read(span_str(text), &err);
	g_autoptr(GArray) all = NULL;

	cat_temp_user(&t, "alice|||sip:alice@x|");
	cat_temp_rule(&t, "r", "who=user:alice mode=always");
	call(&t, "a", 0, "sip:alice@x", "tel:+4930", CAT_RECORDED, 9);
	call(&t, "b", 20, "sip:alice@x", "tel:+4930", CAT_RECORDED, 60);
	p = cat_policy_load(t.db, 0, &err);
	all = cat_cdr_compare(t.db, p, cdr, 30000, &err);
	g_assert_no_error(err);
	g_assert_cmpuint(all->len, ==, 2);
	for (guint i = 0; i < all->len; i++)
		g_assert_cmpstr(g_array_index(all, cat_finding, i).entry->name,
				==, want[i]);
}

static void test_mistakes(void)
{
	static const struct {
		const char *text, *says;
	} c[] = {
		{"", "line 1: the first line names the columns; start"},
		{"start,caller\n", "callee is missing"},
		{"start,caller,callee\nnoon,a@x,b@x\n", "line 2: \"noon\""},
		{"start,caller,callee\n1,sip:,b@x\n", "line 2: \"sip:\""},
		{"start,caller,callee,duration\n1,a@x,b@x,0:05\n",
		 "line 2: \"0:05\" is no duration in seconds"},
		{"start,caller,callee,duration\n1,a@x,b@x,-5\n", "\"-5\""},
		{"start,caller,callee\n1,a@x\n", "line 2: 2 fields"},
		{"start,caller,callee\n1,a@x,b@x,c\n", "line 2: more fields"},
		{"start,caller,callee\n1,a@x,\"b@x\n", "line 2: the quoted"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(c); i++) {
		g_autoptr(GError) err = NULL;

		g_assert_null(cat_cdr_read(span_str(c[i].text), &err));
		g_test_message("%s", err->message);
		g_assert_nonnull(strstr(err->message, c[i].says));
	}
}

/* Every one that touches the time asked for, once however often it is told. */
static void test_away(void)
{
	static const cat_away told[] = {
		{100, 200, (char *)"no tap ran"}, {500, 900, (char *)"hung"},
		{100, 200, (char *)"no tap ran"}, {950, 960, (char *)"hung"},
	};
	static const struct {
		int64_t from, to;
		guint n;
		int64_t first;
	} asked[] = {
		{0, 0, 3, 100}, {0, 100, 0, 0}, {0, 101, 1, 100},
		{200, 300, 1, 100}, {201, 500, 0, 0}, {600, 700, 1, 500},
		{900, 951, 2, 500},
	};
	g_auto(cat_temp) t = cat_temp_open();

	for (gsize i = 0; i < G_N_ELEMENTS(told); i++)
		g_assert_true(cat_away_add(t.db, &told[i], NULL));
	for (gsize i = 0; i < G_N_ELEMENTS(asked); i++) {
		g_autoptr(GArray) all = cat_report_away(
			t.db, asked[i].from, asked[i].to, NULL);

		g_assert_cmpuint(all->len, ==, asked[i].n);
		if (all->len)
			g_assert_cmpint(g_array_index(all, cat_away,
						      0).from_ms, ==,
					asked[i].first);
	}
}

int main(int argc, char **argv)
{
	g_setenv("TZ", "UTC", TRUE);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cat/report/cover", test_cover);
	g_test_add_func("/cat/report/unanswered", test_unanswered);
	g_test_add_func("/cat/report/lists", test_lists);
	g_test_add_func("/cat/report/witness", test_witness);
	g_test_add_func("/cat/report/once", test_once);
	g_test_add_func("/cat/report/call-ids-first", test_call_ids_first);
	g_test_add_func("/cat/report/away", test_away);
	g_test_add_func("/cat/report/mistakes", test_mistakes);
	return g_test_run();
}
