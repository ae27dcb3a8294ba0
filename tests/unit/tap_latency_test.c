#include "signaling_tap/latency.h"

#include <glib.h>

static clk_mono at(int64_t us)
{
	return (clk_mono){us * 1000};
}

static void test_buckets(void)
{
	tap_latency l = {{0}};
	unsigned i = 0;

	tap_latency_add(&l, 0, 1);
	tap_latency_add(&l, 5000 * 1000LL, 2);
	tap_latency_add(&l, 5000 * 1000LL + 1, 4);
	tap_latency_add(&l, INT64_MAX, 8);
	g_assert_cmpuint(tap_latency_within(&l, 0), ==, 1);
	for (; tap_latency_bound(i) < 5000; i++)
		g_assert_cmpuint(tap_latency_within(&l, i), ==, 1);
	g_assert_cmpuint(tap_latency_bound(i), ==, 5000);
	g_assert_cmpuint(tap_latency_within(&l, i), ==, 3);
	g_assert_cmpuint(tap_latency_within(&l, i + 1), ==, 7);
	for (; tap_latency_bound(i); i++)
		g_assert_cmpuint(tap_latency_bound(i - 1), <,
				 tap_latency_bound(i));
	g_assert_cmpuint(tap_latency_within(&l, i), ==, 15);
}

static void test_rounds(void)
{
	tap_rounds r = {{0}, {0}, {0}};

	tap_rounds_sleep(&r, at(1000));
	tap_rounds_wake(&r, at(1001));
	g_assert_cmpint(r.since.ns, ==, at(1001).ns);
	/* Busy for 9 ms: what is here then may have waited all the while. */
	tap_rounds_sleep(&r, at(10000));
	tap_rounds_wake(&r, at(10005));
	g_assert_cmpint(r.since.ns, ==, at(1001).ns);
	/* It slept: nothing was here before it woke. */
	tap_rounds_sleep(&r, at(10100));
	tap_rounds_wake(&r, at(12000));
	g_assert_cmpint(r.since.ns, ==, at(12000).ns);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/latency/buckets", test_buckets);
	g_test_add_func("/tap/latency/rounds", test_rounds);
	return g_test_run();
}
