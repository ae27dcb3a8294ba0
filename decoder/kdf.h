/* kdf.h - session keys from a master key (RFC 3711 4.3, RFC 6188 3, RFC 7714
 * 11). */
#pragma once
#include "core/secret.h"
#include "decoder/suite.h"

enum { DEC_KEY_MAX = 32, DEC_SALT_MAX = 14, DEC_AUTH_KEY = 20 };

typedef struct dec_session {
	uint8_t key[DEC_KEY_MAX];
	uint8_t auth[DEC_AUTH_KEY];
	uint8_t salt[DEC_SALT_MAX];
} dec_session;

/* Of SRTP or SRTCP, where index / key derivation rate is `r` (0 where there is
 * no rate). False when the master key and salt are not as long as the suite's.
 * The caller wipes `out`. */
MUST_CHECK bool dec_kdf(const dec_suite *s, const secret *master, bool rtcp,
			uint64_t r, dec_session *out);
