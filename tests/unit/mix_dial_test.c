/* Tones of keys: pitch, level, time, and what is there already. */
#include "mixer/dial.h"

#include <math.h>
#include <string.h>

#define MS 1000000LL
enum { MAX = 48000 };

typedef struct keyed {
	char key;
	double low, high;
} keyed;

static const keyed keys[] = {
	{'1', 697, 1209}, {'2', 697, 1336}, {'3', 697, 1477}, {'A', 697, 1633},
	{'4', 770, 1209}, {'5', 770, 1336}, {'6', 770, 1477}, {'B', 770, 1633},
	{'7', 852, 1209}, {'8', 852, 1336}, {'9', 852, 1477}, {'C', 852, 1633},
	{'*', 941, 1209}, {'0', 941, 1336}, {'#', 941, 1477}, {'D', 941, 1633},
};

/* dBm0 of one pitch in [from, to) ms. */
static double level(const float *x, uint32_t rate, int from, int to, double hz)
{
	const size_t n = (size_t)(to - from) * rate / 1000;
	double re = 0, im = 0;

	x += (size_t)from * rate / 1000;
	for (size_t i = 0; i < n; i++) {
		const double a = 2 * G_PI * hz * (double)i / rate;

		re += x[i] * cos(a);
		im += x[i] * sin(a);
	}
	return 20 * log10(2 * hypot(re, im) / (double)n / 32768 + 1e-9) + 3.14;
}

static bool silent(const float *x, uint32_t rate, int from, int to)
{
	for (size_t i = (size_t)from * rate / 1000;
	     i < (size_t)to * rate / 1000; i++)
		if (x[i] != 0)
			return false;
	return true;
}

/* One stream, whose timestamps of 1,000 a second belong `late` ms sooner than
 * the capture says. */
typedef struct world {
	float *bus;		/* where the step begins */
	int64_t late;
	bool unknown;
} world;

static bool where(void *user, const mix_press *p, int64_t *at)
{
	const world *w = user;

	g_assert_cmpuint(p->clock, ==, 1000);
	*at = p->ts * MS - w->late * MS;
	return !w->unknown;
}

static float *bus(void *user, uint32_t stream)
{
	const world *w = user;

	g_assert_cmpuint(stream, ==, 7);
	return w->bus;
}

static void step(mix_dial *d, uint32_t rate, world *w, float *x, size_t from,
		 size_t n)
{
	const mix_dial_host host = {w, where, bus};

	w->bus = x + from;
	mix_dial_run(d, rate, (int64_t)from, n, &host);
}

/* In steps of 100 ms, as the mixer makes them. */
static void run_in(mix_dial *d, uint32_t rate, float *x, int ms, world *w)
{
	const size_t n = rate / 10;

	for (size_t i = 0; i < (size_t)ms / 100; i++)
		step(d, rate, w, x, i * n, n);
}

static void run(mix_dial *d, uint32_t rate, float *x, int ms)
{
	world w = {0};

	run_in(d, rate, x, ms, &w);
}

static void start(mix_dial *d, char key, uint8_t volume, int64_t at)
{
	const mix_press p = {
		.key = key, .volume = volume, .at = at, .stream = 7};

	mix_dial_start(d, &p);
}

static void stop(mix_dial *d, int64_t at)
{
	mix_dial_stop(d, at, 0);
}

/* Each key, at every rate: its two pitches and no sound around. */
static void all_keys(void)
{
	static const uint32_t rates[] = {8000, 16000, 24000, 48000};

	for (size_t r = 0; r < G_N_ELEMENTS(rates); r++) {
		for (size_t k = 0; k < G_N_ELEMENTS(keys); k++) {
			static float x[MAX];
			mix_dial *d = mix_dial_new();

			memset(x, 0, sizeof(x));
			start(d, keys[k].key, 10, 150 * MS);
			stop(d, 350 * MS);
			run(d, rates[r], x, 500);
			g_assert_true(silent(x, rates[r], 0, 150));
			g_assert_true(silent(x, rates[r], 350, 500));
			g_assert_false(silent(x, rates[r], 151, 155));
			g_assert_false(silent(x, rates[r], 345, 349));
			/* Half of the power in each. */
			g_assert_cmpfloat_with_epsilon(
				level(x, rates[r], 160, 340, keys[k].low),
				-13.0, 0.15);
			g_assert_cmpfloat_with_epsilon(
				level(x, rates[r], 160, 340, keys[k].high),
				-13.0, 0.15);
			mix_dial_free(d);
		}
	}
}

