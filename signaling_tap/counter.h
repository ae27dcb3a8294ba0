/* counter.h - everything the tap counts, and the names operators read. */
#pragma once
#include <stdint.h>

#define TAP_COUNTERS(X) \
	X(MESSAGES, "messages") \
	X(REQUESTS, "requests") \
	X(RESPONSES, "responses") \
	X(PASSED, "passed") \
	X(REWRITTEN, "rewritten") \
	X(REFUSED, "refused") \
	X(LATE, "late") \
	X(REPEATED, "repeated") \
	X(STRAY, "stray") \
	X(CALLS, "calls") \
	X(CALLS_RECORDED, "calls-recorded") \
	X(CALLS_TIMED_OUT, "calls-timed-out") \
	X(LATE_HALVES, "late-halves") \
	X(CALLS_OVER_LIMIT, "calls-over-limit") \
	X(CALL_ID_TOO_LONG, "call-id-too-long") \
	X(TAG_TOO_LONG, "tag-too-long") \
	X(FACTS_CUT, "facts-cut") \
	X(FORKS_OVER_LIMIT, "forks-over-limit") \
	X(RELAYS_OVER_LIMIT, "relays-over-limit") \
	X(STREAMS_OVER_LIMIT, "streams-over-limit") \
	X(INSTANT_MESSAGES, "instant-messages") \
	X(IM_SESSIONS, "im-sessions") \
	X(NO_RELAY, "no-relay") \
	X(ESCAPED, "escaped") \
	X(NOT_REWRITABLE, "not-rewritable") \
	X(REWRITE_PARTS, "rewrite-parts-over-limit") \
	X(REWRITE_DEPTH, "rewrite-depth-over-limit") \
	X(REWRITE_MEDIA, "rewrite-media-over-limit") \
	X(REWRITE_ALL_MEDIA, "rewrite-all-media-over-limit") \
	X(REWRITE_CANDS, "rewrite-candidates-over-limit") \
	X(REWRITE_ADDRS, "rewrite-addresses-over-limit") \
	X(REWRITE_NO_ROOM, "rewritten-too-long") \
	X(SIP_SHORT, "sip-short") \
	X(SIP_TRUNCATED, "sip-truncated") \
	X(SIP_BAD_START, "sip-bad-start") \
	X(SIP_BAD_HEADER, "sip-bad-header") \
	X(SIP_BAD_VALUE, "sip-bad-value") \
	X(SIP_MISSING, "sip-missing") \
	X(SIP_DUPLICATE, "sip-duplicate") \
	X(SIP_LINE_TOO_LONG, "sip-line-too-long") \
	X(SIP_TOO_LONG, "sip-too-long") \
	X(SIP_TOO_MANY, "sip-too-many") \
	X(SDP_BAD, "sdp-bad") \
	X(SDP_MEDIA, "sdp-media-over-limit") \
	X(SDP_CANDS, "sdp-candidates-over-limit") \
	X(SDP_PAYLOADS, "sdp-payloads-over-limit") \
	X(SDP_CRYPTOS, "sdp-cryptos-over-limit") \
	X(SDP_SSRCS, "sdp-ssrcs-over-limit") \
	X(SDP_PARTS, "sdp-parts-over-limit") \
	X(SDP_DEPTH, "sdp-depth-over-limit") \
	X(CRYPTO_BAD, "crypto-bad") \
	X(CANDIDATE_BAD, "candidate-bad") \
	X(HEP_FRAMES, "hep-frames") \
	X(HEP_BAD, "hep-bad") \
	X(HEP_NOT_SIP, "hep-not-sip") \
	X(HEP_KEY, "hep-wrong-key") \
	X(HEP_VERSION, "hep-version") \
	X(HEP_SKEW, "hep-clock-skew") \
	X(HEARTBEATS, "heartbeats") \
	X(PEERS, "peers") \
	X(PEERS_REFUSED, "peers-refused") \
	X(PEERS_OVER_LIMIT, "peers-over-limit") \
	X(HANDSHAKES_SLOW, "handshakes-too-slow") \
	X(NAMES_OVER_LIMIT, "names-over-limit")

typedef enum tap_counter {
#define X(id, name) TAP_N_##id,
	TAP_COUNTERS(X)
#undef X
	TAP_COUNTER_COUNT,
} tap_counter;

typedef struct tap_counters {
	uint64_t n[TAP_COUNTER_COUNT];
} tap_counters;
