#include "decoder/track.h"

enum { UNOPENED = 64 };	/* a power of two */

struct dec_track {
	dec_out *out;
	dec_voice *voice;
	dec_queue queue;
	bool started;		/* `next` is known */
	uint64_t next;		/* index awaited */
	uint64_t top;		/* highest index seen */
	int64_t due;
	uint64_t unopened[UNOPENED];	/* index + 1, by index */
};

/* When the wait for a missing packet ends, or the beginning is believed. */
static void reckon(dec_track *t)
{
	if (t->queue.first)
		t->due = dec_queue_since(&t->queue).ns +
			 t->out->config.reorder_ms * CLK_NS_PER_MS;
	else
		t->due = dec_voice_due(t->voice);
}

dec_track *dec_track_new(dec_out *out, const dec_origin *from, clk_mono at)
{
	dec_track *t = g_new0(dec_track, 1);

	t->out = out;
	t->voice = dec_voice_new(out, from, at);
	t->due = INT64_MAX;
	return t;
}

void dec_track_free(dec_track *t)
{
	if (!t)
		return;
	dec_queue_clear(&t->queue);
	dec_voice_free(t->voice);
	g_free(t);
}

dec_voice *dec_track_voice(dec_track *t)
{
	return t->voice;
}

int64_t dec_track_due(const dec_track *t)
{
	return t->due;
}

void dec_track_unopened(dec_track *t, uint64_t index)
{
	t->unopened[index % UNOPENED] = index + 1;
}

/* Loss has one cause: what most of the missing packets suffered. */
static dec_cause cause_of(const dec_track *t, uint64_t from, uint64_t to)
{
	uint64_t hit = 0;

	for (uint64_t i = from; i < to && i < from + UNOPENED; i++)
		hit += t->unopened[i % UNOPENED] == i + 1;
	return hit * 2 > MIN(to - from, UNOPENED) ? DEC_CAUSE_AUTH
						  : DEC_CAUSE_LOST;
}

static void play(dec_track *t, const dec_item *item)
{
	const uint64_t missing = item->index - t->next;
	dec_cause cause = DEC_CAUSE_NONE;

	if (missing)
		cause = cause_of(t, t->next, item->index);
	dec_voice_play(t->voice, item, t->queue.first, missing, cause);
	t->next = item->index + 1;
}

static void play_first(dec_track *t)
{
	const dec_item *item = dec_queue_take(&t->queue);

	if (!t->started)
		t->next = item->index;
	t->started = true;
	play(t, item);
}

static void play_ready(dec_track *t)
{
	while (t->queue.first && t->queue.first->index == t->next)
		play_first(t);
}

static void note_order(dec_track *t, const dec_item *item)
{
	if (item->index < t->top)
		dec_voice_totals(t->voice)->reordered++;
	else
		t->top = item->index;
}

dec_fate dec_track_packet(dec_track *t, const dec_item *item)
{
	t->out->released = item->at;
	note_order(t, item);
	if (t->started && item->index < t->next) {
		dec_voice_totals(t->voice)->late++;
		return DEC_LATE;
	}
	if (t->started && item->index == t->next) {
		play(t, item);
	} else {
		dec_queue_put(&t->queue, item);
		if (t->queue.n >= DEC_QUEUE_MAX)
			play_first(t);
	}
	if (t->started)
		play_ready(t);
	reckon(t);
	return DEC_MEDIA;
}

void dec_track_run(dec_track *t, clk_mono now)
{
	if (t->due > now.ns)
		return;
	t->out->released.ns = t->due;
	if (t->queue.first) {
		play_first(t);
		play_ready(t);
	} else {
		dec_voice_run(t->voice, now);
	}
	reckon(t);
}

/* The end needs no waiting; but what is settled by it is the same as if there
 * had been more. */
static void play_all(dec_track *t)
{
	for (; t->queue.first; reckon(t)) {
		t->out->released.ns = t->due;
		play_first(t);
		play_ready(t);
	}
}

void dec_track_finish(dec_track *t)
{
	play_all(t);
	dec_voice_finish(t->voice);
	t->due = INT64_MAX;
}

void dec_track_restart(dec_track *t, clk_mono at)
{
	play_all(t);
	dec_voice_restart(t->voice, at);
	t->started = false;
	t->top = 0;
	reckon(t);
}
