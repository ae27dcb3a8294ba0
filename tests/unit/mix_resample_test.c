/* Rates, and the queue that their samples wait in. */
#include "mixer/resample.h"

#include <glib.h>
#include <math.h>

/* dB of what is left when the tone itself is taken out, in the middle. */
static double residue(uint32_t from, uint32_t to, double hz)
{
	mix_resample r = {0};
	mix_wave w = {0};
	int16_t pcm[480];
	double re = 0, im = 0, noise = 0;
	size_t n, a, b;

	mix_resample_begin(&r, from, to);
	for (uint32_t i = 0; i < from; i += from / 100) {
		for (uint32_t k = 0; k < from / 100; k++)
			pcm[k] = (int16_t)lrint(20000 * sin(2 * G_PI * hz *
							    (i + k) / from));
		mix_resample_push(&r, pcm, from / 100, &w);
	}
	mix_resample_flush(&r, &w);
	n = mix_wave_len(&w);
	g_assert_cmpuint(n, >=, to - 1);
	g_assert_cmpuint(n, <=, to + 1);
	a = to / 4;
	b = to / 4 * 3;
	for (size_t i = a; i < b; i++) {
		re += w.v[w.from + i] * cos(2 * G_PI * hz * (double)i / to);
		im += w.v[w.from + i] * sin(2 * G_PI * hz * (double)i / to);
	}
	re *= 2.0 / (double)(b - a);
	im *= 2.0 / (double)(b - a);
	/* Aligned: the first sample out is the first one in. */
	g_assert_cmpfloat(fabs(im - 20000), <, 20);
	g_assert_cmpfloat(fabs(re), <, 20);
	for (size_t i = a; i < b; i++) {
		double e = w.v[w.from + i] -
			   re * cos(2 * G_PI * hz * (double)i / to) -
			   im * sin(2 * G_PI * hz * (double)i / to);

		noise += e * e;
	}
	mix_wave_clear(&w);
	mix_resample_clear(&r);
	return 10 * log10(noise / (double)(b - a) / (20000.0 * 20000 / 2));
}

/* What 16 bits leave of a tone is at -94 dB here. */
static void tones(void)
{
	static const uint32_t rates[] = {8000, 16000, 24000, 48000};

	for (size_t i = 0; i < G_N_ELEMENTS(rates); i++) {
		for (size_t k = 0; k < G_N_ELEMENTS(rates); k++) {
			double db = residue(rates[i], rates[k], 1000);

			g_test_message("%u to %u: %.1f dB", rates[i],
				       rates[k], db);
			g_assert_cmpfloat(db, <, -90);
		}
	}
}

/* What the lower rate cannot carry does not come back as something else. */
static void no_alias(void)
{
	mix_resample r = {0};
	mix_wave w = {0};
	int16_t pcm[16000];
	double energy = 0;

	for (int i = 0; i < 16000; i++)
		pcm[i] = (int16_t)lrint(20000 * sin(2 * G_PI * 5200 * i /
						    16000));
	mix_resample_begin(&r, 16000, 8000);
	mix_resample_push(&r, pcm, 16000, &w);
	mix_resample_flush(&r, &w);
	for (size_t i = 2000; i < 6000; i++)
		energy += (double)w.v[i] * w.v[i];
	g_assert_cmpfloat(sqrt(energy / 4000), <, 1);
	mix_wave_clear(&w);
	mix_resample_clear(&r);
}

/* A new run remembers nothing of the last one, and is as good. */
static void runs_are_apart(void)
{
	static const int16_t loud[800] = {[0 ... 799] = 30000}, quiet[800];
	mix_resample r = {0};
	mix_wave w = {0};

	for (int run = 0; run < 4; run++) {
		w.from = w.to = 0;
		mix_resample_begin(&r, 8000, 16000);
		mix_resample_push(&r, run & 1 ? quiet : loud, 800, &w);
		mix_resample_flush(&r, &w);
		g_assert_cmpuint(mix_wave_len(&w), ==, 1600);
		for (size_t i = 400; i < 1200; i++)
			g_assert_cmpfloat(fabsf(w.v[w.from + i] -
						(run & 1 ? 0 : 30000)), <, 10);
	}
	mix_wave_clear(&w);
	mix_resample_clear(&r);
}

/* The queue keeps its order however it grows and is eaten. */
static void wave_is_a_queue(void)
{
	mix_wave w = {0};
	float next = 0, want = 0;

	for (int round = 0; round < 500; round++) {
		size_t in = (size_t)(round * 37) % 700 + 1;
		float *to = mix_wave_room(&w, in);

		for (size_t i = 0; i < in; i++)
			to[i] = next++;
		w.to += in;
		for (size_t eat = (size_t)(round * 53) % 701;
		     eat && mix_wave_len(&w); eat--)
			g_assert_cmpfloat(w.v[w.from++], ==, want++);
	}
	mix_wave_zeros(&w, 3);
	g_assert_cmpfloat(w.v[w.to - 1], ==, 0);
	mix_wave_clear(&w);
	g_assert_cmpuint(mix_wave_len(&w), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mixer/resample/tones", tones);
	g_test_add_func("/mixer/resample/no_alias", no_alias);
	g_test_add_func("/mixer/resample/runs_are_apart", runs_are_apart);
	g_test_add_func("/mixer/wave/is_a_queue", wave_is_a_queue);
	return g_test_run();
}
