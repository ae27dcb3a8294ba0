/* claim.h - which addresses and ufrags belong to which call.
 *
 * Several calls may claim one address (a port is reused, a fork shares it); the
 * best claim wins. CAPTURE thread. */
#pragma once
#include <glib.h>

#include "core/addr.h"
#include "core/call.h"
#include "core/pkt.h"
#include "core/put.h"

typedef struct relay_call relay_call;

/* Strongest first; see "Matching" in README.md. */
typedef enum relay_rank {
	RELAY_RANK_CHECK,	/* learnt from an ICE check with both ufrags */
	RELAY_RANK_RADDR,
	RELAY_RANK_RELAYED,
	RELAY_RANK_PEER,
	RELAY_RANK_SSRC,
	RELAY_RANK_SDP,
	RELAY_RANK_NONE,
} relay_rank;

typedef struct relay_claim {
	relay_call *call;	/* NULL: nobody's */
	uint8_t side;		/* call_side whose address or ufrag it is; for a
				 * flow: who sends on it */
	uint8_t media;		/* m= line, 255 unknown */
	uint8_t rank;		/* relay_rank */
	uint8_t why;		/* pkt_why for what it claims */
	uint32_t serial;	/* a later claim of equal rank wins */
} relay_claim;

typedef struct relay_claims relay_claims;

/* `ended` says whether a call is over: its claims yield to all others. */
relay_claims *relay_claims_new(bool (*ended)(const relay_call *));
void relay_claims_free(relay_claims *c);
/* False if the call already claims this with at least this rank. */
bool relay_claims_add_addr(relay_claims *c, const net_addr *a,
			   const relay_claim *what);
bool relay_claims_add_ufrag(relay_claims *c, span ufrag,
			    const relay_claim *what);
/* The SSRCs that a side will send with; `what->side` is that side. A range
 * wider than RELAY_SSRCS_MAX claims nothing, because it would claim
 * everybody's. */
enum { RELAY_SSRCS_MAX = 1024 };
bool relay_claims_add_ssrcs(relay_claims *c, const call_ssrcs *range,
			    const relay_claim *what);
/* Forgets all claims of a call. */
void relay_claims_drop(relay_claims *c, const relay_call *call);

/* The best claim, or NULL; valid until the next add or drop. */
const relay_claim *relay_claims_addr(const relay_claims *c, const net_addr *a);
const relay_claim *relay_claims_ssrc(const relay_claims *c, uint32_t ssrc);
/* The sender of a check from `from` to `to`: a call that has both, else the
 * only call that has one of them. `call` is NULL if there is none. */
relay_claim relay_claims_check(const relay_claims *c, span to, span from);

bool relay_claim_better(const relay_claims *c, const relay_claim *a,
			const relay_claim *b);

static inline uint8_t relay_other_side(uint8_t side)
{
	if (side == CALL_UNKNOWN)
		return CALL_UNKNOWN;
	return side == CALL_CALLER ? CALL_CALLEE : CALL_CALLER;
}
