/* queue.h - from CAPTURE to WRITER: blocks of packets over two rings.
 *
 * CAPTURE fills a block and pushes it; WRITER empties it and gives it back. If
 * none is left, the disk is too slow: packets are dropped and counted, and the
 * call is told how many as soon as there is room. */
#pragma once
#include "relay_capture/relay.h"

enum { RELAY_BLOCK = 128 << 10 };	/* octets */

typedef struct relay_queue relay_queue;

/* About `bytes` of memory, allocated as it is used. MAIN. */
relay_queue *relay_queue_new(size_t bytes);
/* After both threads have ended. MAIN. */
void relay_queue_free(relay_queue *q);

/* CAPTURE. Its functions take the queue as `user`. */
extern const relay_sink relay_queue_sink;
/* CAPTURE. Hands over what was collected; true if that is so much that WRITER
 * should not sleep any longer. */
bool relay_queue_push(relay_queue *q);
/* CAPTURE. Whether ends of calls still wait for room. */
bool relay_queue_stuck(const relay_queue *q);
/* CAPTURE. Packets of an interface that were accepted. */
uint64_t relay_queue_taken(const relay_queue *q, unsigned iface);
/* CAPTURE. Puts a mark after everything given so far and returns its number,
 * counted from 1. If there is no room, the next mark stands for both. */
uint64_t relay_queue_mark(relay_queue *q);

/* WRITER. Passes what was pushed so far to another sink. True: it stopped at a
 * mark; call it again. */
bool relay_queue_drain(relay_queue *q, const relay_sink *to, void *user);
/* WRITER. The number of the last mark reached. */
uint64_t relay_queue_met(const relay_queue *q);

/* ANY. Packets of an interface for which there was no room. */
uint64_t relay_queue_dropped(const relay_queue *q, unsigned iface);
/* MAIN. Orphans are reported here, not to the other sink. */
bool relay_queue_orphan(relay_queue *q, relay_orphan *out);
