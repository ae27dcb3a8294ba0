/* ringshare.h - what capture's supervisor and its workers share, and each
 * one's own: inside of rings_io.c (supervisor) and ringread_io.c (worker). */
#pragma once
#include <stdatomic.h>

#include "relay_capture/card.h"
#include "relay_capture/rings.h"
#include "relay_capture/ringsock.h"

/* What became of the frames of one ring. */
typedef struct relay_ring_fates {
	uint64_t frames, copies, given_up;
} relay_ring_fates;

/* Sums over all workers, as of the blocks given back so far. */
typedef struct relay_account {
	uint64_t released[RELAY_IFACES_MAX];	/* number of the last block */
	relay_ring_fates ring[RELAY_IFACES_MAX];
	uint64_t count[RELAY_IFACES_MAX][RELAY_COUNTERS];
	uint64_t held_died[RELAY_IFACES_MAX];
	uint64_t queue_dropped[RELAY_IFACES_MAX];
	relay_fates fates;
} relay_account;

typedef struct relay_block_id {
	_Atomic uint64_t ring, block;	/* block 0: nowhere */
} relay_block_id;

/* In memory with a descriptor: it may outlive the supervisor as well. */
typedef struct relay_rings_shared {
	char stamp[72];		/* of the layout and the configuration */
	relay_ring_place ring[RELAY_IFACES_MAX];
	unsigned n;
	clk_mono begun;		/* from then on frames are kept */
	relay_account account[2];
	_Atomic unsigned valid;	/* its lowest bit tells which one; the other may
				 * be being written */
	_Atomic uint64_t read_to[RELAY_IFACES_MAX];
	_Atomic uint64_t read_again;
	_Atomic uint64_t seen[RELAY_IFACES_MAX], dropped[RELAY_IFACES_MAX];
	_Atomic uint64_t card[RELAY_IFACES_MAX];
	_Atomic uint64_t told;	/* of what was dropped */
	_Atomic int64_t committed;	/* monotonic ns; 0: never */
	relay_block_id at;	/* being read */
	relay_block_id poison;	/* not to be read */
} relay_rings_shared;

/* A block that was read and not yet given back, and the worker's counters
 * behind it. */
typedef struct relay_pending {
	unsigned ring;
	uint64_t block, due;	/* the mark behind it */
	relay_account so_far;	/* as `stored`: what the queue took */
} relay_pending;

struct relay_rings {
	relay_ringsock ring[RELAY_IFACES_MAX];
	unsigned n;
	int memory;		/* of `shared` */
	relay_rings_shared *shared;
	/* SUPERVISOR */
	uint64_t crash_ring, crash_block;
	unsigned strikes;
	relay_account ticked;	/* as of the last tick, which was at */
	clk_both tick;
	relay_card card[RELAY_IFACES_MAX];
	/* WORKER */
	relay_fates fates;	/* committed, of its own */
	relay_account base;	/* what was true at its birth */
	uint64_t read_before[RELAY_IFACES_MAX];
	uint64_t next[RELAY_IFACES_MAX];
	unsigned held[RELAY_IFACES_MAX];	/* blocks not given back */
	struct {		/* its own; CAPTURE writes */
		_Atomic uint64_t frames, copies, given_up;
	} mine[RELAY_IFACES_MAX];
	relay_pending *fifo;
	size_t room, head, used;
};

/* The account that holds now; for who writes it. */
static inline const relay_account *relay_rings_valid(const relay_rings *r)
{
	return &r->shared->account[atomic_load(&r->shared->valid) & 1];
}

_Static_assert(sizeof(relay_account) % sizeof(uint64_t) == 0,
	       "words of 64 bits");
enum { RELAY_ACCOUNT_WORDS = sizeof(relay_account) / sizeof(uint64_t) };

/* A worker may write what its supervisor is reading, which then reads again.
 * Release and acquire for each word: whoever reads one of the next account
 * finds `valid` moved after it. */
static inline void relay_account_share(relay_account *to,
				       const relay_account *own)
{
	const uint64_t *from = (const uint64_t *)own;

	for (size_t i = 0; i < RELAY_ACCOUNT_WORDS; i++)
		__atomic_store_n((uint64_t *)to + i, from[i], __ATOMIC_RELEASE);
}

static inline void relay_account_take(relay_account *own,
				      const relay_account *from)
{
	uint64_t *to = (uint64_t *)own;

	for (size_t i = 0; i < RELAY_ACCOUNT_WORDS; i++)
		to[i] = __atomic_load_n((const uint64_t *)from + i,
					__ATOMIC_ACQUIRE);
}

/* Adds an account, and takes over what the kernel says. */
void relay_rings_add_account(const relay_rings *r, const relay_account *a,
			     relay_live_stats *to);
