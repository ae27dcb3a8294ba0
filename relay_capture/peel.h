/* peel.h - strips link headers, VLAN tags and tunnels from a captured frame,
 * and reassembles fragments, to get at its datagram or TCP segment. */
#pragma once
#include "relay_capture/frag.h"
#include "relay_capture/relay.h"

typedef struct relay_peeled {
	net_addr src, dst;
	bool stream;		/* a TCP segment, else a UDP payload */
	relay_segment segment;
	span payload;		/* of UDP */
} relay_peeled;

/* True: `out` is filled and valid as long as the frame, or until the next call
 * if it is in `frags`. False: `why` says what became of the frame. */
MUST_CHECK bool relay_peel(relay_frags *frags, int link, span frame,
			   clk_mono now, relay_peeled *out,
			   relay_counter *why);
