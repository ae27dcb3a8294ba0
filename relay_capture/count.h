/* count.h - what became of each frame. Every frame is counted in exactly one
 * counter of the first group, so that none is unaccounted for. */
#pragma once
#include <stdint.h>

enum { RELAY_IFACES_MAX = 16 };

typedef enum relay_counter {
	/* One of these per frame; their sum is RELAY_FRAMES. The first eight
	 * say what became of a UDP payload. */
	RELAY_STORED,		/* given to the sink */
	RELAY_DUPLICATE,	/* another leg's copy of a stored packet */
	RELAY_NOT_RECORDED,	/* of a stream that is not recorded */
	RELAY_HELD,		/* media that nobody claims yet: into the
				 * pre-roll */
	RELAY_UNHELD,		/* the same, but the pre-roll has no room */
	RELAY_CONTROL,		/* STUN, TURN */
	RELAY_OTHER_PAYLOAD,	/* neither STUN nor RTP */
	RELAY_BAD_TURN,		/* malformed STUN or TURN */
	RELAY_SEGMENT,		/* TCP: its messages are counted below */
	RELAY_FRAGMENT,		/* fragment of an incomplete IP packet */
	RELAY_NOT_IP,
	RELAY_NOT_UDP,		/* another IP protocol, e.g. ICMP */
	RELAY_BAD_FRAME,	/* cut short or malformed below UDP */
	RELAY_FRAME_COUNTERS,

	RELAY_FRAMES = RELAY_FRAME_COUNTERS,
	/* The first eight again, for the messages in TCP segments. */
	RELAY_TCP_STORED,
	RELAY_TCP_DUPLICATE,
	RELAY_TCP_NOT_RECORDED,
	RELAY_TCP_HELD,
	RELAY_TCP_UNHELD,
	RELAY_TCP_CONTROL,
	RELAY_TCP_OTHER,
	RELAY_TCP_BAD,
	/* What became of held packets; the rest is still held. */
	RELAY_LATE_STORED,
	RELAY_LATE_DUPLICATE,
	RELAY_LATE_NOT_RECORDED,
	RELAY_EXPIRED,
	/* Events. */
	RELAY_TCP_MESSAGES,	/* the sum of the TCP counters */
	RELAY_ORPHANS,		/* flows reported as orphans */
	RELAY_FLOWS_BORN,
	RELAY_FLOWS_EVICTED,	/* idle ones, to make room */
	RELAY_FLOWS_FULL,	/* packets of a flow for which there was no
				 * room */
	RELAY_CHECKS,		/* STUN checks with a known ufrag pair */
	RELAY_TCP_GAPS,		/* places where segments were missing */
	RELAY_FRAGMENTS_LOST,	/* IP packets that were never completed */
	RELAY_COUNTERS,
} relay_counter;

/* "stored", "bad-turn", ... */
const char *relay_counter_name(relay_counter c);
