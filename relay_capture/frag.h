/* frag.h - IP packets out of their fragments (RFC 791 3.2, RFC 8200 4.5),
 * bounded in memory and time. Overlaps are refused (RFC 5722). */
#pragma once
#include "core/clock.h"
#include "relay_capture/count.h"
#include "relay_capture/frame.h"

typedef struct relay_frags relay_frags;

/* Room for `packets` at once; all memory is taken now. */
relay_frags *relay_frags_new(unsigned packets);
void relay_frags_free(relay_frags *f);
/* The fragments that follow came by that interface; the first is 0. */
void relay_frags_from(relay_frags *f, unsigned iface);
/* OK: `whole` is the payload of the packet, lent until the next call. SHORT:
 * more fragments are needed. BAD: this one contradicts the others, and all of
 * the packet is thrown away. */
MUST_CHECK relay_verdict relay_frags_add(relay_frags *f, const relay_ip *ip,
					 clk_mono now, span *whole);
/* Gives up what has waited too long. */
void relay_frags_expire(relay_frags *f, clk_mono now);
/* Packets that never became whole, by the interface of their first piece. */
uint64_t relay_frags_lost(const relay_frags *f, unsigned iface);
