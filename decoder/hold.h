/* hold.h - packets that no known key opens, kept for a while: keys may come
 * after the media (RFC 4568 7.1.2 allows it, and taps are late). */
#pragma once
#include <glib.h>

#include "core/pkt.h"

typedef struct dec_held {
	clk_both at;
	uint32_t flow;
	uint32_t n;		/* octets */
	uint8_t side, media;	/* the path's hints */
	uint8_t leg, why;
	bool gone;		/* opened meanwhile */
} dec_held;

typedef struct dec_hold {
	uint8_t *buf;		/* dec_held and octets, by turns */
	size_t from, to;	/* what of it is in use */
	size_t size, limit;
	int64_t keep_ns;
} dec_hold;

/* What happens to a packet that leaves unopened. */
typedef void (*dec_hold_expired)(void *user, const pkt *p);
/* True when it was opened and shall go. */
typedef bool (*dec_hold_try)(void *user, const pkt *p);

void dec_hold_init(dec_hold *h, size_t limit, int64_t keep_ns);
void dec_hold_clear(dec_hold *h);

/* Copies the packet; makes room by expiring the oldest. False when it could
 * never fit. */
bool dec_hold_add(dec_hold *h, const pkt *p, dec_hold_expired expired,
		  void *user);
/* All that is older than keep_ns. */
void dec_hold_expire(dec_hold *h, clk_mono now, dec_hold_expired expired,
		     void *user);
/* Everything, oldest first. `try` must not add. */
void dec_hold_each(dec_hold *h, dec_hold_try try, void *user);
