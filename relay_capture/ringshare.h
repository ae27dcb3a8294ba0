/* ringshare.h - what capture's supervisor and its workers share, and what each
 * has of its own: internals of rings_io.c (supervisor) and ringread_io.c
 * (worker). */
#pragma once
#include <stdatomic.h>

#include "relay_capture/card.h"
#include "relay_capture/rings.h"
#include "relay_capture/ringsock.h"

/* What became of the frames of one ring. */
typedef struct relay_ring_fates {
	uint64_t frames, copies, given_up;
} relay_ring_fates;

/* Sums over all workers, up to the last block returned. */
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

/* In memory with a descriptor, so that it can outlive the supervisor too. */
typedef struct relay_rings_shared {
	char stamp[72];		/* of the layout and the configuration */
	relay_ring_place ring[RELAY_IFACES_MAX];
	unsigned n;
	clk_mono begun;		/* since when frames are kept */
	relay_account account[2];
	_Atomic unsigned valid;	/* its lowest bit says which one is valid; the
				 * other may be being written */
	_Atomic uint64_t read_to[RELAY_IFACES_MAX];
	_Atomic uint64_t read_again;
	_Atomic uint64_t seen[RELAY_IFACES_MAX], dropped[RELAY_IFACES_MAX];
	_Atomic uint64_t card[RELAY_IFACES_MAX];
	_Atomic uint64_t told;	/* of what was dropped */
	_Atomic int64_t committed;	/* monotonic ns; 0: never */
	relay_block_id at;	/* being read */
	relay_block_id poison;	/* not to be read */
} relay_rings_shared;

/* A block that was read and not returned yet, and the worker's counters after
 * it. */
typedef struct relay_pending {
	unsigned ring;
	uint64_t block, due;	/* the mark after it */
	relay_account so_far;	/* like `stored`: what the queue accepted */
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
	relay_account base;	/* what was true when it was created */
	uint64_t read_before[RELAY_IFACES_MAX];
	uint64_t next[RELAY_IFACES_MAX];
	unsigned held[RELAY_IFACES_MAX];	/* blocks not returned */
	struct {		/* its own; CAPTURE writes */
		_Atomic uint64_t frames, copies, given_up;
	} mine[RELAY_IFACES_MAX];
	relay_pending *fifo;
	size_t room, head, used;
};

/* The valid account, for its writer. */
static inline const relay_account *relay_rings_valid(const relay_rings *r)
{
	return &r->shared->account[atomic_load(&r->shared->valid) & 1];
}

_Static_assert(sizeof(relay_account) % sizeof(uint64_t) == 0,
	       "words of 64 bits");
enum { RELAY_ACCOUNT_WORDS = sizeof(relay_account) / sizeof(uint64_t) };

/* A worker may write what its supervisor is reading; the supervisor then reads
 * again. Each word is released and acquired, so whoever reads a word of the
 * next account also sees that `valid` has moved. */
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

/* Adds an account, and replaces the kernel's counts. */
void relay_rings_add_account(const relay_rings *r, const relay_account *a,
			     relay_live_stats *to);
