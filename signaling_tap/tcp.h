/* tcp.h - one direction of a captured TCP connection: its octets in order,
 * whatever the order of its segments. Bounded. */
#pragma once
#include <glib.h>

#include "core/addr.h"
#include "core/clock.h"

/* A captured segment. */
typedef struct tap_segment {
	net_addr src, dst;
	uint32_t seq;
	bool syn;
	span payload;
} tap_segment;

/* Plain memory except for the arrays; starts as all zero. */
typedef struct tap_tcp {
	bool begun;
	uint32_t next;		/* sequence number of the octet expected next */
	GByteArray *bytes;	/* in order; the first `used` were consumed */
	guint used;
	GPtrArray *waiting;	/* segments after a hole, by number */
	size_t waits;		/* octets in them */
	clk_mono hole;		/* since when */
} tap_tcp;

typedef enum tap_tcp_news {
	TAP_TCP_ON,
	TAP_TCP_NEW,	/* the connection begins, perhaps anew */
	TAP_TCP_HOLE,	/* octets are missing for good; continues after them */
} tap_tcp_news;

/* On NEW and HOLE what was not consumed is gone. */
tap_tcp_news tap_tcp_add(tap_tcp *t, const tap_segment *s, clk_mono now);
/* Valid until the next tap_tcp_add(). */
span tap_tcp_peek(const tap_tcp *t);
/* Consumes all but the last `left` of the octets that can be peeked at. */
void tap_tcp_keep(tap_tcp *t, size_t left);
/* Octets held. */
size_t tap_tcp_size(const tap_tcp *t);
void tap_tcp_clear(tap_tcp *t);
