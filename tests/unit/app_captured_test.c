/* When capture was there: its files of one call, and what lies between them. */
#include "app/captured.h"

typedef struct expected {
	int64_t from, to;
} expected;

/* `file` of rings that were opened at `since`; 0: it does not say. */
static void file(captured *c, unsigned number, int64_t since, int64_t first,
		 int64_t last)
{
	uint8_t buf[8];
	put o = put_into(buf, sizeof(buf));
	const rec_watch w = {first - since};
	jrn_rec r = {.type = JRN_WATCH, .at.mono.ns = first};

	rec_watch_put(&o, &w);
	r.payload = put_done(&o);
	if (since)
		captured_take(c, number, &r);
	r.type = JRN_PACKET;
	r.payload = span_of("", 0);
	for (r.at.mono.ns = first; r.at.mono.ns <= last; r.at.mono.ns++)
		captured_take(c, number, &r);
}

static void expect(const captured *c, size_t n, const expected *e)
{
	g_autoptr(GArray) a = g_array_new(FALSE, FALSE, sizeof(captured_away));

	captured_aways(c, (clk_mono){100}, (clk_mono){200}, a);
	g_assert_cmpuint(a->len, ==, n);
	for (guint i = 0; i < a->len; i++) {
		const captured_away *w = &g_array_index(a, captured_away, i);

		g_assert_cmpint(w->from.ns, ==, e[i].from);
		g_assert_cmpint(w->to.ns, ==, e[i].to);
	}
	captured_free((captured *)(uintptr_t)c);
}

static void test_there(void)
{
	captured *c = captured_new();

	file(c, 0, 10, 95, 201);
	g_assert_true(captured_seen(c, (clk_mono){200}));
	expect(c, 0, NULL);
}

/* A new worker on the same rings, whatever the order of the files. */
static void test_rings_live(void)
{
	captured *c = captured_new();

	file(c, 1, 10, 150, 201);
	file(c, 0, 10, 95, 120);
	expect(c, 0, NULL);
}

static void test_rings_lost(void)
{
	const expected e = {120, 140};
	captured *c = captured_new();

	file(c, 0, 10, 95, 120);
	file(c, 1, 140, 145, 201);
	expect(c, 1, &e);
}

/* The tap armed the new one in the words, and at the time, of the old one. */
static void test_armed_long_ago(void)
{
	const expected e = {120, 140};
	captured *c = captured_new();

	file(c, 0, 10, 95, 120);
	file(c, 1, 140, 95, 95);
	file(c, 1, 140, 150, 201);
	expect(c, 1, &e);
}

static void test_beginning(void)
{
	const expected e = {100, 130};
	captured *c = captured_new();

	file(c, 0, 130, 131, 205);
	expect(c, 1, &e);
}

static void test_end(void)
{
	const expected e = {180, 200};
	captured *c = captured_new();

	file(c, 0, 10, 95, 180);
	g_assert_false(captured_seen(c, (clk_mono){200}));
	expect(c, 1, &e);
}

static void test_never(void)
{
	const expected e = {100, 200};
	captured *c = captured_new();

	file(c, 0, 220, 221, 222);
	expect(c, 1, &e);
}

/* A journal of an earlier version, or of a replay: nothing is claimed. */
static void test_not_told(void)
{
	captured *c = captured_new();

	file(c, 0, 0, 150, 160);
	g_assert_true(captured_seen(c, (clk_mono){200}));
	expect(c, 0, NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/app/captured/there", test_there);
	g_test_add_func("/app/captured/rings-live", test_rings_live);
	g_test_add_func("/app/captured/rings-lost", test_rings_lost);
	g_test_add_func("/app/captured/armed-long-ago", test_armed_long_ago);
	g_test_add_func("/app/captured/beginning", test_beginning);
	g_test_add_func("/app/captured/end", test_end);
	g_test_add_func("/app/captured/never", test_never);
	g_test_add_func("/app/captured/not-told", test_not_told);
	return g_test_run();
}
