/* ice.h - SDP in, SDP out in which only relay candidates can be used.
 *
 * A candidate is made unusable if the call is recorded (the caller knows:
 * otherwise there is no plan), its stream is recorded, its m-section has a
 * relay candidate, and it is not a relay itself. The default destination (m=
 * port, c=, a=rtcp) follows. Every other byte stays. Pure, no allocation,
 * linear in the length of the body; rewriting twice equals rewriting once. */
#pragma once
#include "core/addr.h"
#include "core/put.h"

typedef enum ice_method {
	ICE_PORT,		/* the port becomes an invalid one */
	ICE_PORT_ADDRESS,	/* and the address becomes an unusable one */
	ICE_REMOVE,		/* the line goes */
} ice_method;

/* Candidate lines of draft-ietf-mmusic-ice-06, which do not state a type. */
typedef enum ice_draft06 {
	ICE_DRAFT06_JUDGE,	/* by edges, by the sibling part, by q-value */
	ICE_DRAFT06_REFUSE,	/* m= port 0 in a fallback part whose sibling
				 * has a relay; else as above */
	ICE_DRAFT06_LEAVE,	/* unchanged: such calls are not forced over the
				 * relay */
} ice_draft06;

enum { ICE_AUDIO = 1, ICE_VIDEO = 2, ICE_OTHER = 4 };

/* A plain value: copy it and set what differs from call to call. What it points
 * to belongs to the caller. */
typedef struct ice_plan {
	unsigned kinds;		/* streams that are recorded: ICE_AUDIO | ... */
	ice_method method;
	uint16_t port;		/* of ICE_PORT and ICE_PORT_ADDRESS */
	net_addr dead4, dead6;	/* of ICE_PORT_ADDRESS; ports not used */
	ice_draft06 draft06;
	uint16_t relay_below;	/* thousandths of a draft-06 q-value: anything
				 * less is a relay if nothing else decides */
	bool drop_undecodable, drop_cryptoscale, drop_bypassid;
	/* Encoding names, NULL at the end: "PCMA", or with clock and channels
	 * as in the rtpmap, "G722/8000". */
	const char *const *decodable;
	const net_addr *edges;	/* of our A/V Edges; ports not used */
	size_t n_edges;
	/* Of this dialog: relay candidates offered by the receiver of the SDP,
	 * to judge a=remote-candidates by. */
	const net_addr *peers;
	size_t n_peers;
	span peer_ids;		/* the same of draft-06: candidate-ids, as words
				 * without padding */
	bool trickled;		/* of this dialog: the sender has already given
				 * a relay candidate; for SDP fragments */
} ice_plan;

/* Audio, port 9, dead addresses from the ranges for documentation (RFC 5737)
 * and discarding (RFC 6666); undecodable payloads are dropped once `decodable`
 * is set. */
ice_plan ice_plan_default(void);
/* NULL if the plan can be used, otherwise why not, as a sentence. To be called
 * once for each plan; ice_rewrite() asserts the port. */
const char *ice_plan_problem(const ice_plan *p);

typedef enum ice_verdict {
	ICE_SAME,	/* nothing written: the body stays as it is */
	ICE_CHANGED,	/* the new body was appended to `out` */
	ICE_NO_ROOM,	/* it does not fit; `out` is unchanged */
	ICE_MALFORMED,	/* unchanged; the report says why */
} ice_verdict;

typedef enum ice_state {
	ICE_UNRECORDED,	/* this kind of stream is not recorded, nor any that
			 * may share its transport */
	ICE_REFUSED,	/* m= port 0: no stream (also if set here) */
	ICE_PLAIN,	/* no candidates: media goes to c= and m= */
	ICE_NO_RELAY,	/* candidates, but no relay: unchanged */
	ICE_LEFT,	/* draft-06 lines, unchanged by the plan */
	ICE_FINAL,	/* a=remote-candidates: ICE has chosen, unchanged */
	ICE_FORCED,	/* only relays can be used now */
} ice_state;

/* What a=remote-candidates of an ICE_FINAL section names. */
typedef enum ice_remote {
	ICE_REMOTE_NONE,
	ICE_REMOTE_RELAY,
	ICE_REMOTE_HOST,	/* no relay, but sent from the sender's relay:
				 * the media still crosses one */
	ICE_REMOTE_ESCAPED,	/* neither end is a relay: it is direct */
	ICE_REMOTE_UNKNOWN,	/* no relay is known to judge by */
} ice_remote;

/* What was found and done in one m-section. */
typedef struct ice_media {
	uint8_t part;		/* leaf of the multipart body, from 0 */
	uint8_t index;		/* m= line in that part, from 0 */
	uint8_t kind;		/* ICE_AUDIO... */
	uint8_t state;		/* ice_state */
	uint8_t remote;		/* ice_remote */
	bool relay;		/* has a usable relay candidate */
	bool default_moved;
	bool default_relay;	/* afterwards c= and m= name a relay */
	bool mismatch;		/* a=ice-mismatch: the peer has given up ICE */
	uint16_t kept;		/* relay candidates */
	uint16_t disabled;	/* unusable candidates, also those made so
				 * before */
	uint16_t odd;		/* candidate lines that cannot be read;
				 * unchanged */
	uint8_t payloads_dropped;
} ice_media;

enum {
	ICE_MEDIA_MAX = 32,	/* m= lines of all parts together */
	ICE_IDS_MAX = 8,	/* draft-06 relays that are reported */
};

/* The limits of a body. */
typedef enum ice_limit {
	ICE_WITHIN,
	ICE_OVER_PARTS,
	ICE_OVER_DEPTH,		/* nested multipart bodies */
	ICE_OVER_MEDIA,		/* m= lines of one part */
	ICE_OVER_ALL_MEDIA,
	ICE_OVER_CANDS,		/* of one part */
	ICE_OVER_ADDRS,		/* of relays, or of others */
} ice_limit;

typedef struct ice_report {
	unsigned n;
	ice_media media[ICE_MEDIA_MAX];
	bool escaped;		/* in some section */
	bool unforced;		/* a recorded stream has candidates, no relay */
	bool opaque;		/* an SDP part in base64 or the like:
				 * unchanged */
	/* Candidate-ids of draft-06 lines that are relays, each once, without
	 * padding; they point into the body. */
	span relay_id[ICE_IDS_MAX];
	unsigned n_ids;
	const char *why;	/* of ICE_MALFORMED, static; else NULL */
	ice_limit over;		/* the limit that caused it */
} ice_report;

/* ANY. `report` is overwritten. */
MUST_CHECK ice_verdict ice_rewrite(const ice_plan *plan, span content_type,
				   span body, put *out, ice_report *report);
