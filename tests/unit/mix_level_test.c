#include "mixer/level.h"

#include <math.h>

#include "tests/support/mixkit.h"

enum { RATE = 8000 };

/* dB of the RMS of a second. */
static double loudness(const float *x)
{
	double sum = 0;

	for (int i = 0; i < RATE; i++)
		sum += (double)x[i] * x[i];
	return 10 * log10(sum / RATE) - 20 * log10(32768) + 1e-9;
}

/* Twenty seconds of noise of `db`; gives the loudness of the last one. */
static double settle(double db)
{
	mixkit_party p = {.rate = RATE, .seed = 5,
			  .level = 32768 * pow(10, db / 20) * sqrt(3)};
	mix_level *l = mix_level_new(RATE);
	int16_t pcm[RATE];
	float x[RATE];

	for (int s = 0; s < 20; s++) {
		mixkit_speak(&p, pcm, RATE);
		for (int i = 0; i < RATE; i++)
			x[i] = pcm[i];
		mix_level_run(l, x, RATE);
	}
	mix_level_free(l);
	return loudness(x);
}

static void to_target(void)
{
	g_assert_cmpfloat(fabs(settle(-38) + 23), <, 0.3);
	g_assert_cmpfloat(fabs(settle(-23) + 23), <, 0.3);
	g_assert_cmpfloat(fabs(settle(-15) + 23), <, 0.3);
	/* No more than 18 dB up, and no noise of a pause. */
	g_assert_cmpfloat(fabs(settle(-48) + 30), <, 0.3);
	g_assert_cmpfloat(fabs(settle(-60) + 60), <, 0.3);
}

/* However it is cut, and never by a step that is heard. */
static void smooth(void)
{
	static const size_t cuts[] = {RATE / 10, 77};
	g_autofree float *first = NULL;

	for (size_t c = 0; c < G_N_ELEMENTS(cuts); c++) {
		g_autofree float *x = g_new(float, 5 * RATE);
		mix_level *l = mix_level_new(RATE);

		for (int i = 0; i < 5 * RATE; i++)
			x[i] = 500;
		for (size_t at = 0; at < 5 * RATE; at += cuts[c])
			mix_level_run(l, x + at,
				      MIN(cuts[c], 5 * RATE - at));
		for (int i = 1; i < 5 * RATE; i++)
			g_assert_cmpfloat(fabs(x[i] / x[i - 1] - 1), <, 1e-4);
		if (first)
			g_assert_cmpmem(x, 5 * RATE * sizeof(*x), first,
					5 * RATE * sizeof(*x));
		else
			first = g_steal_pointer(&x);
		mix_level_free(l);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mixer/level/to-target", to_target);
	g_test_add_func("/mixer/level/smooth", smooth);
	return g_test_run();
}
