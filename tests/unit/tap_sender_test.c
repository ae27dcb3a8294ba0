/* Senders' clocks that are wrong, drift and step; what is told is on ours. */
#include "signaling_tap/sender.h"

#include <glib.h>

#define MS CLK_NS_PER_MS
#define S CLK_NS_PER_S

typedef struct sent {
	tap_sender s;
	clk_both now;		/* ours */
	int64_t ahead;		/* of their clock, ns */
	int64_t waited;		/* at most, before we read it */
	bool stepped;
} sent;

static sent sender_new(int64_t ahead)
{
	return (sent){.now = {{1000 * S}, {1800000000 * S}}, .ahead = ahead};
}

/* How much earlier than now a message that was under way for `lag` is told. */
static int64_t told(sent *t, int64_t lag)
{
	const clk_wall theirs = {t->now.wall.ns - lag + t->ahead};
	const clk_mono since = {t->now.mono.ns - t->waited};
	clk_both at = tap_sender_time(&t->s, theirs, since, t->now,
				      &t->stepped);

	g_assert_cmpint(t->now.wall.ns - at.wall.ns, ==,
			t->now.mono.ns - at.mono.ns);
	return t->now.mono.ns - at.mono.ns;
}

static void pass(sent *t, int64_t ns)
{
	t->now.mono.ns += ns;
	t->now.wall.ns += ns;
}

/* However wrong the clock is, only the differences of the way count. */
static void test_skew(void)
{
	static const int64_t ahead[] = {0, 900 * MS, -900 * MS, 3600 * S,
					-86400 * S};

	for (gsize i = 0; i < G_N_ELEMENTS(ahead); i++) {
		sent t = sender_new(ahead[i]);

		g_assert_cmpint(told(&t, 2 * MS), ==, 0);
		pass(&t, S);
		g_assert_cmpint(told(&t, 202 * MS), ==, 200 * MS);
		pass(&t, S);
		g_assert_cmpint(told(&t, 1 * MS), ==, 0);
		pass(&t, S);
		g_assert_cmpint(told(&t, 11 * MS), ==, 10 * MS);
		g_assert_false(t.stepped);
		g_assert_cmpint(tap_sender_ahead(&t.s), ==, ahead[i] - MS);
	}
}

/* The first message after the host's boot sets the clock, however little has
 * passed since. */
static void test_boot(void)
{
	sent t = sender_new(-3600 * S);

	t.now.mono.ns = S;
	g_assert_cmpint(told(&t, 2 * MS), ==, 0);
	g_assert_false(t.stepped);
}

/* A clock that gains 100 ppm is followed. */
static void test_drift(void)
{
	sent t = sender_new(0);

	for (unsigned i = 0; i < 36000; i++) {
		g_assert_cmpint(told(&t, i % 10 * MS), <=, 22 * MS);
		g_assert_false(t.stepped);
		pass(&t, S / 10);
		t.ahead -= 10000;	/* 100 ppm of 100 ms */
	}
}

static void test_step(void)
{
	sent t = sender_new(0);

	told(&t, 0);
	pass(&t, S);
	t.ahead = -2 * S;
	g_assert_cmpint(told(&t, 0), ==, 0);
	g_assert_true(t.stepped);
	pass(&t, S);
	g_assert_cmpint(told(&t, 50 * MS), ==, 50 * MS);
	g_assert_false(t.stepped);
	t.ahead = 5 * S;
	pass(&t, S);
	g_assert_cmpint(told(&t, 0), ==, 0);
	g_assert_true(t.stepped);
	/* Our wall clock is set. */
	t.now.wall.ns += 3600 * S;
	t.ahead -= 3600 * S;
	pass(&t, S);
	g_assert_cmpint(told(&t, 30 * MS), ==, 0);
	g_assert_true(t.stepped);
}

/* A host that stood still for 7 s reads what came meanwhile, and then what
 * comes at once. No clock has stepped. */
static void test_stood_still(void)
{
	sent t = sender_new(300 * MS);

	told(&t, 0);
	pass(&t, 8 * S);
	t.waited = 7 * S;
	g_assert_cmpint(told(&t, 6900 * MS), ==, 6900 * MS);
	g_assert_false(t.stepped);
	g_assert_cmpint(told(&t, 100 * MS), ==, 100 * MS);
	g_assert_false(t.stepped);
	t.waited = 0;
	pass(&t, S);
	g_assert_cmpint(told(&t, 5 * MS), ==, 5 * MS);
	g_assert_false(t.stepped);
	/* Who did not stand still is no reason. */
	g_assert_cmpint(told(&t, 6900 * MS), ==, 0);
	g_assert_true(t.stepped);
}

/* What was measured long ago says nothing of now. */
static void test_pause(void)
{
	sent t = sender_new(0);

	told(&t, 0);
	pass(&t, 3 * TAP_SENDER_WINDOW_S * S);
	g_assert_cmpint(told(&t, 100 * MS), ==, 0);
	g_assert_false(t.stepped);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/sender/skew", test_skew);
	g_test_add_func("/tap/sender/boot", test_boot);
	g_test_add_func("/tap/sender/drift", test_drift);
	g_test_add_func("/tap/sender/step", test_step);
	g_test_add_func("/tap/sender/stood-still", test_stood_still);
	g_test_add_func("/tap/sender/pause", test_pause);
	return g_test_run();
}
