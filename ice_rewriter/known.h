/* known.h - what the RFC 5245 candidates of a body say about IP addresses.
 *
 * A draft-06 line does not state its type, but its sibling part does: the same
 * address mostly has the same role there. */
#pragma once
#include "core/candidate.h"
#include "ice_rewriter/ice.h"

enum { ICE_KNOWN_MAX = 64 };	/* addresses of each role */

typedef struct ice_known {
	unsigned n_relay, n_other;
	net_addr relay[ICE_KNOWN_MAX];
	net_addr other[ICE_KNOWN_MAX];	/* host, srflx, prflx */
} ice_known;

/* Only the counts are set. */
void ice_known_init(ice_known *k);
/* Adds all candidate lines of one SDP; false if there are too many
 * addresses. */
MUST_CHECK bool ice_known_read(ice_known *k, span sdp);

bool ice_addr_in(const net_addr *list, size_t n, const net_addr *a);

/* Whether a draft-06 line is a relay: our edges decide, then the sibling part,
 * then the q-value, which by default is below 0.5 for a relay (0.41 in Lync,
 * 0.45 in MSN; hosts have 0.8 and reflexive addresses 0.55). */
bool ice_known_relay(const ice_known *k, const ice_plan *plan, span value,
		     const net_addr *at);
