/* preroll.h - the last seconds of media that no call claims yet, in a ring of
 * bytes. The oldest gives way. No allocation after relay_preroll_new(). */
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
/* Adds a packet of interface `from`; `h` must stay where it is until its
 * packets have left. False when it would not fit into an empty ring. */
bool relay_preroll_add(relay_preroll *p, relay_held *h, span packet,
		       clk_both at, unsigned from);
/* Forgets what came before `limit`. */
void relay_preroll_expire(relay_preroll *p, clk_mono limit);
/* The oldest of `h`, lent until the next add. `order` compares with that of
 * other flows. False when there is none. */
bool relay_preroll_peek(const relay_preroll *p, const relay_held *h,
			span *packet, clk_both *at, uint64_t *order);
/* Whence the oldest came; there must be one. */
unsigned relay_preroll_from(const relay_preroll *p, const relay_held *h);
void relay_preroll_pop(relay_preroll *p, relay_held *h);
/* Forgets all of `h`. */
void relay_preroll_drop(relay_preroll *p, relay_held *h);
/* Packets of an interface that went unclaimed by age, for room, or by drop. */
uint64_t relay_preroll_expired(const relay_preroll *p, unsigned from);
