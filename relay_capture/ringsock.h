/* ringsock.h - one AF_PACKET socket with a TPACKET_V3 ring: opened by the
 * supervisor, mapped by it and everyone it forks. */
#pragma once
#include "relay_capture/source.h"

/* What another process must know of a ring, beside its descriptor. */
typedef struct ring_place {
	char name[16];		/* IFNAMSIZ; "any": all of them */
	int index;		/* the interface's; 0 with "any" */
	int lo;			/* index of the loopback */
	int link;		/* relay_link */
	unsigned blocks;
} ring_place;

typedef struct ring_socket {
	ring_place place;
	int fd;			/* -1: closed */
	uint8_t *map;
} ring_socket;

/* A block that belongs to the reader. */
typedef struct ring_block {
	const uint8_t *next;	/* frame */
	uint32_t left;		/* frames */
} ring_block;

typedef struct ring_frame {
	span bytes;		/* in the ring */
	int64_t wall;		/* ns */
	bool copy;		/* on lo, of a frame that comes in as well */
} ring_frame;

/* Needs CAP_NET_RAW. False: `s` holds nothing. */
bool ring_socket_open(ring_socket *s, const char *name,
		      const relay_live_config *c, GError **err);
/* Takes `fd`, of a ring that another process opened; -1 is none. */
bool ring_socket_adopt(ring_socket *s, const ring_place *p, int fd);
void ring_socket_close(ring_socket *s);
/* The interface went and one of its name came. Needs no privilege. */
void ring_socket_bind_again(ring_socket *s);
/* Since the last call: the kernel forgets them. */
void ring_socket_counters(const ring_socket *s, uint64_t *seen,
			  uint64_t *dropped);
/* Takes the pending error, which poll(2) would report for ever; 0: none. */
int ring_socket_error(const ring_socket *s);

/* Blocks are numbered by the kernel from 1 on. False: not there yet. */
bool ring_socket_block(const ring_socket *s, uint64_t number, ring_block *out);
bool ring_block_next(const ring_socket *s, ring_block *b, ring_frame *out);
void ring_socket_release(const ring_socket *s, uint64_t number);
/* All up to `number` that are still the reader's. */
void ring_socket_release_to(const ring_socket *s, uint64_t number);
