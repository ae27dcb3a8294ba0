#include "decoder/plc.h"

#include <glib.h>
#include <math.h>

enum { FADE_MS = 80 };

/* A voice-like sum of harmonics of `hz`. */
static void voice(int16_t *s, size_t from, size_t n, double hz, double rate)
{
	for (size_t i = 0; i < n; i++) {
		double t = 2 * G_PI * hz * (double)(from + i) / rate;

		s[i] = (int16_t)(6000 * sin(t) + 3000 * sin(2 * t + 1) +
				 1500 * sin(5 * t + 2));
	}
}

static double snr(const int16_t *want, const int16_t *got, size_t n)
{
	double signal = 0, noise = 1e-9;

	for (size_t i = 0; i < n; i++) {
		signal += want[i] * (double)want[i];
		noise += (want[i] - got[i]) * (double)(want[i] - got[i]);
	}
	return 10 * log10(signal / noise);
}

/* A steady voice goes on in its own phase, whatever its pitch. */
static void check_rate(unsigned rate)
{
	size_t n = rate / 50;
	g_autofree int16_t *s = g_new(int16_t, n), *want = g_new(int16_t, n);

	for (double hz = 70; hz < 380; hz *= 1.31) {
		dec_plc p;

		dec_plc_init(&p, rate, FADE_MS);
		for (size_t k = 0; k < 5; k++) {
			voice(s, k * n, n, hz, rate);
			dec_plc_heard(&p, s, n, 1);
		}
		voice(want, 5 * n, n / 4, hz, rate);
		dec_plc_fill(&p, s, n / 4, 1);
		g_test_message("%u Hz, voice %.0f Hz: %.1f dB", rate, hz,
			       snr(want, s, n / 4));
		g_assert_cmpfloat(snr(want, s, n / 4), >, 20);
	}
}

static void test_goes_on(void)
{
	check_rate(8000);
	check_rate(16000);
	check_rate(48000);
}

static void test_fades(void)
{
	int16_t s[1600];
	dec_plc p;

	dec_plc_init(&p, 16000, FADE_MS);
	voice(s, 0, 1600, 150, 16000);
	dec_plc_heard(&p, s, 1600, 1);
	for (int k = 0; k < 5; k++)
		dec_plc_fill(&p, s + 320 * k, 320, 1);
	g_assert_cmpint(ABS(s[0]) + ABS(s[20]) + ABS(s[40]), >, 1000);
	for (int i = 1280; i < 1600; i++)
		g_assert_cmpint(s[i], ==, 0);
	for (int i = 1200; i < 1280; i++)
		g_assert_cmpint(ABS(s[i]), <, 800);
}

static int biggest_step(const int16_t *s, size_t n)
{
	int most = 0;

	for (size_t i = 1; i < n; i++)
		most = MAX(most, ABS(s[i] - s[i - 1]));
	return most;
}

/* Neither end of the hole clicks, though the voice comes back at another
 * place of its period. */
static void test_no_click(void)
{
	int16_t s[960];
	int normal;
	dec_plc p;

	dec_plc_init(&p, 8000, FADE_MS);
	voice(s, 0, 640, 130, 8000);
	normal = biggest_step(s, 640);
	dec_plc_heard(&p, s, 640, 1);
	dec_plc_fill(&p, s + 640, 160, 1);
	voice(s + 800, 823, 160, 130, 8000);
	dec_plc_heard(&p, s + 800, 160, 1);
	g_assert_cmpint(biggest_step(s, 960), <, normal * 3 / 2);
}

/* What was received is left alone but for a quarter period after a hole. */
static void test_leaves_alone(void)
{
	int16_t s[640], copy[640];
	dec_plc p;

	dec_plc_init(&p, 8000, FADE_MS);
	voice(s, 0, 640, 200, 8000);
	memcpy(copy, s, sizeof s);
	dec_plc_heard(&p, s, 320, 1);
	g_assert_cmpmem(s, 640, copy, 640);
	dec_plc_fill(&p, s, 160, 1);
	dec_plc_heard(&p, s + 320, 160, 1);
	g_assert_cmpint(memcmp(s + 320, copy + 320, 68), !=, 0);
	g_assert_cmpmem(s + 354, 2 * 126, copy + 354, 2 * 126);
	dec_plc_heard(&p, s + 480, 160, 1);
	g_assert_cmpmem(s + 480, 320, copy + 480, 320);
}

/* One channel of two, and runs longer than what is remembered. */
static void test_step(void)
{
	static int16_t s[8000], two[16000];
	int16_t a[160], b[320] = {0};
	dec_plc p, q;

	voice(s, 0, 8000, 100, 8000);
	for (int i = 0; i < 8000; i++)
		two[2 * i] = s[i];
	dec_plc_init(&p, 8000, FADE_MS);
	dec_plc_init(&q, 8000, FADE_MS);
	dec_plc_heard(&p, s, 8000, 1);
	dec_plc_heard(&q, two, 8000, 2);
	dec_plc_fill(&p, a, 160, 1);
	dec_plc_fill(&q, b, 160, 2);
	for (int i = 0; i < 160; i++) {
		g_assert_cmpint(a[i], ==, b[2 * i]);
		g_assert_cmpint(b[2 * i + 1], ==, 0);
	}
}

static void test_full_scale(void)
{
	int16_t s[800];
	dec_plc p;

	for (int i = 0; i < 800; i++)
		s[i] = i / 40 % 2 ? INT16_MAX : INT16_MIN;
	dec_plc_init(&p, 8000, FADE_MS);
	dec_plc_heard(&p, s, 800, 1);
	dec_plc_fill(&p, s, 40, 1);
	for (int i = 1; i < 9; i++)
		g_assert_cmpint(s[i] < 0, ==, s[0] < 0);
}

/* A quiet voice behind a loud one goes on as itself. */
static void test_quiet(void)
{
	int16_t s[293], want[40];
	dec_plc p;

	dec_plc_init(&p, 8000, FADE_MS);
	voice(s, 0, 80, 210, 8000);
	voice(s + 80, 80, 213, 250, 8000);
	voice(want, 293, 40, 250, 8000);
	for (int i = 80; i < 293; i++)
		s[i] /= 10;
	for (int i = 0; i < 40; i++)
		want[i] /= 10;
	dec_plc_heard(&p, s, 293, 1);
	dec_plc_fill(&p, s, 40, 1);
	g_assert_cmpfloat(snr(want, s, 40), >, 15);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/plc/goes-on", test_goes_on);
	g_test_add_func("/decoder/plc/fades", test_fades);
	g_test_add_func("/decoder/plc/no-click", test_no_click);
	g_test_add_func("/decoder/plc/leaves-alone", test_leaves_alone);
	g_test_add_func("/decoder/plc/step", test_step);
	g_test_add_func("/decoder/plc/full-scale", test_full_scale);
	g_test_add_func("/decoder/plc/quiet", test_quiet);
	return g_test_run();
}
