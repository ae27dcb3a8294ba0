/* payload.h - the payload types of one m= line, and which of them can be
 * removed. */
#pragma once
#include "ice_rewriter/ice.h"

/* A set of the payload types 0..127. */
typedef struct ice_pts {
	uint64_t bits[2];
} ice_pts;

typedef struct ice_payloads {
	ice_pts listed;		/* in the m= line */
	ice_pts mapped;		/* has an a=rtpmap */
	ice_pts plays;		/* can be decoded, and is sound by itself */
	ice_pts helps;		/* comfort noise, events, redundancy: stays, but
				 * does not make a stream decodable */
} ice_payloads;

static inline bool ice_pts_has(const ice_pts *s, unsigned pt)
{
	return pt < 128 && s->bits[pt / 64] >> pt % 64 & 1;
}

static inline void ice_pts_add(ice_pts *s, unsigned pt)
{
	s->bits[pt / 64] |= UINT64_C(1) << pt % 64;
}

/* The payload type at the front of "114 x-msrta/16000" or "114"; false if there
 * is none (as in a=rtcp-fb:*). */
MUST_CHECK bool ice_pt_next(span *in, unsigned *pt);

/* The format list of an m= line. */
void ice_payloads_list(ice_payloads *p, span formats);
/* The value of an a=rtpmap. */
void ice_payloads_map(ice_payloads *p, const ice_plan *plan, span value);
/* Those to remove, by the plan: empty unless one that can be decoded remains.
 * To be called once, after all lines have been read. */
ice_pts ice_payloads_drop(ice_payloads *p, const ice_plan *plan);
