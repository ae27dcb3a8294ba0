/* tlsview.h - reads a captured TLS connection whose secrets are known. Nothing
 * is passed on that does not authenticate. Pure except for OpenSSL. */
#pragma once
#include <glib.h>

#include "signaling_tap/keylog.h"

typedef struct tap_tlsview tap_tlsview;

typedef enum tap_tls_state {
	TAP_TLS_FINE,
	/* Why a connection was given up; nothing was read from then on. */
	TAP_TLS_NO_KEY,		/* its keys are not in the key log */
	TAP_TLS_UNKNOWN,	/* unsupported cipher suite or version */
	TAP_TLS_LATE,		/* its beginning was not seen */
	TAP_TLS_REFUSED,	/* a record did not decrypt with its key */
	TAP_TLS_TORN,		/* octets of it are missing */
	TAP_TLS_BAD,		/* not TLS */
	TAP_TLS_STATES
} tap_tls_state;

/* `keys` must outlive it; NULL: none. Free with tap_tlsview_free(). */
tap_tlsview *tap_tlsview_new(const tap_keylog *keys);
void tap_tlsview_free(tap_tlsview *v);
/* What one end (0 or 1) sent next. Complete records are consumed from `in`;
 * their application data is appended to `plain`. */
tap_tls_state tap_tlsview_feed(tap_tlsview *v, unsigned end, span *in,
			       GByteArray *plain);
/* As registered by IANA; 0 before both hellos were seen. */
uint16_t tap_tlsview_suite(const tap_tlsview *v);
uint16_t tap_tlsview_version(const tap_tlsview *v);
/* Whether this looks like a TLS record, by its first octets. */
bool tap_tls_begins(span in);
