/* tlsview.h - a TLS connection read by someone beside it who has its secrets.
 * Nothing is decrypted that does not authenticate. Pure but for OpenSSL. */
#pragma once
#include <glib.h>

#include "signaling_tap/keylog.h"

typedef struct tap_tlsview tap_tlsview;

typedef enum tap_tls_state {
	TAP_TLS_FINE,
	/* The connection is given up; nothing of it was read from then on. */
	TAP_TLS_NO_KEY,		/* the key log does not know it */
	TAP_TLS_UNKNOWN,	/* its cipher suite or version */
	TAP_TLS_LATE,		/* its beginning was not seen */
	TAP_TLS_REFUSED,	/* a record did not open with its key */
	TAP_TLS_TORN,		/* octets of it are not there */
	TAP_TLS_BAD,		/* no TLS */
	TAP_TLS_STATES
} tap_tls_state;

/* `keys` outlives it; NULL: none. Free with tap_tlsview_free(). */
tap_tlsview *tap_tlsview_new(const tap_keylog *keys);
void tap_tlsview_free(tap_tlsview *v);
/* What one end (0 or 1) sent next. Whole records are eaten from `in`; what
 * they hold for the application is appended to `plain`. */
tap_tls_state tap_tlsview_feed(tap_tlsview *v, unsigned end, span *in,
			       GByteArray *plain);
/* As IANA registered them; 0 before both hellos were seen. */
uint16_t tap_tlsview_suite(const tap_tlsview *v);
uint16_t tap_tlsview_version(const tap_tlsview *v);
/* A TLS record, as far as its first octets tell. */
bool tap_tls_begins(span in);
