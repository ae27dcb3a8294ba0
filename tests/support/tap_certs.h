/* tap_certs.h - certificates made for one test run, and a TLS client. */
#pragma once
#include <glib.h>
#include <openssl/ssl.h>

/* A directory of PEM files: ca, server, good, wrongname, expired, revoked
 * (each with .crt and .key), other (signed by otherca), crl.pem. Made once;
 * the directory goes at tap_certs_clear(). */
const char *tap_certs_dir(void);
void tap_certs_clear(void);
/* A server certificate with so many whole days left, as "left.crt" and
 * "left.key". */
void tap_certs_left(int days);
/* "DIR/NAME", lent for the life of the process. */
const char *tap_certs_file(const char *name);

/* Refusals and expiry are logged as warnings, which GTest takes for errors. */
void tap_certs_quiet(void);
/* How many warnings and what is worse there were since tap_certs_quiet(). */
int tap_certs_warnings(void);

/* A blocking client that shows `cert` (NULL: none). NULL when nobody
 * listens or the handshake fails at once; with TLS 1.3 a refusal shows at the
 * first read. */
SSL *tap_client_new(guint16 port, const char *cert, int max_version);
void tap_client_free(SSL *ssl);
