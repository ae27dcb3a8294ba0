/* preroll.h - the last seconds of media that no call claims yet, in a ring of
 * bytes. New packets replace the oldest. No allocation after
 * relay_preroll_new(). */
#pragma once
#include "core/clock.h"
#include "core/span.h"
#include "relay_capture/count.h"

/* One flow's packets in the ring, oldest first. */
typedef struct relay_held {
	uint64_t first, last;	/* positions; equal to RELAY_HELD_NONE if none*/
	uint32_t count;
} relay_held;

#define RELAY_HELD_NONE UINT64_MAX

typedef struct relay_preroll relay_preroll;

relay_preroll *relay_preroll_new(size_t bytes);
void relay_preroll_free(relay_preroll *p);
void relay_held_init(relay_held *h);
/* Adds a packet of interface `from`. `h` must not move until its packets have
 * left. False if the packet would not fit into an empty ring. */
bool relay_preroll_add(relay_preroll *p, relay_held *h, span packet,
		       clk_both at, unsigned from);
/* Forgets packets older than `limit`. */
void relay_preroll_expire(relay_preroll *p, clk_mono limit);
/* The oldest packet of `h`, valid until the next add; false if there is none.
 * Compare `order` with other flows'. */
bool relay_preroll_peek(const relay_preroll *p, const relay_held *h,
			span *packet, clk_both *at, uint64_t *order);
/* The interface of the oldest packet; there must be one. */
unsigned relay_preroll_from(const relay_preroll *p, const relay_held *h);
void relay_preroll_pop(relay_preroll *p, relay_held *h);
/* Forgets all of `h`. */
void relay_preroll_drop(relay_preroll *p, relay_held *h);
/* Packets of an interface that were forgotten unclaimed: too old, no room, or
 * dropped. */
uint64_t relay_preroll_expired(const relay_preroll *p, unsigned from);
