/* tlskey.h - decrypts the records of one direction of a TLS connection whose
 * secrets are known: RFC 2246, 4346, 5246 (CBC with HMAC, also
 * encrypt-then-MAC, RFC 7366; GCM, RFC 5288; ChaCha20, RFC 7905) and RFC
 * 8446. */
#pragma once
#include "core/secret.h"

enum {
	TAP_TLS_RANDOM = 32,
	TAP_TLS_RECORD_MAX = 16384 + 2048,	/* RFC 5246 6.2.3 */
	TAP_TLS_10 = 0x0301,
	TAP_TLS_11 = 0x0302,
	TAP_TLS_12 = 0x0303,
	TAP_TLS_13 = 0x0304,
};

typedef struct tap_tls_key tap_tls_key;

/* What the two hellos agreed on. */
typedef struct tap_tls_terms {
	uint16_t version;	/* TAP_TLS_ */
	uint16_t suite;		/* as registered by IANA */
	bool mac_last;		/* encrypt-then-MAC was negotiated */
	uint8_t client[TAP_TLS_RANDOM], server[TAP_TLS_RANDOM];
} tap_tls_terms;

/* False: suite or version is not supported. */
bool tap_tls_known(const tap_tls_terms *t);
/* Up to TLS 1.2 from the master secret; in TLS 1.3 from the secret of this
 * direction and stage. NULL if unsupported, or if the secret has another
 * length. Free with tap_tls_key_free(), which wipes. */
tap_tls_key *tap_tls_key_new(const tap_tls_terms *t, const secret *s,
			     bool from_server);
void tap_tls_key_free(tap_tls_key *k);
/* Decrypts the next record of the direction into `out`, which holds
 * TAP_TLS_RECORD_MAX octets; `type` becomes the inner type. False if it does
 * not authenticate; then nothing has changed. */
MUST_CHECK bool tap_tls_key_open(tap_tls_key *k, uint8_t *type,
				 uint16_t version, span record, uint8_t *out,
				 size_t *n);
/* RFC 8446 7.2: the sender sent KeyUpdate. */
void tap_tls_key_update(tap_tls_key *k);
