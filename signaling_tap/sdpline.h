/* sdpline.h - parses the lines of one session description into a half (RFC
 * 4566, 3264, 3605, 4568, 5245, 5761, 8840; MS-SDPEXT). */
#pragma once
#include "signaling_tap/sdp.h"

typedef struct tap_sdp_reader {
	call_half *half;
	tap_sdp_about *about;
	tap_counters *count;
	uint8_t part;		/* 0: the primary one */
	uint8_t lines;		/* m= lines of this part so far */
	call_media *media;	/* NULL: session level */
	uint8_t payload_at[128];	/* of `media`: a type's place, from 1 */
	net_addr session;	/* c= of the session level */
	net_addr conn;		/* c= in force for `media` */
	uint8_t flow;		/* of the session level */
	char ufrag[260];	/* of the session level */
	net_addr rtcp;		/* a=rtcp; family 0: port alone; port 0: none */
	bool skip;		/* this m= line exceeds the limit */
	uint32_t full;		/* bits: the counters of the limits that were
				 * exceeded */
	tap_hash version;
} tap_sdp_reader;

/* For the first part of a body. */
void tap_sdp_begin(tap_sdp_reader *r, call_half *half, tap_sdp_about *about,
		   tap_counters *count);
/* All lines of one description; false if an m= line or the session's c= cannot
 * be read. Lines before the m= line of a fragment belong to audio. */
MUST_CHECK bool tap_sdp_part(tap_sdp_reader *r, span text);
