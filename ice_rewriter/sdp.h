/* sdp.h - one SDP as the rewriter sees it (RFC 4566 5): lines, m-sections,
 * default destinations, candidates. Everything points into the text. */
#pragma once
#include "core/candidate.h"
#include "ice_rewriter/known.h"
#include "ice_rewriter/payload.h"
#include "ice_rewriter/pen.h"

enum {
	ICE_SECTION_MAX = 16,	/* m= lines of one SDP */
	ICE_BUNDLE_MAX = 4,	/* a=group:BUNDLE of one SDP; more are none */
	ICE_CAND_MAX = 256,	/* candidate lines of one SDP */
};

/* The attributes that matter here, in upper or lower case. */
typedef enum ice_attr {
	ICE_A_NONE,		/* another one, or no a= line at all */
	ICE_A_CANDIDATE,	/* also x-candidate-ipv6 */
	ICE_A_RTCP,
	ICE_A_RTPMAP,
	ICE_A_FMTP,
	ICE_A_RTCP_FB,
	ICE_A_CAPS,
	ICE_A_CRYPTO,
	ICE_A_CRYPTOSCALE,
	ICE_A_BYPASSID,
	ICE_A_REMOTES,		/* remote-candidates, RFC 5245 */
	ICE_A_REMOTE,		/* remote-candidate, draft-06 */
	ICE_A_MISMATCH,
	ICE_A_MID,
	ICE_A_GROUP,
} ice_attr;

typedef struct ice_line {
	span raw;	/* with its line end */
	span text;	/* without */
	uint8_t type;	/* 'm', 'c', 'a'...; 0 if it is no "x=" line */
	uint8_t attr;	/* ice_attr */
	span value;	/* after "m=", "c=" or "a=name:" */
} ice_line;

MUST_CHECK bool ice_line_next(span *in, ice_line *out);

/* "IN IP4 192.0.2.1", the value of c= and the tail of a=rtcp. */
typedef struct ice_conn {
	span family;	/* the word "IP4" */
	span host;
	net_addr ip;	/* family 0: absent, a host name or a multicast */
} ice_conn;

MUST_CHECK bool ice_conn_parse(span value, ice_conn *out);

/* a=rtcp (RFC 3605 2.1) */
typedef struct ice_rtcp {
	span port;	/* empty: no such line */
	uint16_t number;
	ice_conn conn;	/* host empty: the address of c= */
} ice_rtcp;

MUST_CHECK bool ice_rtcp_parse(span value, ice_rtcp *out);

/* The numbers of an m= line: "audio 50052/2 RTP/SAVP 9 0 8". */
typedef struct ice_mline {
	span kind;
	span port;	/* digits only */
	uint16_t number;
	span proto;
	span formats;
} ice_mline;

MUST_CHECK bool ice_mline_parse(span value, ice_mline *out);

/* A draft-06 candidate-id without the padding that some stacks leave. */
span ice_id_bare(span id);

typedef struct ice_cand {
	span id, addr, port;	/* as written in the line */
	net_addr at;		/* family 0 for a host name */
	uint8_t component;	/* 0: unreadable */
	uint8_t transport;	/* call_transport */
	bool odd;		/* unreadable: no field is set */
	bool draft06;
	bool relay;		/* by its type or by judgement */
} ice_cand;

/* The new default destination, set by ice_dest_plan(). */
typedef struct ice_move {
	const ice_cand *rtp, *rtcp;	/* NULL: stays */
	bool add_conn, add_rtcp;	/* by a line of their own */
} ice_move;

typedef struct ice_section {
	ice_mline m;
	uint8_t kind;		/* ICE_AUDIO... */
	bool has_m;		/* false: an SDP fragment before its m= */
	ice_conn conn;		/* first c= here; host empty when none */
	ice_rtcp rtcp;
	span remote;		/* value of a=remote-candidates */
	span remote_id;		/* value of a=remote-candidate */
	bool final;		/* has it, or draft-06's a=remote-candidate */
	bool crypto;		/* has an a=crypto */
	bool mismatch;		/* a=ice-mismatch */
	span mid;		/* RFC 5888 4 */
	unsigned first, n;	/* in ice_sdp.cand */
	ice_payloads payloads;

	/* What is to be done. */
	ice_state state;
	bool refuse;		/* m= port to 0, candidates removed */
	ice_pts drop;
	ice_move move;
} ice_section;

typedef struct ice_sdp {
	span text;
	bool fragment;		/* application/trickle-ice-sdpfrag */
	ice_conn conn;		/* of the session; host empty when none */
	bool move_conn;		/* to where `conn_to` is */
	const ice_cand *conn_to;
	bool edited;		/* some section is forced or final */
	span bundle[ICE_BUNDLE_MAX];	/* mids, as words */
	unsigned n, n_cand, n_bundles;
	ice_section section[ICE_SECTION_MAX];
	ice_cand cand[ICE_CAND_MAX];
} ice_sdp;

/* The constant text that says why a body beyond this limit is not handled. */
const char *ice_over(ice_limit l);

/* NULL, or why the text cannot be handled. `plan` is needed to judge draft-06
 * lines and payload types. */
MUST_CHECK const char *ice_sdp_read(ice_sdp *s, span text, bool fragment,
				    const ice_plan *plan, const ice_known *k);
