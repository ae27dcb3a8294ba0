/* queue.h - one source's blocks between their release and their placing in the
 * recording. */
#pragma once
#include "core/pcm.h"
#include "mixer/segment.h"

typedef struct mix_block {
	mix_segment *seg;	/* set by the look */
	int64_t ts, end;	/* RTP units */
	int64_t arrival, released;	/* ns since the begin */
	uint32_t clock, rate;
	uint32_t frames;
	uint32_t at;		/* of its samples in the queue's */
	uint8_t kind;		/* pcm_kind */
	bool follows;		/* as pcm_block has it */
	uint32_t talker;
} mix_block;

/* Two rings. What was written stays in place until it is read a second later,
 * when no cache holds it any more. */
typedef struct mix_queue {
	clk_mono begin;
	mix_segments segs;
	mix_block *blocks;	/* `room` of them, a power of two */
	guint room;
	guint head, seen, end;	/* run on; [head, seen) were looked at */
	int16_t *pcm;		/* each block's in one piece */
	size_t pcm_size, pcm_to;
	GArray *reports;
} mix_queue;

void mix_queue_init(mix_queue *q, clk_mono begin);
void mix_queue_clear(mix_queue *q);
/* When the block was settled, never before it came; ns since the begin. */
int64_t mix_queue_released(clk_mono begin, const pcm_block *b);
/* Copies the samples; two channels become their mean. */
void mix_queue_block(mix_queue *q, const pcm_block *b);
void mix_queue_report(mix_queue *q, const pcm_report *r);
/* Assigns a segment to what was released before `cutoff` (ns since the
 * beginning). */
void mix_queue_look(mix_queue *q, int64_t cutoff, mix_timeline *news,
		    uint8_t side);
/* The oldest block that was assigned, or NULL; valid until the next call. */
const mix_block *mix_queue_peek(const mix_queue *q);
/* The newest one that was assigned, or NULL; valid until the next call. */
const mix_block *mix_queue_last(const mix_queue *q);
/* The oldest one's samples. */
const int16_t *mix_queue_pcm(const mix_queue *q);
void mix_queue_drop(mix_queue *q);
