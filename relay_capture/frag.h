/* frag.h - IP packets out of their fragments (RFC 791 3.2, RFC 8200 4.5),
 * bounded in memory and time. Overlaps are refused (RFC 5722). */
#pragma once
#include "core/clock.h"
#include "relay_capture/frame.h"

typedef struct relay_frags relay_frags;

/* Room for `packets` at once; all memory is taken now. */
relay_frags *relay_frags_new(unsigned packets);
void relay_frags_free(relay_frags *f);
/* OK: `whole` is the payload of the packet, lent until the next call. SHORT:
 * more fragments are needed. BAD: this one contradicts the others, and all of
 * the packet is thrown away. */
MUST_CHECK relay_verdict relay_frags_add(relay_frags *f, const relay_ip *ip,
					 clk_mono now, span *whole);
/* Packets that never became whole. */
uint64_t relay_frags_lost(const relay_frags *f);
