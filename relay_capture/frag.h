/* frag.h - reassembles IP packets from fragments (RFC 791 3.2, RFC 8200 4.5),
 * bounded in memory and time. Overlapping fragments are refused (RFC 5722). */
#pragma once
#include "core/clock.h"
#include "relay_capture/count.h"
#include "relay_capture/frame.h"

typedef struct relay_frags relay_frags;

/* Room for `packets` at once; all memory is allocated now. */
relay_frags *relay_frags_new(unsigned packets);
void relay_frags_free(relay_frags *f);
/* The next fragments come from this interface; the first is 0. */
void relay_frags_from(relay_frags *f, unsigned iface);
/* OK: `whole` is the payload of the packet, valid until the next call. SHORT:
 * more fragments are needed. BAD: this one contradicts the others, and the
 * whole packet is discarded. */
MUST_CHECK relay_verdict relay_frags_add(relay_frags *f, const relay_ip *ip,
					 clk_mono now, span *whole);
/* Gives up packets that have waited too long. */
void relay_frags_expire(relay_frags *f, clk_mono now);
/* Packets that were never completed, by the interface of their first
 * fragment. */
uint64_t relay_frags_lost(const relay_frags *f, unsigned iface);
