/* rings.h - the worker's side of the kernel's rings.
 *
 * Blocks are read in the order of the kernel's numbers and given back in the
 * order in which they were read, each only when WRITER has written all of it.
 * What the counters say about a block and that it is given back is one step: a
 * worker may be killed at any instant, and the sums stay exact. */
#pragma once
#include <poll.h>

#include "relay_capture/queue.h"
#include "relay_capture/source.h"
#include "relay_capture/stamp.h"

/* What WRITER has reached. */
typedef struct relay_written {
	uint64_t mark;		/* of the queue: what is before it is written,
				 * but for what the disk did not take */
	relay_fates at_mark;	/* of what is before it */
	relay_fates now;	/* of all that is written, or lost */
} relay_written;

/* MAIN, once, before anything else: takes over from a dead worker. */
void relay_rings_join(relay_rings *r);

/* CAPTURE from here on. One block of each ring, as far as they have one: how
 * many. */
int relay_rings_read(relay_rings *r, relay_tap *tap, relay_queue *q,
		     const relay_stamp *stamp);
/* Gives back what is written. A ring that is nearly full of blocks that wait
 * for the disk gives them back unwritten: the queue is larger. */
void relay_rings_release(relay_rings *r, const relay_written *w);
/* The tap is quiet and all is written: what it did since the last block, such
 * as to let go of what was held, becomes part of the account. */
void relay_rings_settle(relay_rings *r, const relay_tap *tap,
			const relay_queue *q, const relay_written *w);
/* The tap is closed, WRITER has ended: the last account. Blocks that the disk
 * did not take stay in the rings, for another worker. */
void relay_rings_finish(relay_rings *r, const relay_tap *tap,
			const relay_queue *q, const relay_written *w);
/* Blocks wait for WRITER. poll(2) would not wait then: the kernel reports the
 * block before its own. */
bool relay_rings_waiting(const relay_rings *r);
nfds_t relay_rings_poll(const relay_rings *r, struct pollfd *to);
/* Name of an interface that is down, or was since the last call, or NULL. */
const char *relay_rings_down(relay_rings *r);
/* Packets the kernel dropped that no worker has told of yet. */
uint64_t relay_rings_untold(relay_rings *r);

/* ANY. Adds what earlier workers did, and what the kernel says. */
void relay_rings_add(const relay_rings *r, relay_live_stats *to);
