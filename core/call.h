/* call.h - what the stages tell each other about a call.
 *
 * The tap writes these as session records; capture arms its match tables with
 * them; render decodes by them. docs/journal.md has the bytes. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/addr.h"
#include "core/secret.h"
#include "core/span.h"

/* Who sent something: the party that sent the first INVITE, or the other
 * one. */
typedef enum call_side {
	CALL_CALLER,
	CALL_CALLEE,
	CALL_UNKNOWN,	/* capture could not tell; authentication will decide */
} call_side;

typedef enum call_cand_type {
	CALL_CAND_HOST,
	CALL_CAND_SRFLX,
	CALL_CAND_PRFLX,
	CALL_CAND_RELAY,
	CALL_CAND_UNTYPED,	/* a draft-06 line whose type is not decided
				 * yet */
} call_cand_type;

typedef enum call_transport {
	CALL_UDP,
	CALL_TCP_PASS,
	CALL_TCP_ACT,
	CALL_TCP_SO,
	CALL_TCP,		/* draft-06: both ways */
	CALL_TRANSPORT_OTHER,
} call_transport;

/* One a=candidate line (RFC 5245 15.1; draft-ietf-mmusic-ice-06 in Lync's
 * fallback part). */
typedef struct call_cand {
	uint8_t component;	/* 1 RTP, 2 RTCP */
	uint8_t type;		/* call_cand_type */
	uint8_t transport;	/* call_transport */
	bool draft06;
	uint32_t priority;	/* draft-06: q-value in thousandths */
	net_addr addr;
	net_addr raddr;		/* family 0 when absent */
	char id[44];		/* foundation, or the draft-06 candidate-id,
				 * which is the STUN username half */
} call_cand;

/* One payload type of an m= line (RFC 4566 6, a=rtpmap and a=fmtp). */
typedef struct call_payload {
	uint8_t pt;		/* 0..127 */
	uint8_t channels;	/* 1 unless the rtpmap says more */
	uint32_t clock;		/* Hz of the RTP timestamp, as written */
	char name[32];		/* encoding name as written, e.g. "PCMU" */
	char fmtp[192];		/* parameters after the payload type, or "" */
} call_payload;

enum { CALL_KDR_MAX = 24 };	/* RFC 4568 6.3.1 */

/* One key of one a=crypto line (RFC 4568 9.1). A line with several inline
 * keys makes several of these with one tag. */
typedef struct call_crypto {
	uint32_t tag;
	bool scale;		/* a=cryptoscale (MS-SDPEXT) */
	uint8_t mki_len;	/* octets of MKI in each packet, 0..4 kept */
	uint32_t mki;		/* big-endian value on the wire */
	char suite[32];		/* e.g. "AES_CM_128_HMAC_SHA1_80"; " KDR=n"
				 * behind it where keys last 2^n packets */
	secret key;		/* master key then salt; empty once redacted */
} call_crypto;

typedef struct call_ssrcs {
	uint32_t lo, hi;	/* a=x-ssrc-range, both inclusive */
} call_ssrcs;

typedef enum call_flow {
	CALL_SENDRECV,
	CALL_SENDONLY,
	CALL_RECVONLY,
	CALL_INACTIVE,
} call_flow;

/* One m= line as one side wrote it. */
typedef struct call_media {
	uint8_t index;		/* 0 for the first m= line of the SDP */
	uint8_t part;		/* 0, or the multipart part that contains it */
	uint8_t flow;		/* call_flow; c=0.0.0.0 counts as inactive */
	bool rtcp_mux;
	bool record;		/* the decision covers this stream */
	char kind[24];		/* "audio", "video", "applicationsharing" */
	char proto[24];		/* "RTP/SAVP", "TCP/RTP/SAVP" */
	char label[24];		/* a=label or "" */
	net_addr rtp;		/* c= and m=; port 0: stream refused */
	net_addr rtcp;		/* a=rtcp or rtp + 1 */
	char ufrag[260];	/* RFC 5245 15.4, or "" */
	GArray *cands;		/* of call_cand */
	GArray *payloads;	/* of call_payload, in m= order */
	GArray *cryptos;	/* of call_crypto, in line order */
	GArray *ssrcs;		/* of call_ssrcs */
} call_media;

/* One side's half of an offer/answer exchange. */
typedef struct call_half {
	uint32_t serial;	/* 1, 2, ... in the call; keys refer to it */
	uint8_t side;		/* call_side that wrote the SDP */
	bool answer;		/* false: it is an offer */
	bool early;		/* in a provisional response */
	char branch[128];	/* To-tag of the fork, "" in the first INVITE */
	GPtrArray *media;	/* of call_media, owned */
} call_half;

/* Free with call_half_free(); keys are wiped. */
call_half *call_half_new(void);
void call_half_free(call_half *h);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(call_half, call_half_free)
/* Adds an empty m= line, owned by the half, and returns it. */
call_media *call_half_add_media(call_half *h);
/* Another m= line has the same transport (RFC 8843): its ufrag, or where there
 * is none, its port. */
bool call_media_shares(const call_half *h, const call_media *m);

#define CALL_CAND(m, i) (&g_array_index((m)->cands, call_cand, i))
#define CALL_PAYLOAD(m, i) (&g_array_index((m)->payloads, call_payload, i))
#define CALL_CRYPTO(m, i) (&g_array_index((m)->cryptos, call_crypto, i))
#define CALL_SSRCS(m, i) (&g_array_index((m)->ssrcs, call_ssrcs, i))
#define CALL_MEDIA(h, i) ((call_media *)g_ptr_array_index((h)->media, i))
