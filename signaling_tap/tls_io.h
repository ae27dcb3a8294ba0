/* tls_io.h - the TLS side of the listener: what we show, whom we trust. */
#pragma once
#include <openssl/ssl.h>

#include "signaling_tap/server.h"

/* TLS 1.2 and up, a client certificate is demanded, no resumption: a peer is
 * judged by its certificate each time. NULL on failure, which names the file.
 * Free with SSL_CTX_free(). */
SSL_CTX *tap_tls_context(const tap_server_config *cfg, GError **err);
/* One of `allow` is a subject alternative name (DNS, IP or URI) of the
 * certificate; wildcards stand for nothing. True when `allow` is NULL. */
bool tap_tls_allowed(X509 *cert, const char *const *allow);
typedef enum tap_tls_what {
	TAP_TLS_OWN,	/* our certificate */
	TAP_TLS_CA,	/* of several the first to expire */
	TAP_TLS_CRL,	/* its next edition: without it no peer gets in */
	TAP_TLS_WHATS,
} tap_tls_what;

/* Whole days that it is still valid; negative after, INT_MAX without one. */
int tap_tls_days_left(SSL_CTX *ctx, tap_tls_what what);
/* "CN=fe1,O=..." as RFC 2253 has it. Free with g_free(). */
char *tap_tls_subject(X509 *cert);
/* The oldest OpenSSL error of this thread, whose queue is then empty. */
const char *tap_tls_problem(void);
