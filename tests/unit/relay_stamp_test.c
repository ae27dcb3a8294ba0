#include "relay_capture/stamp.h"

#include <glib.h>

#define MS CLK_NS_PER_MS
#define S CLK_NS_PER_S
#define HOUR (3600 * S)
#define YEAR (365 * 24 * HOUR)

/* The monotonic clock shows 1,000 s, the wall clock WALL. */
#define WALL (1790000000 * S)

typedef struct fixture {
	relay_stamp s;
} fixture;

/* A round at `ms` after 1,000 s, the wall clock off by `off`. */
static void round_at(fixture *f, int64_t ms, int64_t off, int64_t oldest_ms)
{
	const clk_both now = {{1000 * S + ms * MS}, {WALL + ms * MS + off}};

	relay_stamp_round(&f->s, now, (clk_mono){1000 * S + oldest_ms * MS});
}

/* When a frame came, in ms after 1,000 s, that the wall clock saw at `ms`. */
static int64_t stamped(fixture *f, int64_t ms, int64_t off)
{
	const int64_t wall = WALL + ms * MS + off;
	const clk_both at = relay_stamp_at(&f->s, wall);

	g_assert_cmpint(at.wall.ns, ==, wall);
	return (at.mono.ns - 1000 * S) / MS;
}

static void test_steady(void)
{
	fixture f = {0};

	round_at(&f, 0, 0, 0);
	g_assert_cmpint(stamped(&f, -50, 0), ==, -50);
	g_assert_cmpint(stamped(&f, 0, 0), ==, 0);
	round_at(&f, 100, 0, -100);
	g_assert_cmpint(stamped(&f, 60, 0), ==, 60);
	g_assert_cmpint(stamped(&f, 105, 0), ==, 105);
}

/* A capture that begins with rings that are full, or was stopped. */
static void test_old_frames(void)
{
	fixture f = {0};

	relay_stamp_round(&f.s, (clk_both){{1000 * S}, {WALL}}, (clk_mono){0});
	g_assert_cmpint(stamped(&f, -30000, 0), ==, -30000);
	round_at(&f, 5000, 0, -100);
	g_assert_cmpint(stamped(&f, -50, 0), ==, -50);
	g_assert_cmpint(stamped(&f, 4000, 0), ==, 4000);
}

/* The wall clock is set between two rounds: frames from before it and after it
 * are read in one. */
static void test_set(gconstpointer by)
{
	const int64_t off = *(const int64_t *)by;
	fixture f = {0};

	round_at(&f, 0, 0, -100);
	round_at(&f, 100, off, -20);
	g_assert_cmpint(stamped(&f, 20, 0), ==, 20);
	g_assert_cmpint(stamped(&f, 40, 0), ==, 40);
	g_assert_cmpint(stamped(&f, 60, off), ==, 60);
	g_assert_cmpint(stamped(&f, 90, off), ==, 90);
	/* And those that another ring hands over later. */
	round_at(&f, 120, off, 0);
	g_assert_cmpint(stamped(&f, 40, 0), ==, 40);
	g_assert_cmpint(stamped(&f, 110, off), ==, 110);
}

/* While a round goes on, before anybody can know. */
static void test_set_in_a_round(gconstpointer by)
{
	const int64_t off = *(const int64_t *)by;
	fixture f = {0};

	round_at(&f, 0, 0, -100);
	round_at(&f, 100, 0, -20);
	g_assert_cmpint(stamped(&f, 90, 0), ==, 90);
	g_assert_cmpint(stamped(&f, 101, off), ==, 100);
}

/* Capture stood still for 5 s when its round had begun, or was not given the
 * processor: what the round reads came later than it knows. */
static void test_stopped_in_a_round(gconstpointer by)
{
	const int64_t off = *(const int64_t *)by, wall = WALL + 3000 * MS;
	const clk_both later = {{1005 * S}, {WALL + 5 * S + off}};
	fixture f = {0};

	round_at(&f, 0, 0, -100);
	g_assert_false(relay_stamp_is_old(&f.s, WALL - 20 * MS));
	g_assert_true(relay_stamp_is_old(&f.s, wall));
	relay_stamp_again(&f.s, later);
	g_assert_cmpint(stamped(&f, -20, 0), ==, -20);
	g_assert_cmpint(stamped(&f, 3000, 0), ==, 3000);
	g_assert_cmpint(stamped(&f, 4990, off), ==, 4990);
}

/* A busy host is no reason to doubt the kernel. */
static void test_slow_host(void)
{
	fixture f = {0};

	round_at(&f, 0, 0, -100);
	round_at(&f, 1000, 0, 900);
	g_assert_cmpint(stamped(&f, 300, 0), ==, 300);
}

int main(int argc, char **argv)
{
	static const int64_t none;
	static const int64_t by[] = {HOUR, -HOUR, 10 * YEAR, -10 * YEAR,
				     5 * S, -5 * S};

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/relay/stamp/steady", test_steady);
	g_test_add_func("/relay/stamp/old-frames", test_old_frames);
	g_test_add_func("/relay/stamp/slow-host", test_slow_host);
	for (size_t i = 0; i < G_N_ELEMENTS(by); i++) {
		const int seconds = (int)(by[i] / S);
		g_autofree char *set = g_strdup_printf("/relay/stamp/set/%+ds",
						       seconds);
		g_autofree char *in = g_strdup_printf(
			"/relay/stamp/set-in-a-round/%+ds", seconds);

		g_test_add_data_func(set, &by[i], test_set);
		g_test_add_data_func(in, &by[i], test_set_in_a_round);
	}
	g_test_add_data_func("/relay/stamp/stopped-in-a-round", &none,
			     test_stopped_in_a_round);
	g_test_add_data_func("/relay/stamp/stopped-and-set", &by[0],
			     test_stopped_in_a_round);
	return g_test_run();
}
