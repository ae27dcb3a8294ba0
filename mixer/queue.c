#include "mixer/queue.h"

#include <string.h>

enum {
	BLOCKS = 64,		/* room for, at first: of two */
	SAMPLES = 4096,
	RATE_MIN = 4000,
	RATE_MAX = 192000,
};

typedef struct report {
	int64_t ts, arrival;
	uint64_t ntp;
} report;

void mix_queue_init(mix_queue *q, clk_mono begin)
{
	*q = (mix_queue){.begin = begin};
	q->reports = g_array_new(FALSE, FALSE, sizeof(report));
}

void mix_queue_clear(mix_queue *q)
{
	mix_segments_clear(&q->segs);
	g_free(q->blocks);
	g_free(q->pcm);
	g_array_unref(q->reports);
}

static mix_block *block_at(const mix_queue *q, guint i)
{
	return &q->blocks[i & (q->room - 1)];
}

static mix_block *new_block(mix_queue *q)
{
	mix_block *old = q->blocks;
	const guint was = q->room;

	if (q->end - q->head == was) {
		q->room = was ? 2 * was : BLOCKS;
		q->blocks = g_new(mix_block, q->room);
		for (guint i = q->head; i != q->end; i++)
			*block_at(q, i) = old[i & (was - 1)];
		g_free(old);
	}
	return block_at(q, q->end++);
}

/* Where n samples fit behind the newest, or in front of the oldest. */
static bool find_place(const mix_queue *q, size_t n, size_t *at)
{
	const bool empty = q->head == q->end;
	const size_t from = empty ? 0 : block_at(q, q->head)->at;

	*at = empty ? 0 : q->pcm_to;
	if (!empty && *at <= from)
		return n <= from - *at;
	if (n <= q->pcm_size - *at)
		return true;
	*at = 0;
	return n <= from;
}

/* All that is held, in its order, into a larger ring. */
static void make_room(mix_queue *q, size_t n)
{
	int16_t *old = q->pcm;

	q->pcm_size += n + SAMPLES;
	q->pcm = g_new(int16_t, q->pcm_size);
	q->pcm_to = 0;
	for (guint i = q->head; i != q->end; i++) {
		mix_block *k = block_at(q, i);

		memcpy(q->pcm + q->pcm_to, old + k->at,
		       k->frames * sizeof(*old));
		k->at = (uint32_t)q->pcm_to;
		q->pcm_to += k->frames;
	}
	g_free(old);
}

static size_t place_for(mix_queue *q, size_t n)
{
	size_t at;

	if (!find_place(q, n, &at)) {
		make_room(q, n);
		at = q->pcm_to;
	}
	q->pcm_to = at + n;
	return at;
}

/* Of two channels the mean: a party has one place in the recording. */
static void copy_mono(int16_t *to, const pcm_block *b, size_t n, bool silent)
{
	if (silent) {
		memset(to, 0, n * sizeof(*to));
		return;
	}
	if (b->channels == 1) {
		memcpy(to, b->pcm, n * sizeof(*to));
		return;
	}
	for (size_t i = 0; i < n; i++)
		to[i] = (int16_t)((b->pcm[2 * i] + b->pcm[2 * i + 1]) / 2);
}

int64_t mix_queue_released(clk_mono begin, const pcm_block *b)
{
	return clk_since((clk_mono){MAX(b->arrival.ns, b->released.ns)}, begin);
}

void mix_queue_block(mix_queue *q, const pcm_block *b)
{
	bool odd = b->rate < RATE_MIN || b->rate > RATE_MAX;
	const size_t n = odd ? b->frames * RATE_MIN / b->rate : b->frames;
	mix_block *k;
	size_t at;

	if (!n)
		return;
	at = place_for(q, n);
	k = new_block(q);
	*k = (mix_block){
		.ts = b->ts,
		.end = b->ts + (int64_t)(b->rate == b->clock
				? b->frames
				: b->frames * b->clock / b->rate),
		.arrival = clk_since(b->arrival, q->begin),
		.released = mix_queue_released(q->begin, b),
		.clock = b->clock,
		.rate = odd ? RATE_MIN : b->rate,
		.kind = odd ? PCM_UNDECODABLE : b->kind,
		.follows = b->follows,
		.talker = b->talker,
		.frames = (uint32_t)n,
		.at = (uint32_t)at,
	};
	copy_mono(q->pcm + at, b, n, k->kind == PCM_UNDECODABLE);
}

void mix_queue_report(mix_queue *q, const pcm_report *r)
{
	report k = {r->ts, clk_since(r->arrival, q->begin), r->ntp};

	g_array_append_val(q->reports, k);
}

static void look_reports(mix_queue *q, int64_t cutoff)
{
	guint n = 0;

	for (; n < q->reports->len; n++) {
		const report *r = &g_array_index(q->reports, report, n);
		mix_segment *seg = q->segs.now;

		if (r->arrival >= cutoff)
			break;
		if (seg && !seg->trial)
			mix_place_report(&seg->place,
					 mix_segment_media(seg, r->ts), r->ntp);
	}
	if (n)
		g_array_remove_range(q->reports, 0, n);
}

static void look_block(mix_queue *q, mix_block *k, mix_timeline *news,
		       uint8_t side)
{
	bool packet = k->kind == PCM_DECODED || k->kind == PCM_UNDECODABLE;
	const mix_packet p = {
		.ts = k->ts,
		.end = k->end,
		.clock = k->clock,
		.follows = k->follows,
		.arrival = k->arrival,
	};

	if (packet || !q->segs.now || q->segs.now->clock != k->clock)
		k->seg = mix_segments_packet(&q->segs, &p, news, side);
	else
		k->seg = q->segs.now;
}

void mix_queue_look(mix_queue *q, int64_t cutoff, mix_timeline *news,
		    uint8_t side)
{
	for (; q->seen != q->end; q->seen++) {
		mix_block *k = block_at(q, q->seen);

		if (k->released >= cutoff)
			break;
		look_reports(q, k->arrival);
		look_block(q, k, news, side);
	}
	look_reports(q, cutoff);
	mix_segments_look(&q->segs, cutoff, news, side);
}

const mix_block *mix_queue_peek(const mix_queue *q)
{
	return q->head == q->seen ? NULL : block_at(q, q->head);
}

const mix_block *mix_queue_last(const mix_queue *q)
{
	return q->head == q->seen ? NULL : block_at(q, q->seen - 1);
}

const int16_t *mix_queue_pcm(const mix_queue *q)
{
	return q->pcm + block_at(q, q->head)->at;
}

void mix_queue_drop(mix_queue *q)
{
	q->head++;
}
