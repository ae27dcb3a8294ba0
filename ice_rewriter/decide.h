/* decide.h - decides what is done with each m-section of an SDP. */
#pragma once
#include "ice_rewriter/sdp.h"

/* Sets `state`, `refuse` and `drop` of every section, and its new default
 * destinations. */
void ice_decide(ice_sdp *s, const ice_plan *plan, const ice_known *k);
/* What was done, for the report. */
ice_media ice_decided(const ice_sdp *s, const ice_section *sec,
		      const ice_plan *plan);

/* The usable relay for this component that is the best default: of c='s address
 * family, UDP before TCP, first in the text. With `like`, preferably of the
 * same allocation. NULL if there is none. */
const ice_cand *ice_best_relay(const ice_sdp *s, const ice_section *sec,
			       uint8_t component, const ice_cand *like);
/* The c= line that applies to the section; host empty if there is none. */
const ice_conn *ice_conn_of(const ice_sdp *s, const ice_section *sec);

/* Sets the default destinations of forced sections (dest.c). RFC 5245 5.1 wants
 * m=, c= and a=rtcp to name candidates that are present; otherwise the peer
 * answers a=ice-mismatch and sends plain media to them. */
void ice_dest_plan(ice_sdp *s, const ice_plan *plan);
/* `at` belongs to a candidate that was made unusable, and to no relay. */
bool ice_dest_dead(const ice_sdp *s, const ice_section *sec,
		   const ice_plan *plan, const net_addr *at);
/* c= and m= name a relay candidate of the section. */
bool ice_dest_is_relay(const ice_sdp *s, const ice_section *sec,
		       const net_addr *at);
