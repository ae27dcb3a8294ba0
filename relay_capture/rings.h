/* rings.h - the worker's side of the kernel's rings.
 *
 * Blocks are read in the order of the kernel's numbers and returned in the
 * order in which they were read, each only when WRITER has written all of it.
 * Updating the counters for a block and returning it is one step, so the sums
 * stay exact even if a worker is killed at any instant. */
#pragma once
#include <poll.h>

#include "relay_capture/queue.h"
#include "relay_capture/source.h"
#include "relay_capture/stamp.h"

/* How far WRITER is. */
typedef struct relay_written {
	uint64_t mark;		/* of the queue: everything before it is
				 * written, except for what the disk did not
				 * accept */
	relay_fates at_mark;	/* of what is before it */
	relay_fates now;	/* of everything that is written or lost */
} relay_written;

/* MAIN, once, before anything else: takes over from a dead worker. */
void relay_rings_join(relay_rings *r);

/* CAPTURE from here on. Reads one block of each ring that has one; returns how
 * many. */
int relay_rings_read(relay_rings *r, relay_tap *tap, relay_queue *q,
		     relay_stamp *stamp);
/* Returns blocks that are written. A ring that is nearly full of blocks waiting
 * for the disk returns them unwritten: the queue is larger. */
void relay_rings_release(relay_rings *r, const relay_written *w);
/* The tap is idle and everything is written: adds to the account what the tap
 * did since the last block, such as releasing held packets. */
void relay_rings_settle(relay_rings *r, const relay_tap *tap,
			const relay_queue *q, const relay_written *w);
/* The tap is closed and WRITER has ended: the last account. Blocks that the
 * disk did not accept stay in the rings, for another worker. */
void relay_rings_finish(relay_rings *r, const relay_tap *tap,
			const relay_queue *q, const relay_written *w);
/* Whether blocks wait for WRITER. poll(2) would then not wait, because the
 * kernel reports the block before its own. */
bool relay_rings_waiting(const relay_rings *r);
nfds_t relay_rings_poll(const relay_rings *r, struct pollfd *to);
/* Name of an interface that is down, or was since the last call, or NULL. */
const char *relay_rings_down(relay_rings *r);
/* Packets dropped by the kernel that no worker has reported yet. */
uint64_t relay_rings_untold(relay_rings *r);

/* ANY. Adds the counts of earlier workers and of the kernel. */
void relay_rings_add(const relay_rings *r, relay_live_stats *to);
