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
	mix_mute *m = mix_mute_new();
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
	mix_mute *m = mix_mute_new();
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
	mix_mute *m = mix_mute_new();
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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mixer/mute/stretches", stretches);
	g_test_add_func("/mixer/mute/open_ended", open_ended);
	g_test_add_func("/mixer/mute/two_reasons", two_reasons);
	return g_test_run();
}
