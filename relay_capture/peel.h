/* peel.h - from a captured frame to the datagram or segment in it: link
 * headers, VLANs, tunnels and fragments taken off. */
#pragma once
#include "relay_capture/frag.h"
#include "relay_capture/relay.h"

typedef struct relay_peeled {
	net_addr src, dst;
	bool stream;		/* a TCP segment, else a UDP payload */
	relay_segment segment;
	span payload;		/* of UDP */
} relay_peeled;

/* True: `out` is filled, lent from the frame, or from `frags` until the next
 * call. Else `why` tells where the frame went. */
MUST_CHECK bool relay_peel(relay_frags *frags, int link, span frame,
			   clk_mono now, relay_peeled *out,
			   relay_counter *why);
