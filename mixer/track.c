#include "mixer/track_impl.h"

#include <math.h>
#include <string.h>

#include "mixer/lane.h"

enum {
	EDGE = MIX_SINC_TAPS / 2,	/* zeros around a run, for the sinc */
	SURE_WINDOWS = 12,	/* of 5 s: then a sender's clock is known */
};
/* A longer hole ends the run; the next one starts where it belongs. */
#define BRIDGE_NS (200 * CLK_NS_PER_MS)
/* A run that continues the last one (its rate changed, or the sender's clock
 * jumped) and would begin at most this much too early begins late instead, so
 * that it loses no samples; sliding corrects it. */
#define SQUEEZE_NS (20 * CLK_NS_PER_MS)
/* Reading between the samples begins at this error; the error is then worked
 * off with this time constant. */
#define SLIDE_NS (2 * CLK_NS_PER_MS)
#define EARLY_NS (20 * CLK_NS_PER_MS)
#define SLIDE_TAU (30.0 * CLK_NS_PER_S)
#define SLIDE_MAX 600e-6
#define SLIDE_CHANGE 2e-6	/* per step of 100 ms */
/* Beyond this sliding is hopeless. */
#define SKIP_NS (250 * CLK_NS_PER_MS)

mix_track *mix_track_new(mix_desk *desk, uint32_t stream, uint32_t ssrc,
			 uint8_t side)
{
	mix_track *t = g_new0(mix_track, 1);

	t->desk = desk;
	t->stream = stream;
	t->ssrc = ssrc;
	t->side = side;
	mix_queue_init(&t->queue, desk->begin);
	desk->side[side].streams++;
	return t;
}

void mix_track_free(mix_track *t)
{
	if (!t)
		return;
	mix_queue_clear(&t->queue);
	mix_wave_clear(&t->wave);
	mix_resample_clear(&t->rs);
	if (t->said)
		g_array_unref(t->said);
	g_free(t);
}

uint32_t mix_track_stream(const mix_track *t)
{
	return t->stream;
}

uint32_t mix_track_ssrc(const mix_track *t)
{
	return t->ssrc;
}

uint8_t mix_track_side(const mix_track *t)
{
	return t->side;
}

void mix_track_block(mix_track *t, const pcm_block *b)
{
	mix_queue_block(&t->queue, b);
}

void mix_track_report(mix_track *t, const pcm_report *r)
{
	mix_queue_report(&t->queue, r);
}

void mix_track_look(mix_track *t, int64_t cutoff)
{
	mix_queue_look(&t->queue, cutoff, t->desk->timeline, t->side);
}

bool mix_track_at(const mix_track *t, int64_t ts, uint32_t clock, int64_t *at)
{
	const mix_segment *seg = t->queue.segs.now;

	if (!seg || seg->clock != clock)
		return false;
	*at = mix_segment_at(seg, ts);
	return true;
}

static int64_t to_ns(const mix_track *t, int64_t samples)
{
	int64_t rate = t->desk->rate;

	return samples / rate * CLK_NS_PER_S +
	       samples % rate * CLK_NS_PER_S / rate;
}

bool mix_track_known(const mix_track *t, int64_t *from, int64_t *to)
{
	const mix_block *first = mix_queue_peek(&t->queue);
	const mix_block *last = mix_queue_last(&t->queue);

	*from = *to = t->written;
	if (first && !t->run.on)
		*from = MAX(t->written, mix_track_samples(t, mix_segment_at(
						first->seg, first->ts)));
	if (last)
		*to = mix_track_samples(
			t, mix_segment_at(last->seg, last->end));
	else if (t->run.on)
		*to += (int64_t)mix_wave_len(&t->wave);
	return *from < *to;
}

/* ---- runs ---- */

static void start_run(mix_track *t, const mix_block *k, int64_t skip)
{
	mix_run *r = &t->run;

	*r = (mix_run){
		.on = true,
		.seg = k->seg,
		.ts = k->ts,
		.next = k->ts,
		.clock = k->clock,
		.rate = k->rate,
		.base = -EDGE,
		.pos = (EDGE + skip) << 32,
	};
	t->wave.from = t->wave.to = 0;
	mix_wave_zeros(&t->wave, EDGE);
	mix_resample_begin(&t->rs, k->rate, t->desk->rate);
}

/* Samples that are missing before a block which continues the run, or -1 when
 * it does not. */
static int64_t bridge(const mix_run *r, const mix_block *k)
{
	int64_t hole = k->ts - r->next;

	if (mix_segment_real(k->seg) != mix_segment_real(r->seg) ||
	    k->rate != r->rate || k->clock != r->clock || hole < 0 ||
	    hole > (int64_t)k->clock * (BRIDGE_NS / CLK_NS_PER_MS) / 1000)
		return -1;
	return hole * k->rate / k->clock;
}

static void push_zeros(mix_track *t, int64_t n)
{
	static const int16_t zeros[256];

	for (; n > 0; n -= (int64_t)G_N_ELEMENTS(zeros))
		mix_resample_push(&t->rs, zeros,
				  (size_t)MIN(n, (int64_t)G_N_ELEMENTS(zeros)),
				  &t->wave);
}

/* More samples for the run; false at its end. */
static bool pull(mix_track *t)
{
	mix_run *r = &t->run;
	const mix_block *k = mix_queue_peek(&t->queue);
	int64_t zeros = k ? bridge(r, k) : -1;

	/* What comes after the end was seen begins a run of its own. */
	if (r->flushed)
		return false;
	if (zeros >= 0) {
		push_zeros(t, zeros);
		mix_resample_push(&t->rs, mix_queue_pcm(&t->queue), k->frames,
				  &t->wave);
		mix_track_book(t, k);
		r->next = k->end;
		mix_queue_drop(&t->queue);
		return true;
	}
	mix_resample_flush(&t->rs, &t->wave);
	mix_wave_zeros(&t->wave, EDGE);
	r->flushed = true;
	return true;
}

