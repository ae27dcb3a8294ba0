#include "mixer/tones.h"

#include <glib.h>
#include <math.h>
#include <string.h>

/* Frames of 13.3 ms, each overlapping half of the one before: long enough to
 * distinguish 697 from 770 Hz, and three of them fit into 40 ms, by Q.24 the
 * shortest tone. */
enum {
	HOPS_PER_S = 150,
	ROWS = 4,
	KEYS_TONES = 8,
	SURE = 3,		/* frames alike in a row make a tone */
	GONE = 2,		/* and so many without it end it */
	NO_KEY = -1,
};

/* What a frame must be. A tone is nearly all there is (rather less where the
 * telephone's pitch is off by 1.5 %), its two parts are alike, it is steady. */
#define QUIET 260.0f		/* RMS: -42 dB */
#define SHARE 0.72f		/* of the energy in the two strongest */
#define TWIST 6.3f		/* 8 dB between them */
#define NEXT 5.0f		/* 7 dB over the others of its group */
#define STEADY 2.0f	/* 3 dB from one frame to the next */

static const float pitch[KEYS_TONES] = {697, 770, 852, 941,
					1209, 1336, 1477, 1633};

struct mix_tones {
	size_t hop;
	float turn[KEYS_TONES];	/* 2 cos of the angle of a sample */
	float *frame;		/* two hops; the later is being filled */
	size_t held;
	int64_t at;		/* of frame[0] */
	int key;		/* of the frames alike */
	unsigned alike, missed;
	float energy;		/* of the last frame */
	int64_t from, to;	/* of the frames alike */
	bool on;
};

mix_tones *mix_tones_new(uint32_t rate)
{
	mix_tones *t = g_new0(mix_tones, 1);

	t->hop = rate / HOPS_PER_S;
	t->frame = g_new0(float, 2 * t->hop);
	t->held = t->hop;
	t->at = -(int64_t)t->hop;
	t->key = NO_KEY;
	for (int i = 0; i < KEYS_TONES; i++)
		t->turn[i] = (float)(2 * cos(2 * G_PI * pitch[i] / rate));
	return t;
}

void mix_tones_free(mix_tones *t)
{
	if (!t)
		return;
	g_free(t->frame);
	g_free(t);
}

/* Goertzel's: the energy of the frame that is at one pitch. */
static float energy_at(const float *x, size_t n, float turn)
{
	float a = 0, b = 0;

	for (size_t i = 0; i < n; i++) {
		float c = x[i] + turn * a - b;

		b = a;
		a = c;
	}
	return (a * a + b * b - turn * a * b) * 2 / (float)n;
}

static float energy_of(const float *x, size_t n)
{
	float sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += x[i] * x[i];
	return sum;
}

/* The strongest of a group, or NO_KEY if another comes near it. */
static int strongest(const float group[static ROWS])
{
	int top = 0;

	for (int i = 1; i < ROWS; i++)
		top = group[i] > group[top] ? i : top;
	for (int i = 0; i < ROWS; i++) {
		if (i != top && group[i] * NEXT > group[top])
			return NO_KEY;
	}
	return top;
}

static int key_of(const mix_tones *t, float all)
{
	size_t n = 2 * t->hop;
	float e[KEYS_TONES], low, high;
	int row, column;

	if (all < QUIET * QUIET * (float)n)
		return NO_KEY;
	for (int i = 0; i < KEYS_TONES; i++)
		e[i] = energy_at(t->frame, n, t->turn[i]);
	row = strongest(e);
	column = strongest(e + ROWS);
	if (row == NO_KEY || column == NO_KEY)
		return NO_KEY;
	low = e[row];
	high = e[ROWS + column];
	if (low > high * TWIST || high > low * TWIST ||
	    low + high < all * SHARE)
		return NO_KEY;
	return row * ROWS + column;
}

/* Another key, or none. */
static void end_row(mix_tones *t, mix_tones_sink *sink, void *user)
{
	if (t->on)
		sink(user, false, t->to);
	t->on = false;
	t->alike = 0;
	t->missed = 0;
	t->key = NO_KEY;
}

static void note_hit(mix_tones *t, int key, mix_tones_sink *sink, void *user)
{
	if (!t->alike)
		t->from = t->at - (int64_t)t->hop;
	t->key = key;
	t->alike++;
	t->missed = 0;
	t->to = t->at + 3 * (int64_t)t->hop;
	if (t->on || t->alike < SURE)
		return;
	t->on = true;
	sink(user, true, t->from);
}

static void judge(mix_tones *t, mix_tones_sink *sink, void *user)
{
	float all = energy_of(t->frame, 2 * t->hop);
	int key = key_of(t, all);
	bool steady = all < t->energy * STEADY && t->energy < all * STEADY;

	if (t->alike && !t->on && (key != t->key || !steady))
		end_row(t, sink, user);
	if (t->on && key != t->key && ++t->missed >= GONE)
		end_row(t, sink, user);
	if (key != NO_KEY && (!t->on || key == t->key))
		note_hit(t, key, sink, user);
	t->energy = all;
}

void mix_tones_hear(mix_tones *t, const float *in, size_t n,
		    mix_tones_sink *sink, void *user)
{
	while (n) {
		size_t take = MIN(n, 2 * t->hop - t->held);

		memcpy(t->frame + t->held, in, take * sizeof(*in));
		t->held += take;
		in += take;
		n -= take;
		if (t->held < 2 * t->hop)
			return;
		judge(t, sink, user);
		memcpy(t->frame, t->frame + t->hop, t->hop * sizeof(*in));
		t->held = t->hop;
		t->at += (int64_t)t->hop;
	}
}
