/* count.h - what became of each frame: every one is counted in exactly one of
 * the first group, so that nothing vanishes. */
#pragma once
#include <stdint.h>

typedef enum relay_counter {
	/* One of these per frame; their sum is RELAY_FRAMES. */
	RELAY_STORED,		/* given to the sink */
	RELAY_DUPLICATE,	/* another leg's copy of a stored packet */
	RELAY_NOT_RECORDED,	/* of a stream that is not to be recorded */
	RELAY_HELD,		/* media nobody claims yet: into the pre-roll */
	RELAY_UNHELD,		/* the same, but the pre-roll has no room */
	RELAY_CONTROL,		/* STUN, TURN */
	RELAY_OTHER_PAYLOAD,	/* UDP, but neither STUN nor RTP */
	RELAY_SEGMENT,		/* TCP: what it carries is counted below */
	RELAY_FRAGMENT,		/* piece of an IP packet not yet whole */
	RELAY_NOT_IP,
	RELAY_NOT_UDP,		/* another IP protocol, e.g. ICMP */
	RELAY_BAD_FRAME,	/* cut short or malformed below UDP */
	RELAY_BAD_TURN,		/* malformed STUN or TURN */
	RELAY_FRAME_COUNTERS,

	RELAY_FRAMES = RELAY_FRAME_COUNTERS,
	RELAY_LATE_STORED,	/* held packets that a call then claimed */
	RELAY_LATE_DUPLICATE,
	RELAY_LATE_NOT_RECORDED,
	RELAY_EXPIRED,		/* held packets that nobody claimed in time;
				 * held = the four + what is held now */
	RELAY_ORPHANS,		/* flows reported as orphans */
	RELAY_FLOWS_BORN,
	RELAY_FLOWS_EVICTED,	/* idle ones, for lack of room */
	RELAY_FLOWS_FULL,	/* packets of a flow that found no room */
	RELAY_CHECKS,		/* STUN checks with a known ufrag pair */
	RELAY_TCP_MEDIA,	/* packets carried in TCP segments */
	RELAY_TCP_GAPS,		/* places where segments were missing */
	RELAY_FRAGMENTS_LOST,	/* IP packets that never became whole */
	RELAY_COUNTERS,
} relay_counter;

/* "stored", "bad-turn", ... */
const char *relay_counter_name(relay_counter c);
