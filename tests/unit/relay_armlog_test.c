/* What a new capture process is told of the calls in progress. */
#include "relay_capture/armlog.h"

#include "core/record.h"
#include "tests/support/relay_rig.h"

enum { ROOM = 4096 };

static bool tell_at(relay_armlog *l, const char *call, uint16_t type, int side,
		    clk_both at)
{
	static uint8_t half[2048], message[4096];
	g_autoptr(call_half) h = rig_half((call_side)side, "abcd", NULL);
	put p = put_into(half, sizeof(half));
	put m = put_into(message, sizeof(message));
	const rec_end end = {0};

	if (type == JRN_HALF)
		rec_half_put(&p, h);
	else
		rec_end_put(&p, &end);
	rec_arm_put(&m, call, type, at, put_done(&p));
	g_assert_false(m.full);
	return relay_armlog_add(l, put_done(&m));
}

static bool tell(relay_armlog *l, const char *call, uint16_t type, int side)
{
	return tell_at(l, call, type, side, clk_now());
}

static void on_message(void *user, span message)
{
	jrn_rec rec;
	char name[REC_NAME];
	span call;

	g_assert_true(rec_arm_get(message, &call, &rec));
	span_copy(call, name, sizeof(name));
	g_string_append_printf(user, "%s%s ", name,
			       rec.type == JRN_END ? "." : "");
}

static char *all_since(const relay_armlog *l, int64_t ns)
{
	const clk_mono since = {ns};
	GString *s = g_string_new(NULL);

	relay_armlog_each(l, since, on_message, s);
	return g_string_free(s, FALSE);
}

static char *all(const relay_armlog *l)
{
	return all_since(l, 0);
}

static void test_order(void)
{
	g_autoptr(relay_armlog) l = relay_armlog_new(ROOM);
	g_autofree char *text = NULL;

	g_assert_true(tell(l, "a", JRN_HALF, 0));
	g_assert_true(tell(l, "a", JRN_HALF, 1));
	g_assert_true(tell(l, "b", JRN_HALF, 0));
	g_assert_true(tell(l, "a", JRN_END, 0));
	text = all(l);
	g_assert_cmpstr(text, ==, "a a b a. ");
}

/* Calls that were over before the last frame that was read are no business of
 * a new worker: it would begin a file for each. */
static void test_over(void)
{
	g_autoptr(relay_armlog) l = relay_armlog_new(ROOM);
	g_autofree char *before = NULL, *at = NULL, *after = NULL;

	g_assert_true(tell_at(l, "a", JRN_HALF, 0, clk_from_wall(10)));
	g_assert_true(tell_at(l, "b", JRN_HALF, 0, clk_from_wall(20)));
	g_assert_true(tell_at(l, "a", JRN_HALF, 1, clk_from_wall(30)));
	g_assert_true(tell_at(l, "a", JRN_END, 0, clk_from_wall(40)));
	before = all_since(l, 39);
	g_assert_cmpstr(before, ==, "a b a a. ");
	at = all_since(l, 40);
	g_assert_cmpstr(at, ==, "a b a a. ");
	after = all_since(l, 41);
	g_assert_cmpstr(after, ==, "b ");
}

/* More than there is room for, of which little lives. */
static void test_compact(void)
{
	g_autoptr(relay_armlog) l = relay_armlog_new(ROOM);
	g_autofree char *text = NULL;

	g_assert_true(tell(l, "keep", JRN_HALF, 0));
	g_assert_true(tell(l, "keep", JRN_HALF, 1));
	for (int i = 0; i < 1000; i++) {
		g_assert_true(tell(l, "gone", JRN_HALF, 0));
		g_assert_true(tell(l, "gone", JRN_END, 0));
	}
	g_assert_true(tell(l, "new", JRN_HALF, 0));
	text = all(l);
	g_assert_true(g_str_has_prefix(text, "keep keep "));
	g_assert_true(g_str_has_suffix(text, "new "));
}

/* Only the last description of a side is kept. */
static void test_again(void)
{
	g_autoptr(relay_armlog) l = relay_armlog_new(ROOM);
	g_autofree char *text = NULL;
	unsigned n = 0;

	for (int i = 0; i < 1000; i++)
		g_assert_true(tell(l, "a", JRN_HALF, i % 2));
	text = all(l);
	for (const char *c = text; *c; c++)
		n += *c == 'a';
	g_assert_cmpuint(n, >=, 2);
	g_assert_cmpuint(n, <, 100);
}

/* All of them live: what does not fit is told, and nothing is damaged. */
static void test_full(void)
{
	g_autoptr(relay_armlog) l = relay_armlog_new(ROOM);
	g_autofree char *text = NULL;
	bool fits = true;
	int n = 0;

	while (fits && n < 1000) {
		g_autofree char *name = g_strdup_printf("c%d", n++);

		fits = tell(l, name, JRN_HALF, 0);
	}
	g_assert_false(fits);
	text = all(l);
	g_assert_true(g_str_has_prefix(text, "c0 c1 c2 "));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/relay/armlog/order", test_order);
	g_test_add_func("/relay/armlog/over", test_over);
	g_test_add_func("/relay/armlog/compact", test_compact);
	g_test_add_func("/relay/armlog/again", test_again);
	g_test_add_func("/relay/armlog/full", test_full);
	return g_test_run();
}
