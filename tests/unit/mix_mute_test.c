#include "mixer/mute.h"

#include "core/clock.h"

enum { RATE = 1000, N = 100 };	/* a sample is a millisecond */
#define MS CLK_NS_PER_MS

/* "1" where sound is left of samples [from, from + N). */
static void apply(mix_mute *m, int64_t from, float *bus)
{
	for (int i = 0; i < N; i++)
		bus[i] = 1;
	mix_mute_apply(m, RATE, from, bus, N);
	mix_mute_forget(m, RATE, from + N);
}

static void expect(const float *bus, int from, int to)
{
	for (int i = 0; i < N; i++)
		g_assert_cmpfloat(bus[i], ==, i < from || i >= to);
}

static void stretches(void)
{
	mix_mute *m = mix_mute_new(false);
	float bus[N];

	mix_mute_add(m, 30 * MS, 130 * MS);
	mix_mute_add(m, 50 * MS, 40 * MS);
	apply(m, 0, bus);
	expect(bus, 30, 100);
	apply(m, 100, bus);
	expect(bus, 0, 30);
	apply(m, 200, bus);
	expect(bus, 0, 0);
	mix_mute_free(m);
}

/* The first start counts, the first stop ends it. */
static void open_ended(void)
{
	mix_mute *m = mix_mute_new(false);
	float bus[N];

	mix_mute_start(m, 1, 20 * MS);
	mix_mute_start(m, 1, 60 * MS);
	apply(m, 0, bus);
	expect(bus, 20, 100);
	mix_mute_stop(m, 1, 140 * MS);
	mix_mute_stop(m, 1, 190 * MS);
	apply(m, 100, bus);
	expect(bus, 0, 40);
	mix_mute_free(m);
}

/* Two reasons do not end each other. */
static void two_reasons(void)
{
	mix_mute *m = mix_mute_new(false);
	float bus[N];

	mix_mute_start(m, 1, 10 * MS);
	mix_mute_start(m, 2, 20 * MS);
	mix_mute_stop(m, 1, 30 * MS);
	apply(m, 0, bus);
	expect(bus, 10, 100);
	mix_mute_stop(m, 2, 110 * MS);
	apply(m, 100, bus);
	expect(bus, 0, 10);
	mix_mute_free(m);
}

/* Of a soft one: the gain of each sample, in hundredths. */
static void expect_gain(const float *bus, int at, int count, const int *want)
{
	for (int i = 0; i < count; i++)
		g_assert_cmpint((int)(bus[at + i] * 100 + 0.5f), ==, want[i]);
}

static const int down[] = {100, 90, 70, 50, 30, 10, 0},
		 up[] = {0, 10, 30, 50, 70, 90, 100};

/* Its edges are ramps of five samples, also over the seam of two windows. */
static void soft(void)
{
	mix_mute *m = mix_mute_new(true);
	float bus[N];

	mix_mute_start(m, 1, 98 * MS);
	apply(m, 0, bus);
	expect_gain(bus, 97, 3, down);
	apply(m, 100, bus);
	expect_gain(bus, 0, 4, down + 3);
	mix_mute_stop(m, 1, 297 * MS);
	apply(m, 200, bus);
	expect_gain(bus, 96, 4, up);
	apply(m, 300, bus);
	expect_gain(bus, 0, 3, up + 4);
	apply(m, 400, bus);
	expect(bus, 0, 0);
	mix_mute_free(m);
}

/* Where one goes over into another nothing is heard between them. */
static void soft_chain(void)
{
	mix_mute *m = mix_mute_new(true);
	float bus[N];

	mix_mute_add(m, 10 * MS, 30 * MS);
	mix_mute_add(m, 30 * MS, 50 * MS);
	mix_mute_add(m, 40 * MS, 60 * MS);
	mix_mute_add(m, 10 * MS, 20 * MS);
	mix_mute_add(m, 80 * MS, 82 * MS);
	apply(m, 0, bus);
	expect_gain(bus, 9, 7, down);
	for (int i = 15; i < 60; i++)
		g_assert_cmpfloat(bus[i], ==, 0);
	expect_gain(bus, 59, 7, up);
	/* shorter than a ramp */
	g_assert_cmpfloat(bus[79], ==, 1);
	g_assert_cmpfloat(bus[80], ==, 0);
	expect_gain(bus, 81, 7, up);
	mix_mute_free(m);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mixer/mute/stretches", stretches);
	g_test_add_func("/mixer/mute/open_ended", open_ended);
	g_test_add_func("/mixer/mute/two_reasons", two_reasons);
	g_test_add_func("/mixer/mute/soft", soft);
	g_test_add_func("/mixer/mute/soft_chain", soft_chain);
	return g_test_run();
}