/* The loudest that an event can ask for does not clip. */
static void volumes(void)
{
	static const uint8_t volume[] = {0, 5, 20, 36, 63};

	for (size_t v = 0; v < G_N_ELEMENTS(volume); v++) {
		float x[8000] = {0};
		mix_dial *d = mix_dial_new();

		start(d, '7', volume[v], 0);
		run(d, 8000, x, 1000);
		g_assert_cmpfloat_with_epsilon(
			level(x, 8000, 100, 900, 852) + 3.01, -volume[v], 0.1);
		for (int i = 0; i < 8000; i++)
			g_assert_cmpfloat(fabsf(x[i]), <, 32768);
		mix_dial_free(d);
	}
}

/* A press ends the one before, however long that was said to be. */
static void one_finger(void)
{
	static float x[MAX];
	mix_dial *d = mix_dial_new();

	memset(x, 0, sizeof(x));
	start(d, '1', 10, 100 * MS);
	stop(d, 1000 * MS);
	start(d, '5', 10, 400 * MS);
	stop(d, 800 * MS);
	run(d, 8000, x, 1200);
	g_assert_cmpfloat(fabs(level(x, 8000, 150, 350, 697) + 13), <, 0.5);
	g_assert_cmpfloat(level(x, 8000, 450, 750, 697), <, -40);
	g_assert_cmpfloat(level(x, 8000, 450, 750, 770), >, -14);
	g_assert_true(silent(x, 8000, 810, 1200));
	mix_dial_free(d);
}

/* How the time is cut into steps does not matter. */
static void any_step(void)
{
	float one[8000] = {0}, many[8000] = {0};
	world w = {0};
	mix_dial *a = mix_dial_new(), *b = mix_dial_new();

	start(a, '0', 10, 33 * MS);
	stop(a, 777 * MS);
	start(b, '0', 10, 33 * MS);
	stop(b, 777 * MS);
	step(a, 8000, &w, one, 0, 8000);
	run(b, 8000, many, 1000);
	g_assert_cmpmem(one, sizeof(one), many, sizeof(many));
	mix_dial_free(a);
	mix_dial_free(b);
}

/* The end comes while the tone sounds; the next key ends it too; an end that
 * is told twice, or of nothing, changes nothing. */
static void told_in_time(void)
{
	float x[8000] = {0};
	mix_dial *d = mix_dial_new();
	world w = {0};

	stop(d, 10 * MS);
	start(d, '1', 10, 50 * MS);
	step(d, 8000, &w, x, 0, 800);
	g_assert_false(silent(x, 8000, 90, 100));
	start(d, '2', 10, 200 * MS);
	step(d, 8000, &w, x, 800, 800);
	stop(d, 250 * MS);
	stop(d, 290 * MS);
	step(d, 8000, &w, x, 1600, 1600);
	g_assert_cmpfloat(level(x, 8000, 60, 190, 1209), >, -14);
	g_assert_cmpfloat(level(x, 8000, 205, 245, 1336), >, -14);
	g_assert_true(silent(x, 8000, 250, 400));
	mix_dial_free(d);
}

