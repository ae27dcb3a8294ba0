/* sdp.h - parses session descriptions into call halves (RFC 4566, 3264, 3605,
 * 4568, 5245, 5761; MS-SDPEXT). Line parsers are pure; only tap_sdp_read()
 * allocates, for the half. */
#pragma once
#include "core/call.h"
#include "signaling_tap/counter.h"
#include "signaling_tap/digest.h"

enum {
	TAP_SDP_MEDIA_MAX = 32,	/* m= lines in all parts together */
	TAP_SDP_CANDS_MAX = 128,	/* of one m= line */
	TAP_SDP_PAYLOADS_MAX = 64,
	TAP_SDP_CRYPTOS_MAX = 32,
	TAP_SDP_SSRCS_MAX = 32,
	TAP_SDP_DEPTH_MAX = 3,	/* nested multipart bodies */
};

typedef enum tap_sdp_verdict {
	TAP_SDP_OK,
	TAP_SDP_NONE,	/* the body has no session description */
	TAP_SDP_BAD,	/* it has one that cannot be used */
} tap_sdp_verdict;

/* What a body contains besides its half. */
typedef struct tap_sdp_about {
	tap_digest version;	/* of what rewriting does not change: o=, media
				 * kinds, ufrags and keys */
	tap_digest body;	/* of the whole body */
	bool audio, video, sharing, message, other;
	bool held;		/* no audio stream allows the other side to
				 * send */
	bool mismatch;		/* a=ice-mismatch */
	bool multipart;
	bool fragment;		/* no description, but candidates for one */
} tap_sdp_about;

/* Adds all m= lines of all SDP parts of a body to `half`, those of the primary
 * part first, as part 0. Lines that cannot be read, or exceed a limit, are left
 * out and counted. After a failure `half` may contain some of it. */
MUST_CHECK tap_sdp_verdict tap_sdp_read(span content_type, span body,
					call_half *half, tap_sdp_about *about,
					tap_counters *count);

/* The value of an a=crypto or a=cryptoscale line (RFC 4568 9.1). */
typedef struct tap_crypto_line {
	call_crypto common;	/* tag, scale, suite */
	span keys;		/* "inline:...;inline:..." */
} tap_crypto_line;

MUST_CHECK bool tap_crypto_read(span value, bool scale, tap_crypto_line *out);
/* The next key of the line. False at the end and if malformed; then `l->keys`
 * is not empty. */
MUST_CHECK bool tap_crypto_next(tap_crypto_line *l, call_crypto *out);
