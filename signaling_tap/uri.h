/* uri.h - SIP and tel URIs and the name-addr around them (RFC 3261 19.1, 20.10,
 * 25.1; RFC 3966). Pure; all spans point into the input. */
#pragma once
#include "core/span.h"

typedef struct tap_uri {
	span scheme;	/* "sip", "sips", "tel" in any case */
	span user;	/* without password; of tel: the number */
	span host;	/* "" for tel; an IPv6 reference with its brackets */
	span params;	/* after the first ';', headers excluded */
	span headers;	/* after '?' */
} tap_uri;

typedef struct tap_nameaddr {
	span name;	/* without the quotes; escapes are kept */
	span uri;	/* as written */
	span params;	/* of the header field, after the first ';' */
} tap_nameaddr;

/* False for other schemes and for what is not a URI. */
MUST_CHECK bool tap_uri_parse(span text, tap_uri *out);
/* The next of a comma-separated list. False at the end and if malformed. */
MUST_CHECK bool tap_nameaddr_next(span *in, tap_nameaddr *out);
/* Value of ";name=value" in `params`, without quotes; empty for a bare ";name".
 * False if absent. */
MUST_CHECK bool tap_param_find(span params, const char *name, span *value);

/* The canonical form of an identity: "sip:user@host" in lower case, sips as
 * sip; "tel:+4930123" without visual separators. Cut to `size`; "" if the URI
 * is not understood. */
void tap_uri_canonical(const tap_uri *u, char *to, size_t size);
/* "tel:+..." for a tel URI or a sip URI that stands for a number (user=phone,
 * or the user begins with '+' and digits); otherwise "". */
void tap_uri_number(const tap_uri *u, char *to, size_t size);
