/* queue.h - packets of one stream that came before their turn. */
#pragma once
#include "core/clock.h"
#include "decoder/rtp.h"

enum { DEC_QUEUE_MAX = 2048 };	/* packets; then the gap is given up early */

typedef struct dec_item {
	uint64_t index;		/* extended sequence number */
	clk_mono at;
	dec_rtp head;
	span payload;		/* in clear; lent from the item or the caller */
	struct dec_item *next;
	uint8_t *room;		/* where the queue keeps the payload */
	size_t size;
} dec_item;

typedef struct dec_queue {
	dec_item *first;	/* lowest index */
	dec_item *spare;	/* used ones, kept with their room */
	size_t n;
} dec_queue;

void dec_queue_clear(dec_queue *q);
/* Copies the item and its payload. Its index must not be in the queue. */
void dec_queue_put(dec_queue *q, const dec_item *item);
/* Removes the lowest index; valid until the next put. */
const dec_item *dec_queue_take(dec_queue *q);
/* When the first of them came; the queue must not be empty. */
clk_mono dec_queue_since(const dec_queue *q);
