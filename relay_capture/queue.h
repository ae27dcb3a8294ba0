/* queue.h - what CAPTURE hands to WRITER: blocks of packets over two rings.
 *
 * CAPTURE fills a block and pushes it; WRITER empties it and gives it back.
 * When none is left the disk is too slow: packets are dropped and counted,
 * and the call is told how many as soon as there is room. */
#pragma once
#include "relay_capture/relay.h"

enum { RELAY_BLOCK = 128 << 10 };	/* octets */

typedef struct relay_queue relay_queue;

/* About `bytes` of memory, touched as it is needed. MAIN. */
relay_queue *relay_queue_new(size_t bytes);
/* After both threads have ended. MAIN. */
void relay_queue_free(relay_queue *q);

/* CAPTURE. Functions take the queue as `user`. */
extern const relay_sink relay_queue_sink;
/* CAPTURE. Hands over what was gathered; true if there is something for
 * WRITER to do. */
bool relay_queue_push(relay_queue *q);
/* CAPTURE. Ends of calls still wait for room. */
bool relay_queue_stuck(const relay_queue *q);
/* CAPTURE. Packets of an interface that were not dropped. */
uint64_t relay_queue_taken(const relay_queue *q, unsigned iface);
/* CAPTURE. Puts a mark behind all that was given so far: its number, counted
 * from 1 on. Without room for it the next one stands for both. */
uint64_t relay_queue_mark(relay_queue *q);

/* WRITER. Gives what was pushed so far to another sink. True: it stopped behind
 * a mark; go on. */
bool relay_queue_drain(relay_queue *q, const relay_sink *to, void *user);
/* WRITER. Number of the last mark that was met. */
uint64_t relay_queue_met(const relay_queue *q);

/* ANY. Packets of an interface that found no room. */
uint64_t relay_queue_dropped(const relay_queue *q, unsigned iface);
/* MAIN. Orphans come out here, not at the other sink. */
bool relay_queue_orphan(relay_queue *q, relay_orphan *out);
