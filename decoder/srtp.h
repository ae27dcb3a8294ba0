/* srtp.h - the receiving SRTP transform (RFC 3711, 6188, 7714) for one key.
 *
 * It has no state per stream: the caller gives the rollover counter to assume,
 * so that a wrong one can be tried without harm. Per packet nothing is
 * allocated, fetched or expanded, except for a key derivation rate; a key costs
 * the same however many streams use it. */
#pragma once
#include "core/secret.h"
#include "decoder/suite.h"

typedef struct dec_srtp dec_srtp;

/* Derives the session keys (RFC 3711 4.3), again for each 2^kdr packets if kdr
 * is not 0 (RFC 4568 6.3.1). NULL if the key has another length than the
 * suite's. `libsrtp`: let libsrtp2 do the work, which supports no kdr. */
dec_srtp *dec_srtp_new(const dec_suite *s, const secret *master, uint8_t kdr,
		       bool libsrtp);
/* NULL is fine. Keys are wiped. */
void dec_srtp_free(dec_srtp *k);

/* True if the packet authenticates under rollover counter `roc`; then `out`
 * (with room for the whole packet) has the plain packet and *n its length.
 * `mki` octets before or after the tag are taken for the MKI. */
MUST_CHECK bool dec_srtp_open_rtp(dec_srtp *k, span packet, const dec_rtp *h,
				  size_t mki, uint32_t roc, uint8_t *out,
				  size_t *n);
/* The same for SRTCP, which carries its own index (*index, 31 bits). */
MUST_CHECK bool dec_srtp_open_rtcp(dec_srtp *k, span packet, size_t mki,
				   uint8_t *out, size_t *n, uint32_t *index);

/* The same from session keys, as the RFCs' packet vectors give them. */
struct dec_session;
dec_srtp *dec_srtp_new_session(const dec_suite *s,
			       const struct dec_session *rtp,
			       const struct dec_session *rtcp);
