/* srtp_lib.h - the same transform by libsrtp2, as an alternative whose cost
 * grows with the number of streams. */
#pragma once
#include "core/secret.h"
#include "decoder/suite.h"

typedef struct dec_srtp_lib dec_srtp_lib;

/* NULL if libsrtp2 does not support the suite. */
dec_srtp_lib *dec_srtp_lib_new(const dec_suite *s, const secret *master);
/* NULL is fine. */
void dec_srtp_lib_free(dec_srtp_lib *l);

/* Like dec_srtp_open_rtp() and _rtcp(), for a packet that is already cut up. */
MUST_CHECK bool dec_srtp_lib_rtp(dec_srtp_lib *l, const dec_parts *p,
				 const dec_rtp *h, uint32_t roc, uint8_t *out,
				 size_t *n);
MUST_CHECK bool dec_srtp_lib_rtcp(dec_srtp_lib *l, const dec_parts *p,
				  uint8_t *out, size_t *n);
