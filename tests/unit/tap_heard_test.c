/* Who was heard when: silence is told, too many names are not taken. */
#include "signaling_tap/heard.h"

static clk_mono at_s(int64_t s)
{
	return (clk_mono){s * CLK_NS_PER_S};
}

static void say(void *user, const char *name, int64_t silent_ns)
{
	g_string_append_printf(user, "%s %d\n", name,
			       (int)(silent_ns / CLK_NS_PER_S));
}

/* Silent for longer than 10 s at `s`. */
static void assert_silent(tap_heard *h, int64_t s, const char *want)
{
	GString *have = g_string_new(NULL);

	tap_heard_silent(h, at_s(s), 10 * CLK_NS_PER_S, say, have);
	g_assert_cmpstr(have->str, ==, want);
	g_string_free(have, TRUE);
}

/* Of several connections of one name the latest word counts. */
static void test_silent(void)
{
	g_autoptr(tap_heard) h = tap_heard_new();

	g_assert_true(tap_heard_note(h, "fe1", at_s(100)));
	g_assert_true(tap_heard_note(h, "fe1", at_s(95)));
	assert_silent(h, 110, "");
	assert_silent(h, 111, "fe1 11\n");
	g_assert_true(tap_heard_note(h, "fe1", at_s(112)));
	g_assert_true(tap_heard_note(h, "fe2", at_s(101)));
	assert_silent(h, 115, "fe2 14\n");
}

/* Whoever is silent for a day is gone, and its place is free. */
static void test_limit(void)
{
	g_autoptr(tap_heard) h = tap_heard_new();

	for (unsigned i = 0; i < TAP_HEARD_MAX; i++) {
		g_autofree char *name = g_strdup_printf("fe%u", i);

		g_assert_true(tap_heard_note(h, name, at_s(i ? 50 : 100)));
	}
	g_assert_false(tap_heard_note(h, "more", at_s(100)));
	g_assert_true(tap_heard_note(h, "fe0", at_s(101)));
	assert_silent(h, 51 + TAP_HEARD_FORGET_S, "fe0 86350\n");
	g_assert_true(tap_heard_note(h, "more", at_s(100)));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/heard/silent", test_silent);
	g_test_add_func("/tap/heard/limit", test_limit);
	return g_test_run();
}
