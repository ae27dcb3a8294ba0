#include "mixer/limit.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "mixer/lane.h"

/* The gain a sample needs is held for W samples before it by a sliding
 * minimum and then averaged over W: a ramp that is down in time, because each
 * value averaged already knew of the peak. W is 5 ms. Going up again takes
 * about 100 ms.
 *
 * Both windows are cut where the rings begin anew: what was written since then
 * is kept as one value that grows, what is left of the round before as one
 * value for each place it may be left from. A sample costs the same however
 * long the window is, and no sum drifts. */
#define FULL 32767.0f
enum { ATTACKS_PER_S = 200, RELEASES_PER_S = 10 };

struct mix_limit {
	size_t w;
	float release;		/* part of the way to 1, each sample */
	float held;		/* gain needed now, with release */
	bool open;		/* all gains in the window are 1 */
	bool stale;		/* so they are, whatever the rings hold */
	size_t ones;		/* samples since one was not */
	float *past;		/* the last w - 1 samples */
	float *need;		/* before `at`: this round's; from there on: the
				 * least of the last round's from here on */
	float *least;		/* the same of the minima, and their sums */
	float need_now;		/* the least need of this round */
	float least_now;	/* the sum of its minima */
	size_t at;		/* in both rings */
};

/* As if all gains had been 1 for long. */
static void fill_ones(mix_limit *l)
{
	for (size_t i = 0; i < l->w; i++) {
		l->need[i] = 1;
		l->least[i] = i < l->at ? 1 : (float)(l->w - i);
	}
	l->need_now = 1;
	l->least_now = (float)l->at;
}

mix_limit *mix_limit_new(uint32_t rate)
{
	mix_limit *l = g_new0(mix_limit, 1);

	l->w = rate / ATTACKS_PER_S;
	l->release = (float)RELEASES_PER_S / (float)rate;
	l->held = 1;
	l->open = true;
	l->past = g_new0(float, l->w);
	l->need = g_new(float, l->w);
	l->least = g_new(float, l->w);
	fill_ones(l);
	return l;
}

mix_limit *mix_limit_copy(const mix_limit *l)
{
	mix_limit *to = g_memdup2(l, sizeof(*l));

	to->past = g_memdup2(l->past, l->w * sizeof(float));
	to->need = g_memdup2(l->need, l->w * sizeof(float));
	to->least = g_memdup2(l->least, l->w * sizeof(float));
	return to;
}

void mix_limit_free(mix_limit *l)
{
	if (!l)
		return;
	g_free(l->past);
	g_free(l->need);
	g_free(l->least);
	g_free(l);
}

size_t mix_limit_delay(const mix_limit *l)
{
	return l->w - 1;
}

static float lesser(float a, float b)
{
	return a < b ? a : b;
}

static void begin_round(mix_limit *l)
{
	for (size_t i = l->w - 1; i-- > 0;) {
		l->need[i] = lesser(l->need[i], l->need[i + 1]);
		l->least[i] += l->least[i + 1];
	}
	l->need_now = 1;
	l->least_now = 0;
	l->at = 0;
}

/* The gain for the sample that is w - 1 before this one. */
static float next_gain(mix_limit *l, float need)
{
	size_t next = l->at + 1;
	float least, sum;

	l->held += (1 - l->held) * l->release;
	if (l->held > 0.9999f)
		l->held = 1;
	l->held = lesser(l->held, need);
	l->need[l->at] = l->held;
	l->need_now = lesser(l->need_now, l->held);
	least = next < l->w ? lesser(l->need_now, l->need[next]) : l->need_now;
	l->least[l->at] = least;
	l->least_now += least;
	sum = next < l->w ? l->least_now + l->least[next] : l->least_now;
	l->at = next;
	if (next == l->w)
		begin_round(l);
	l->ones = l->held < 1 ? 0 : l->ones + 1;
	l->open = l->ones > 2 * l->w;
	return sum / (float)l->w;
}

/* The sample at `i` counted from the start of the past. */
static float delayed(const mix_limit *l, const float *in, size_t i)
{
	return i < l->w - 1 ? l->past[i] : in[i - (l->w - 1)];
}

static void keep_past(mix_limit *l, const float *in, size_t n)
{
	size_t past = l->w - 1;

	if (n >= past) {
		memcpy(l->past, in + n - past, past * sizeof(*in));
		return;
	}
	memmove(l->past, l->past + n, (past - n) * sizeof(*in));
	memcpy(l->past + past - n, in, n * sizeof(*in));
}

size_t mix_limit_run(mix_limit *l, const float *in, float *out, size_t n)
{
	bool calm = l->open && !mix_lane_over(in, n);
	size_t past = MIN(n, l->w - 1), over = 0;

	if (calm) {
		memcpy(out, l->past, past * sizeof(*out));
		memcpy(out + past, in, (n - past) * sizeof(*out));
		keep_past(l, in, n);
		l->at = (l->at + n) % l->w;
		l->stale = true;
		return 0;
	}
	if (l->stale)
		fill_ones(l);
	l->stale = false;
	for (size_t i = 0; i < n; i++) {
		float top = fabsf(in[i]);
		/* -32768 is full scale too. */
		float need = top > FULL + 1 ? FULL / top : 1;

		over += need < 1;
		out[i] = delayed(l, in, i) * next_gain(l, need);
	}
	keep_past(l, in, n);
	return over;
}
