/* ringsock.h - one AF_PACKET socket with a TPACKET_V3 ring, opened by the
 * supervisor and mapped by it and every process that it forks. */
#pragma once
#include "relay_capture/source.h"

/* What another process must know about a ring, besides its descriptor. */
typedef struct relay_ring_place {
	char name[16];		/* IFNAMSIZ; "any": all of them */
	int index;		/* the interface's; 0 with "any" */
	int lo;			/* index of the loopback */
	int link;		/* relay_link */
	unsigned blocks;
} relay_ring_place;

typedef struct relay_ringsock {
	relay_ring_place place;
	int fd;			/* -1: closed */
	uint8_t *map;
} relay_ringsock;

/* A block that belongs to the reader. */
typedef struct relay_ring_block {
	const uint8_t *next;	/* frame */
	uint32_t left;		/* frames */
} relay_ring_block;

typedef struct relay_ring_frame {
	span bytes;		/* in the ring */
	int64_t wall;		/* ns */
	bool copy;		/* on lo, of a frame that is also seen coming
				 * in */
} relay_ring_frame;

/* Needs CAP_NET_RAW. False: `s` is empty. */
bool relay_ringsock_open(relay_ringsock *s, const char *name,
			 const relay_live_config *c, GError **err);
/* Takes the descriptor of a ring that another process opened; -1: none. */
bool relay_ringsock_adopt(relay_ringsock *s, const relay_ring_place *p, int fd);
void relay_ringsock_close(relay_ringsock *s);
/* The interface went away and a new one has its name. Needs no privilege. */
void relay_ringsock_bind_again(relay_ringsock *s);
/* Counts since the last call: reading resets them in the kernel. */
void relay_ringsock_counters(const relay_ringsock *s, uint64_t *seen,
			     uint64_t *dropped);
/* Clears the pending error, which poll(2) would report for ever; 0: none. */
int relay_ringsock_error(const relay_ringsock *s);

/* The kernel numbers blocks from 1. False: not there yet. */
bool relay_ringsock_block(const relay_ringsock *s, uint64_t number,
			  relay_ring_block *out);
bool relay_ring_block_next(const relay_ringsock *s, relay_ring_block *b,
			   relay_ring_frame *out);
void relay_ringsock_release(const relay_ringsock *s, uint64_t number);
/* Returns all blocks up to `number` that the reader still has. */
void relay_ringsock_release_to(const relay_ringsock *s, uint64_t number);
