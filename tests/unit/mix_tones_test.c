/* Keys' tones in sound: each that Q.24 calls one is found, whole; speech is
 * not taken for one. */
#include "mixer/tones.h"

#include <glob.h>
#include <math.h>

#include "tests/support/mixkit.h"

enum { LEAD_MS = 300, TAIL_MS = 300 };

static const double low[] = {697, 770, 852, 941};
static const double high[] = {1209, 1336, 1477, 1633};

typedef struct heard {
	unsigned on, off;
	int64_t from, to;	/* of the first and the last */
	int64_t begun, sum;	/* of the one that is on; of all */
	int64_t told;		/* samples that were in when it was told */
	int64_t in;
} heard;

static void on_tone(void *user, bool on, int64_t at)
{
	heard *h = user;

	if (on) {
		h->begun = at;
		if (h->on++)
			return;
		h->from = at;
		h->told = h->in;
		return;
	}
	h->off++;
	h->to = at;
	h->sum += at - h->begun;
}

/* In steps of 100 ms, as the mixer gives them, or less. */
static void hear(mix_tones *t, const float *x, size_t n, size_t step, heard *h)
{
	for (size_t at = 0; at < n; at += step) {
		h->in = (int64_t)MIN(at + step, n);
		mix_tones_hear(t, x + at, MIN(step, n - at), on_tone, h);
	}
}

typedef struct press {
	uint32_t rate;
	int key;		/* row * 4 + column */
	double ms, db;		/* of full scale */
	double twist_db, off;	/* high over low; pitch */
} press;

static float *make(const press *p, size_t *n)
{
	size_t from = p->rate * LEAD_MS / 1000;
	size_t len = (size_t)(p->rate * p->ms / 1000);
	double a = 32767 * pow(10, p->db / 20);
	double b = a * pow(10, p->twist_db / 20);
	float *x;

	*n = from + len + p->rate * TAIL_MS / 1000;
	x = g_new0(float, *n);
	for (size_t i = 0; i < len; i++) {
		double t = 2 * G_PI * (double)i / p->rate * p->off;

		x[from + i] = (float)(a * sin(low[p->key / 4] * t) +
				      b * sin(high[p->key % 4] * t));
	}
	return x;
}

/* Found once, from start to end but for what the 20 ms of margin around it
 * cover, and early enough to silence the start. */
static void find(const press *p)
{
	mix_tones *t = mix_tones_new(p->rate);
	int64_t from = p->rate * LEAD_MS / 1000;
	int64_t ms = p->rate / 1000;
	int64_t to = from + (int64_t)(p->rate * p->ms / 1000);
	heard h = {0};
	size_t n;
	g_autofree float *x = make(p, &n);

	hear(t, x, n, (size_t)(5 * ms), &h);
	g_test_message("%u Hz key %d, %g ms, %g dB: from %+lld to %+lld",
		       p->rate, p->key, p->ms, p->db,
		       (long long)(h.from - from), (long long)(h.to - to));
	g_assert_cmpuint(h.on, ==, 1);
	g_assert_cmpuint(h.off, ==, 1);
	g_assert_cmpint(h.from, <=, from + 8 * ms);
	g_assert_cmpint(h.from, >=, from - 15 * ms);
	g_assert_cmpint(h.to, >=, to - 8 * ms);
	g_assert_cmpint(h.to, <=, to + 15 * ms);
	g_assert_cmpint(h.told - from, <=, (MIX_TONES_WITHIN_MS - 25) * ms);
	mix_tones_free(t);
}

static void all_keys(void)
{
	static const uint32_t rates[] = {8000, 16000, 24000, 48000};

	for (size_t r = 0; r < G_N_ELEMENTS(rates); r++) {
		for (int key = 0; key < 16; key++) {
			for (int ms = 40; ms <= 45; ms++)
				find(&(press){rates[r], key, ms, -12, 0, 1});
			find(&(press){rates[r], key, 2000, -12, 0, 1});
		}
	}
}

