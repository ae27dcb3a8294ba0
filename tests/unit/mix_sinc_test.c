#include "mixer/sinc.h"

#include <glib.h>
#include <math.h>

enum { N = 16000, EDGE = MIX_SINC_TAPS / 2 };

/* A tone read at a speed of its own, against the tone computed there; dB. */
static double snr(double hz_of_rate, double ppm)
{
	g_autofree float *in = g_new(float, N);
	g_autofree float *out = g_new0(float, N);
	mix_sinc *s = mix_sinc_new();
	int64_t step = llrint((1 + ppm * 1e-6) * 4294967296.0);
	int64_t pos = (int64_t)EDGE << 32;
	double signal = 0, noise = 0;
	size_t n = N - 4 * EDGE;

	for (int i = 0; i < N; i++)
		in[i] = (float)(10000 * sin(2 * G_PI * hz_of_rate * i));
	mix_sinc_add(s, in, &pos, step, out, n);
	for (size_t i = 0; i < n; i++) {
		double at = EDGE + (double)i * (double)step / 4294967296.0;
		double want = 10000 * sin(2 * G_PI * hz_of_rate * at);

		signal += want * want;
		noise += (out[i] - want) * (out[i] - want);
	}
	mix_sinc_free(s);
	return 10 * log10(signal / noise);
}

static void transparent(void)
{
	static const double tones[] = {0.0125, 0.125, 0.25, 0.4125};
	static const double ppms[] = {-500, -100, 20, 100, 500};

	for (size_t t = 0; t < G_N_ELEMENTS(tones); t++) {
		for (size_t p = 0; p < G_N_ELEMENTS(ppms); p++) {
			double db = snr(tones[t], ppms[p]);

			g_test_message("%.4f of the rate, %+.0f ppm: %.1f dB",
				       tones[t], ppms[p], db);
			g_assert_cmpfloat(db, >, 100);
		}
	}
}

/* On the samples themselves it changes nothing. */
static void exact_on_samples(void)
{
	mix_sinc *s = mix_sinc_new();
	float in[200], out[100] = {0};
	int64_t pos = 50LL << 32;

	for (int i = 0; i < 200; i++)
		in[i] = (float)((i * 7919) % 65536 - 32768);
	mix_sinc_add(s, in, &pos, 1LL << 32, out, 100);
	for (int i = 0; i < 100; i++)
		g_assert_cmpfloat(fabsf(out[i] - in[50 + i]), <, 0.01);
	g_assert_cmpint(pos, ==, 150LL << 32);
	mix_sinc_free(s);
}

/* What it reads is added to what is there. */
static void adds(void)
{
	mix_sinc *s = mix_sinc_new();
	float in[100] = {0}, out[4] = {1, 2, 3, 4};
	int64_t pos = 50LL << 32;

	mix_sinc_add(s, in, &pos, 1LL << 32, out, 4);
	g_assert_cmpfloat(out[3], ==, 4);
	mix_sinc_free(s);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mixer/sinc/transparent", transparent);
	g_test_add_func("/mixer/sinc/exact_on_samples", exact_on_samples);
	g_test_add_func("/mixer/sinc/adds", adds);
	return g_test_run();
}
