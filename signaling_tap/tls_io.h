/* tls_io.h - the TLS side of the listener: our certificate, and whom we
 * trust. */
#pragma once
#include <openssl/ssl.h>

#include "signaling_tap/server.h"

/* TLS 1.2 or later, with a client certificate and without resumption, so that a
 * peer is judged by its certificate each time. NULL on failure, which names the
 * file. Free with SSL_CTX_free(). */
SSL_CTX *tap_tls_context(const tap_server_config *cfg, GError **err);
/* Whether one of `allow` is a subject alternative name (DNS, IP or URI) of the
 * certificate; wildcards do not match. True if `allow` is NULL. */
bool tap_tls_allowed(X509 *cert, const char *const *allow);
typedef enum tap_tls_what {
	TAP_TLS_OWN,	/* our certificate */
	TAP_TLS_CA,	/* the first of several to expire */
	TAP_TLS_CRL,	/* its next update; after that no peer is accepted */
	TAP_TLS_WHATS,
} tap_tls_what;

/* Whole days for which it is still valid; negative afterwards, INT_MAX if there
 * is none. */
int tap_tls_days_left(SSL_CTX *ctx, tap_tls_what what);
/* "CN=fe1,O=..." as in RFC 2253. Free with g_free(). */
char *tap_tls_subject(X509 *cert);
/* The oldest OpenSSL error of this thread; empties the queue. */
const char *tap_tls_problem(void);
