#include "mixer/lane.h"

#include <glib.h>
#include <string.h>

enum { N = 261 };		/* three blocks and a rest */

static void fill(int16_t *v, uint32_t seed)
{
	for (int i = 0; i < N; i++) {
		seed = seed * 1664525u + 1013904223u;
		v[i] = (int16_t)(seed >> 16);
	}
	v[3] = INT16_MIN;
	v[N - 3] = INT16_MAX;
}

/* Through float and back nothing changes. */
static void round_trip(void)
{
	int16_t in[N], out[N];
	float x[N];

	fill(in, 1);
	mix_lane_read(in, x, N);
	mix_lane_round(x, out, N);
	g_assert_cmpint(memcmp(in, out, sizeof(in)), ==, 0);
}

static void rounds(void)
{
	static const struct {
		float in;
		int16_t out;
	} cases[] = {
		{0.4f, 0}, {0.6f, 1}, {-0.4f, 0}, {-0.6f, -1}, {1.5f, 2},
		{2.5f, 2}, {32767.4f, 32767}, {32768, 32767},
		{40000, 32767}, {-32768, -32768}, {-40000, -32768},
		{4e6f, 32767}, {-4e6f, -32768},
	};
	float in[N];
	int16_t out[N];

	for (size_t c = 0; c < G_N_ELEMENTS(cases); c++) {
		for (int i = 0; i < N; i++)
			in[i] = cases[c].in;
		mix_lane_round(in, out, N);
		for (int i = 0; i < N; i++)
			g_assert_cmpint(out[i], ==, cases[c].out);
	}
}

static void measures(void)
{
	int16_t v[N];
	uint64_t want = 0;

	fill(v, 2);
	for (int i = 0; i < N; i++)
		want += (uint64_t)((int64_t)v[i] * v[i]);
	g_assert_cmpuint(mix_lane_energy(v, N), ==, want);
	g_assert_cmpint(mix_lane_peak(v, N), ==, 32768);
	g_assert_cmpint(mix_lane_peak(v + 4, 0), ==, 0);
	for (int i = 0; i < N; i++)
		v[i] = INT16_MIN;
	g_assert_cmpuint(mix_lane_energy(v, N), ==, (uint64_t)N << 30);
}

/* A single sample too high is seen wherever it is. */
static void sees_over(void)
{
	for (int at = 0; at < N; at++) {
		float x[N] = {0};

		x[at] = at & 1 ? 32768.5f : -32768.5f;
		g_assert_true(mix_lane_over(x, N));
		x[at] = -32768;
		g_assert_false(mix_lane_over(x, N));
	}
}

static void adds_weaves_counts(void)
{
	int16_t l[N], r[N], both[2 * N];
	float a[N], b[N];
	uint8_t flags[N] = {0};

	fill(l, 3);
	fill(r, 4);
	mix_lane_weave(l, r, both, N);
	mix_lane_read(l, a, N);
	mix_lane_read(r, b, N);
	mix_lane_add(a, b, N);
	for (int i = 0; i < N; i++) {
		g_assert_cmpint(both[2 * i], ==, l[i]);
		g_assert_cmpint(both[2 * i + 1], ==, r[i]);
		g_assert_cmpfloat(a[i], ==, (float)(l[i] + r[i]));
	}
	flags[0] = flags[79] = flags[80] = flags[N - 1] = 1;
	g_assert_cmpuint(mix_lane_count(flags, N), ==, 4);
	memset(flags, 1, sizeof(flags));
	g_assert_cmpuint(mix_lane_count(flags, N), ==, N);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mixer/lane/round_trip", round_trip);
	g_test_add_func("/mixer/lane/rounds", rounds);
	g_test_add_func("/mixer/lane/measures", measures);
	g_test_add_func("/mixer/lane/sees_over", sees_over);
	g_test_add_func("/mixer/lane/adds_weaves_counts", adds_weaves_counts);
	return g_test_run();
}