static bool goes_on(const mix_track *t, const mix_block *k)
{
	const mix_segment *seg = mix_segment_real(k->seg);

	if (!t->last)
		return false;
	return t->last == seg ? t->last_ts == k->ts
			      : t->last == seg->behind && k->ts == seg->ts0;
}

/* Finds the next run that begins before `to`; gives where, or `to`. */
static int64_t seek_run(mix_track *t, int64_t from, int64_t to)
{
	const mix_block *k;

	while ((k = mix_queue_peek(&t->queue))) {
		int64_t at = mix_track_samples(
			t, mix_segment_at(k->seg, k->ts));
		int64_t n = mix_track_samples(t, mix_block_ns(k));

		if (at >= to)
			return to;
		if (at >= from) {
			start_run(t, k, 0);
			return at;
		}
		/* On trial, it may yet belong to a later place. */
		if (k->seg->trial)
			return to;
		if (goes_on(t, k) && to_ns(t, from - at) <= SQUEEZE_NS) {
			start_run(t, k, 0);
			return from;
		}
		if (at + n > from) {
			t->desk->side[t->side].late += (uint64_t)(from - at);
			start_run(t, k, from - at);
			return from;
		}
		mix_track_book_late(t, k);
		mix_queue_drop(&t->queue);
	}
	return to;
}

/* The difference between the capture time of the sample read next and `n`, its
 * place: positive if it comes too early. */
static int64_t run_error(const mix_track *t, int64_t n)
{
	const mix_run *r = &t->run;
	int64_t i = r->base + (r->pos >> 32);
	int64_t ts = r->ts + i * r->clock / t->desk->rate;

	return mix_segment_at(r->seg, ts) - to_ns(t, n);
}

/* How far off a run may be before its samples are slid. In its first minute
 * little is known about a sender, least of all if its packets come in bursts; a
 * short call keeps its samples as they were sent. */
static int64_t slack(const mix_run *r)
{
	const mix_place *p = &mix_segment_real(r->seg)->place;

	return p->n_hist < SURE_WINDOWS ? EARLY_NS : SLIDE_NS;
}

/* Sets the speed for the coming step. Gives the samples of silence to insert,
 * which is 0 but after a jump. */
static int64_t steer(mix_track *t, int64_t n)
{
	mix_run *r = &t->run;
	double slope = mix_segment_real(r->seg)->place.slope;
	int64_t error = run_error(t, n);
	double want = -slope - (double)error / SLIDE_TAU;

	if (error > SKIP_NS)
		return mix_track_samples(t, error);
	if (error < -SKIP_NS) {
		r->pos += mix_track_samples(t, -error) << 32;
		return 0;
	}
	if (!r->sliding && ABS(error) <= slack(r))
		return 0;
	if (!r->sliding) {
		r->sliding = true;
		r->speed = -slope;
		if (!t->desk->sinc)
			t->desk->sinc = mix_sinc_new();
	}
	want = CLAMP(want, -SLIDE_MAX, SLIDE_MAX);
	r->speed = CLAMP(want, r->speed - SLIDE_CHANGE,
			 r->speed + SLIDE_CHANGE);
	return 0;
}

/* The samples before the place that is read are not needed any more. */
static void forget(mix_track *t)
{
	mix_run *r = &t->run;
	int64_t gone = MIN((r->pos >> 32) - EDGE,
			   (int64_t)mix_wave_len(&t->wave));

	if (gone <= 0)
		return;
	t->wave.from += (size_t)gone;
	r->base += gone;
	r->pos -= gone << 32;
}

static int64_t run_step(const mix_run *r)
{
	return r->sliding ? llrint((1 + r->speed) * 4294967296.0) : 1LL << 32;
}

static void read_wave(mix_track *t, float *bus, size_t n)
{
	mix_run *r = &t->run;
	const float *v = t->wave.v + t->wave.from;

	if (r->sliding) {
		mix_sinc_add(t->desk->sinc, v, &r->pos, run_step(r), bus, n);
		return;
	}
	mix_lane_add(bus, v + (r->pos >> 32), n);
	r->pos += (int64_t)n << 32;
}

/* Samples that can be read before the wave, less its edge, is at its end. */
static int64_t readable(const mix_track *t)
{
	const mix_run *r = &t->run;
	int64_t end = (int64_t)mix_wave_len(&t->wave) - EDGE;
	int64_t left = (end << 32) - r->pos;

	return left <= 0 ? 0 : (left + run_step(r) - 1) / run_step(r);
}

/* Plays the run into [from, to); gives where it ended. */
static int64_t play(mix_track *t, const mix_step *s, int64_t from)
{
	int64_t n;

	while ((n = readable(t)) < s->to - from + 1 && pull(t))
		;
	n = MIN(n, s->to - from);
	if (n > 0) {
		read_wave(t, s->bus + (from - s->from), (size_t)n);
		memset(s->heard + (from - s->from), 1, (size_t)n);
	}
	forget(t);
	if (from + n < s->to)
		t->run.on = false;
	return from + n;
}

void mix_track_render(mix_track *t, const mix_step *s)
{
	int64_t n = MAX(s->from, t->written);

	while (n < s->to) {
		if (!t->run.on)
			n = seek_run(t, n, s->to);
		if (!t->run.on)
			break;
		n = MIN(s->to, n + steer(t, n));
		if (n < s->to)
			n = play(t, s, n);
	}
	t->written = n;
}

void mix_track_sleep(mix_track *t)
{
	mix_wave_sleep(&t->wave);
}
