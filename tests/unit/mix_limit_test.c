#include "mixer/limit.h"

#include <glib.h>
#include <math.h>
#include <string.h>

enum { RATE = 8000, N = 16000 };

static size_t run(float *x, size_t step)
{
	mix_limit *l = mix_limit_new(RATE);
	float out[N];
	size_t over = 0;

	for (size_t at = 0; at < N; at += step)
		over += mix_limit_run(l, x + at, out + at, MIN(step, N - at));
	memcpy(x, out, sizeof(out));
	mix_limit_free(l);
	return over;
}

static void tone(float *x, double level)
{
	for (int i = 0; i < N; i++)
		x[i] = (float)(level * sin(2 * G_PI * 437 * i / RATE));
}

/* What fits is only delayed, to the bit. */
static void quiet_passes(void)
{
	float in[N], x[N];
	mix_limit *l = mix_limit_new(RATE);
	size_t d = mix_limit_delay(l);

	mix_limit_free(l);
	tone(in, 32767);
	in[500] = -32768;
	memcpy(x, in, sizeof(x));
	g_assert_cmpuint(run(x, 800), ==, 0);
	g_assert_cmpint(memcmp(x + d, in, (N - d) * sizeof(*x)), ==, 0);
}

static void loud_is_held(void)
{
	static const double levels[] = {33000, 65534, 400000};
	float x[N];

	for (size_t k = 0; k < G_N_ELEMENTS(levels); k++) {
		float top = 0;

		tone(x, levels[k]);
		memset(x, 0, 3000 * sizeof(*x));
		g_assert_cmpuint(run(x, 800), >, 0);
		for (int i = 0; i < N; i++)
			top = fmaxf(top, fabsf(x[i]));
		g_assert_cmpfloat(top, <=, 32768);
		g_assert_cmpfloat(top, >, 32000);
	}
}

/* One click must not be heard for longer than the release, and what follows a
 * second later passes untouched. */
static void lets_go(void)
{
	float in[N], x[N];

	tone(in, 20000);
	in[2000] = 60000;
	memcpy(x, in, sizeof(x));
	g_assert_cmpuint(run(x, 800), ==, 1);
	g_assert_cmpint(memcmp(x + 12039, in + 12000, 3000 * sizeof(*x)), ==,
			0);
}

/* The same however it is cut. */
static void any_cut(void)
{
	static const size_t steps[] = {1, 7, 39, 40, 41, 799, N};
	float first[N], x[N];

	tone(first, 50000);
	memset(first + 4000, 0, 9000 * sizeof(*first));
	memcpy(x, first, sizeof(x));
	run(first, 800);
	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		float y[N];

		memcpy(y, x, sizeof(y));
		run(y, steps[i]);
		g_assert_cmpint(memcmp(y, first, sizeof(y)), ==, 0);
	}
}

/* By the definition: the mean over w of the least over w. */
static void as_defined(void)
{
	static float held[N + 80], least[N + 80];
	enum { W = RATE / 200 };
	float in[N], x[N];

	for (int i = 0; i < N; i++)
		in[i] = (float)(i % 4001 * 13 * sin(i * 0.7));
	memset(in + 9000, 0, 3000 * sizeof(*in));
	memcpy(x, in, sizeof(x));
	g_assert_cmpuint(run(x, 800), >, 0);
	for (int i = 0; i < 2 * W; i++)
		held[i] = least[i] = 1;
	for (int i = 0; i < N; i++) {
		float *h = held + 2 * W + i, *l = least + 2 * W + i;
		double sum = 0;

		*h = h[-1] + (1 - h[-1]) * (10.0f / RATE);
		*h = *h > 0.9999f ? 1 : *h;
		*h = fminf(*h, 32767 / fmaxf(32767, fabsf(in[i])));
		*l = 1;
		for (int k = 0; k < W; k++)
			*l = fminf(*l, h[-k]);
		for (int k = 0; k < W; k++)
			sum += l[-k];
		if (i >= W - 1)
			g_assert_cmpfloat(fabs(x[i] - in[i - W + 1] * sum / W),
					  <, 0.5);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mixer/limit/quiet_passes", quiet_passes);
	g_test_add_func("/mixer/limit/loud_is_held", loud_is_held);
	g_test_add_func("/mixer/limit/lets_go", lets_go);
	g_test_add_func("/mixer/limit/any_cut", any_cut);
	g_test_add_func("/mixer/limit/as_defined", as_defined);
	return g_test_run();
}
