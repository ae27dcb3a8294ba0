/* wire.h - SIP from captured packets: UDP datagrams and TCP segments with SIP
 * or HEP3 frames, bare or in TLS whose keys are known. Memory is bounded: if
 * there are too many connections the oldest are forgotten. */
#pragma once
#include "signaling_tap/keylog.h"
#include "signaling_tap/tcp.h"
#include "signaling_tap/tlsview.h"

typedef struct tap_wire tap_wire;

typedef struct tap_wire_stats {
	uint64_t messages;
	uint64_t holes;		/* TCP octets that are not in the capture */
	uint64_t forgotten;	/* connections forgotten because there were too
				 * many */
	uint64_t tls[TAP_TLS_STATES];	/* TLS connections by how they ended;
					 * TAP_TLS_FINE: all of them */
	uint16_t suite;		/* the last unknown one */
	uint16_t version;
} tap_wire_stats;

/* `keys` must outlive it; NULL: none. Free with tap_wire_free(). */
tap_wire *tap_wire_new(const tap_keylog *keys);
void tap_wire_free(tap_wire *w);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(tap_wire, tap_wire_free)
/* After each, take all messages. The payload must stay valid until then. */
void tap_wire_datagram(tap_wire *w, span payload, clk_both at);
void tap_wire_segment(tap_wire *w, const tap_segment *s, clk_both at);
/* The next message, valid until the next call; `at` is its packet's time or,
 * for HEP3, the time in its frame. */
bool tap_wire_next(tap_wire *w, clk_both *at, span *message);
const tap_wire_stats *tap_wire_totals(const tap_wire *w);
