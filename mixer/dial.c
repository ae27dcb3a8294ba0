#include "mixer/dial.h"

#include <math.h>
#include <string.h>

/* Until it is told. */
#define FOREVER INT64_MAX
/* A sine of full scale has 3.14 dBm0 (G.711, table 5). */
#define FULL_DBM0 3.14
#define FULL_RMS (32768 / G_SQRT2)
/* Of what is there already, in the two pitches: then it is this tone. */
#define SHARE 0.5
#define QUIET 100.0	/* RMS; less is silence */
/* At this distance the sender's clock and the capture's agree about a press;
 * its place is fixed the longest step before that. */
#define AGREE_NS 300000000LL
#define STEP_NS 100000000LL
enum {
	BLOCKS_PER_S = 50,	/* each is looked at by itself */
	RAMP_PER_S = 500,	/* 2 ms: no click at either end */
};

typedef struct tone {
	float turn[2];		/* angle of a sample is this over the rate */
	double amplitude;	/* of each of the two */
	mix_press press;
	int64_t end;		/* by the capture's clock */
	int64_t end_soonest;
	bool placed;
	int64_t shift;		/* of both ends against that clock */
	int64_t from, to;	/* ns */
} tone;

struct mix_dial {
	GArray *list;		/* of tone, by their start */
};

mix_dial *mix_dial_new(void)
{
	mix_dial *d = g_new0(mix_dial, 1);

	d->list = g_array_new(FALSE, FALSE, sizeof(tone));
	return d;
}

void mix_dial_free(mix_dial *d)
{
	if (!d)
		return;
	g_array_unref(d->list);
	g_free(d);
}

/* What may have been written stays. */
static void settle(tone *t)
{
	t->from = MAX(t->press.at + t->shift, t->press.soonest);
	t->to = FOREVER;
	if (t->end < FOREVER)
		t->to = MAX(MAX(t->end + t->shift, t->end_soonest), t->from);
}

static void end_tone(tone *t, int64_t at, int64_t soonest)
{
	t->end = at;
	t->end_soonest = soonest;
	settle(t);
}

static tone *last_tone(const mix_dial *d)
{
	const guint n = d->list->len;

	return n ? &g_array_index(d->list, tone, n - 1) : NULL;
}

void mix_dial_stop(mix_dial *d, int64_t at, int64_t soonest)
{
	tone *t = last_tone(d);

	if (t && t->end == FOREVER)
		end_tone(t, at, soonest);
}

void mix_dial_start(mix_dial *d, const mix_press *p)
{
	static const char keys[] = "123A456B789C*0#D";
	static const float low[] = {697, 770, 852, 941};
	static const float high[] = {1209, 1336, 1477, 1633};
	const char *at = p->key ? strchr(keys, p->key) : NULL;
	tone t = {.press = *p, .end = FOREVER, .placed = !p->clock};
	tone *last = last_tone(d);

	/* One finger: also where the one before was said to be longer. */
	if (last && last->end > p->at)
		end_tone(last, p->at, p->soonest);
	if (!at)
		return;
	t.turn[0] = low[(at - keys) / 4];
	t.turn[1] = high[(at - keys) % 4];
	/* Two sines of amplitude a have the power of an RMS of a. */
	t.amplitude = FULL_RMS * pow(10, -(FULL_DBM0 + p->volume) / 20);
	settle(&t);
	g_array_append_val(d->list, t);
}

/* The step that decides must not depend on when the press was handed in. */
static void place(tone *t, int64_t until, const mix_dial_host *host)
{
	int64_t at;

	if (t->placed || until <= t->press.soonest ||
	    until <= t->press.at - AGREE_NS - STEP_NS)
		return;
	t->placed = true;
	if (!host->place(host->user, &t->press, &at) ||
	    ABS(at - t->press.at) > AGREE_NS)
		return;
	t->shift = at - t->press.at;
	settle(t);
}

static int64_t to_samples(int64_t ns, uint32_t rate)
{
	if (ns == FOREVER)
		return FOREVER;
	return (int64_t)((__int128)ns * rate / 1000000000);
}

static int64_t to_ns(int64_t samples, uint32_t rate)
{
	return (int64_t)((__int128)samples * 1000000000 / rate);
}

/* Goertzel's: the energy that is at one pitch. */
static double energy_at(const float *x, size_t n, double angle)
{
	const double turn = 2 * cos(angle);
	double a = 0, b = 0;

	for (size_t i = 0; i < n; i++) {
		const double c = x[i] + turn * a - b;

		b = a;
		a = c;
	}
	return (a * a + b * b - turn * a * b) * 2 / (double)n;
}

/* The sound beside the event is the tone. */
static bool holds(const tone *t, uint32_t rate, const float *x, size_t n)
{
	double all = 0, own = 0;

	for (size_t i = 0; i < n; i++)
		all += (double)x[i] * x[i];
	if (all < QUIET * QUIET * (double)n)
		return false;
	for (int i = 0; i < 2; i++)
		own += energy_at(x, n, 2 * G_PI * t->turn[i] / rate);
	return own > SHARE * all;
}

/* 0 to 1, `left` samples from an end. */
static double ramp(int64_t left, uint32_t rate)
{
	const double at = (double)left * RAMP_PER_S / rate;

	return at >= 1 ? 1 : 0.5 - 0.5 * cos(G_PI * at);
}

/* Samples [from, from + n) of the recording. Sines are computed from the
 * sample's number since the start of the tone, so it does not matter how the
 * time is divided into steps. The tone fades only where it cannot have been
 * written before its end was known. */
static void add(const tone *t, uint32_t rate, int64_t from, float *bus,
		size_t n)
{
	const int64_t begin = to_samples(t->from, rate);
	const int64_t end = to_samples(t->to, rate);
	const int64_t known = to_samples(t->end_soonest, rate);

	for (size_t i = 0; i < n; i++) {
		const int64_t at = from + (int64_t)i;
		const double s = 2 * G_PI * (double)(at - begin) / rate;
		const double fade = at < known ? 1 : ramp(end - at, rate);

		bus[i] += (float)(t->amplitude * ramp(at - begin, rate) * fade *
				  (sin(t->turn[0] * s) + sin(t->turn[1] * s)));
	}
}

/* Block by block, on a grid that does not depend on the step. */
static void sound(const tone *t, uint32_t rate, int64_t from, float *bus,
		  size_t n)
{
	const int64_t block = rate / BLOCKS_PER_S;
	const int64_t to = MIN(to_samples(t->to, rate), from + (int64_t)n);
	int64_t a = MAX(to_samples(t->from, rate), from);

	while (a < to) {
		const int64_t b = MIN(to, (a / block + 1) * block);
		float *x = bus + (a - from);

		if (!holds(t, rate, x, (size_t)(b - a)))
			add(t, rate, a, x, (size_t)(b - a));
		a = b;
	}
}

void mix_dial_run(mix_dial *d, uint32_t rate, int64_t from, size_t n,
		  const mix_dial_host *host)
{
	const int64_t to = from + (int64_t)n;
	const int64_t until = to_ns(to, rate);
	guint kept = 0;

	for (guint i = 0; i < d->list->len; i++) {
		tone t = g_array_index(d->list, tone, i);

		place(&t, until, host);
		if (to_samples(t.from, rate) < to)
			sound(&t, rate, from,
			      host->bus(host->user, t.press.stream), n);
		if (!t.placed || to_samples(t.to, rate) > to)
			g_array_index(d->list, tone, kept++) = t;
	}
	g_array_set_size(d->list, kept);
}