/* Sound stays and the tone is added, unless it is the tone. */
static void beside(void)
{
	float x[8000], was[8000];
	mix_dial *d = mix_dial_new();

	for (int i = 0; i < 8000; i++) {
		const double a = 2 * G_PI * i / 8000;

		x[i] = (float)(i < 4000 ? 3000 * sin(300 * a)
					: 2000 * (sin(770 * a) +
						  sin(1336 * a)));
		was[i] = x[i];
	}
	start(d, '5', 10, 100 * MS);
	stop(d, 300 * MS);
	start(d, '5', 10, 600 * MS);
	stop(d, 800 * MS);
	run(d, 8000, x, 1000);
	g_assert_cmpfloat_with_epsilon(level(x, 8000, 110, 290, 300),
				       level(was, 8000, 110, 290, 300), 0.3);
	g_assert_cmpfloat_with_epsilon(level(x, 8000, 110, 290, 770), -13.0,
				       0.3);
	g_assert_cmpmem(x + 4000, 4000 * sizeof(*x), was + 4000,
			4000 * sizeof(*x));
	mix_dial_free(d);
}

static void no_tone(void)
{
	float x[8000] = {0};
	mix_dial *d = mix_dial_new();

	start(d, '!', 10, 0);
	start(d, '\0', 10, 100 * MS);
	run(d, 8000, x, 1000);
	g_assert_true(silent(x, 8000, 0, 1000));
	mix_dial_free(d);
}

/* A press that the network held back sounds where its timestamp belongs, if
 * that is near; never where it may have been written. */
static void placed(void)
{
	static const struct {
		int late, soonest;
		bool unknown;
		int from, to;
	} t[] = {
		{0, 0, false, 500, 700},
		{80, 0, false, 420, 620},
		{-40, 0, false, 540, 740},
		{290, 0, false, 210, 410},
		{310, 0, false, 500, 700},
		{80, 0, true, 500, 700},
		{80, 450, false, 450, 650},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(t); i++) {
		float x[8000] = {0};
		mix_dial *d = mix_dial_new();
		world w = {.late = t[i].late, .unknown = t[i].unknown};
		const mix_press p = {
			.key = '5', .volume = 10, .at = 500 * MS,
			.soonest = t[i].soonest * MS, .stream = 7,
			.clock = 1000, .ts = 500,
		};

		mix_dial_start(d, &p);
		mix_dial_stop(d, 700 * MS, t[i].soonest ? 650 * MS : 0);
		run_in(d, 8000, x, 1000, &w);
		g_assert_true(silent(x, 8000, 0, t[i].from));
		g_assert_false(silent(x, 8000, t[i].from + 1, t[i].from + 3));
		g_assert_false(silent(x, 8000, t[i].to - 3, t[i].to - 1));
		g_assert_true(silent(x, 8000, t[i].to, 1000));
		mix_dial_free(d);
	}
}

/* An end that is told too late to be in time: what is written does not depend
 * on whether it was known when its step was made. */
static void told_late(void)
{
	for (int more = 0; more < 3; more++) {
		float live[8000] = {0}, replay[8000] = {0};
		mix_dial *a = mix_dial_new(), *b = mix_dial_new();
		const int64_t at = (499 + more) * MS, soonest = 500 * MS;
		world w = {0};

		start(a, '5', 10, 100 * MS);
		run(a, 8000, live, 500);
		mix_dial_stop(a, at, soonest);
		step(a, 8000, &w, live, 4000, 4000);
		start(b, '5', 10, 100 * MS);
		mix_dial_stop(b, at, soonest);
		run(b, 8000, replay, 1000);
		g_assert_cmpmem(live, sizeof(live), replay, sizeof(replay));
		g_assert_true(silent(live, 8000, 502, 1000));
		mix_dial_free(a);
		mix_dial_free(b);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mixer/dial/all-keys", all_keys);
	g_test_add_func("/mixer/dial/volumes", volumes);
	g_test_add_func("/mixer/dial/one-finger", one_finger);
	g_test_add_func("/mixer/dial/any-step", any_step);
	g_test_add_func("/mixer/dial/told-in-time", told_in_time);
	g_test_add_func("/mixer/dial/beside", beside);
	g_test_add_func("/mixer/dial/no-tone", no_tone);
	g_test_add_func("/mixer/dial/placed", placed);
	g_test_add_func("/mixer/dial/told-late", told_late);
	return g_test_run();
}
