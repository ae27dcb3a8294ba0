#include "mixer/queue.h"

#include <string.h>

enum {
	COMPACT = 16,		/* eaten entries before the queue moves up */
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
	q->blocks = g_array_new(FALSE, FALSE, sizeof(mix_block));
	q->pcm = g_array_new(FALSE, FALSE, sizeof(int16_t));
	q->reports = g_array_new(FALSE, FALSE, sizeof(report));
}

void mix_queue_clear(mix_queue *q)
{
	mix_segments_clear(&q->segs);
	g_array_unref(q->blocks);
	g_array_unref(q->pcm);
	g_array_unref(q->reports);
}

/* Of two channels the mean: a party has one place in the recording. */
static void append_mono(GArray *pcm, const pcm_block *b, bool silent)
{
	guint n = (guint)b->frames;
	int16_t *to;

	if (b->channels == 1 && !silent) {
		g_array_append_vals(pcm, b->pcm, n);
		return;
	}
	g_array_set_size(pcm, pcm->len + n);
	to = &g_array_index(pcm, int16_t, pcm->len - n);
	if (silent) {
		memset(to, 0, n * sizeof(*to));
		return;
	}
	for (guint i = 0; i < n; i++)
		to[i] = (int16_t)((b->pcm[2 * i] + b->pcm[2 * i + 1]) / 2);
}

int64_t mix_queue_released(clk_mono begin, const pcm_block *b)
{
	return clk_since((clk_mono){MAX(b->arrival.ns, b->released.ns)}, begin);
}

void mix_queue_block(mix_queue *q, const pcm_block *b)
{
	bool odd = b->rate < RATE_MIN || b->rate > RATE_MAX;
	mix_block k = {
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
	};
	pcm_block as = *b;

	if (odd)
		as.frames = b->frames * RATE_MIN / b->rate;
	k.frames = (uint32_t)as.frames;
	if (!k.frames)
		return;
	append_mono(q->pcm, &as, k.kind == PCM_UNDECODABLE);
	g_array_append_val(q->blocks, k);
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
	for (; q->seen < q->blocks->len; q->seen++) {
		mix_block *k = &g_array_index(q->blocks, mix_block, q->seen);

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
	if (q->head == q->seen)
		return NULL;
	return &g_array_index(q->blocks, mix_block, q->head);
}

const mix_block *mix_queue_last(const mix_queue *q)
{
	if (q->head == q->seen)
		return NULL;
	return &g_array_index(q->blocks, mix_block, q->seen - 1);
}

const int16_t *mix_queue_pcm(const mix_queue *q)
{
	return &g_array_index(q->pcm, int16_t, q->pcm_head);
}

void mix_queue_drop(mix_queue *q)
{
	guint left;

	q->pcm_head += g_array_index(q->blocks, mix_block, q->head++).frames;
	left = q->blocks->len - q->head;
	/* A call in progress always has some left. Moving those up costs less
	 * than to go on in memory that no cache holds. */
	if (left && (q->head < COMPACT || q->head < left))
		return;
	g_array_remove_range(q->blocks, 0, q->head);
	g_array_remove_range(q->pcm, 0, q->pcm_head);
	q->seen -= q->head;
	q->head = 0;
	q->pcm_head = 0;
}