/* Quiet ones, loud ones, unlike parts, a pitch that is off (Q.24). */
static void bad_telephones(void)
{
	for (int key = 0; key < 16; key++) {
		find(&(press){8000, key, 60, -36, 0, 1});
		find(&(press){8000, key, 60, -7, 0, 1});
		find(&(press){8000, key, 60, -16, 4, 1});
		find(&(press){8000, key, 60, -16, -7, 1});
		find(&(press){8000, key, 60, -16, 0, 1.015});
		find(&(press){8000, key, 60, -16, 0, 0.985});
	}
}

/* Tones are silenced where they are, not where one pitch alone is. */
static void not_keys(void)
{
	static const double pitches[][2] = {
		{697, 697}, {1209, 1209}, {440, 480}, {350, 440}, {425, 425},
		{950, 1400}, {697, 770}, {1336, 1477}, {600, 1300},
		{2100, 2100}, {1000, 2000},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(pitches); i++) {
		mix_tones *t = mix_tones_new(8000);
		float x[8000];
		heard h = {0};

		for (int k = 0; k < 8000; k++)
			x[k] = (float)(5000 * (sin(2 * G_PI * pitches[i][0] *
						   k / 8000.0) +
					       sin(2 * G_PI * pitches[i][1] *
						   k / 8000.0)));
		hear(t, x, 8000, 800, &h);
		g_assert_cmpuint(h.on, ==, 0);
		mix_tones_free(t);
	}
}

/* People who speak, in eight calls: never. */
static void speech(void)
{
	double seconds = 0;
	glob_t g;

	g_assert_cmpint(glob("tests/golden/calls/*/*.flac", 0, NULL, &g), ==,
			0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		mixkit_sound s = mixkit_load(g.gl_pathv[i]);
		mix_tones *t = mix_tones_new(s.rate);
		heard h = {0};

		g_assert_cmpuint(s.channels, ==, 1);
		for (size_t k = 0; k < s.frames; k++)
			s.pcm[k] *= 32768;
		hear(t, s.pcm, s.frames, s.rate / 10, &h);
		g_test_message("%s: %u", g.gl_pathv[i], h.on);
		g_assert_cmpuint(h.on, ==, 0);
		seconds += (double)s.frames / s.rate;
		mix_tones_free(t);
		mixkit_sound_clear(&s);
	}
	g_test_message("%.0f s of speech", seconds);
	g_assert_cmpfloat(seconds, >, 60);
	globfree(&g);
}

/* Harsher than any voice: ten minutes of a pitch that glides, with formants so
 * narrow that often two harmonics are all there is. Under 1 % is taken. */
static void glides(void)
{
	enum { SECONDS = 600, STEP = 800 };
	mix_tones *t = mix_tones_new(8000);
	double phase[20] = {0};
	heard h = {0};
	float x[STEP];

	for (int s = 0; s < SECONDS * 10; s++) {
		for (int i = 0; i < STEP; i++) {
			double at = s / 10.0 + i / 8000.0;
			double pitch = 170 + 90 * sin(at * 2.3) +
				       20 * sin(at * 11);
			double f1 = 600 + 250 * sin(at * 3.1);
			double f2 = 1400 + 400 * sin(at * 1.7);

			x[i] = 0;
			for (int k = 1; k < 20; k++) {
				double f = pitch * k;
				double a = exp(-fabs(f - f1) / 120) +
					   exp(-fabs(f - f2) / 150) / 2;

				phase[k] += 2 * G_PI * f / 8000;
				x[i] += (float)(4000 * a * sin(phase[k]));
			}
		}
		h.in += STEP;
		mix_tones_hear(t, x, STEP, on_tone, &h);
	}
	g_test_message("%u times in %d s", h.on, SECONDS);
	g_assert_cmpuint(h.on, <=, SECONDS / 10);
	g_assert_cmpint(h.sum, <=, SECONDS * 8000 / 100);
	mix_tones_free(t);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mixer/tones/keys", all_keys);
	g_test_add_func("/mixer/tones/bad-telephones", bad_telephones);
	g_test_add_func("/mixer/tones/not-keys", not_keys);
	g_test_add_func("/mixer/tones/speech", speech);
	g_test_add_func("/mixer/tones/glides", glides);
	return g_test_run();
}
