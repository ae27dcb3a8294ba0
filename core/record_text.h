/* record_text.h - texts, flags and addresses in the payloads of records;
 * private to record.c and record_half.c. */
#pragma once
#include <glib.h>

#include "core/addr.h"
#include "core/put.h"

/* Text on the way in and out: a 16-bit length, then the octets. */
static inline void put_text(put *o, span s)
{
	size_t n = MIN(s.left, UINT16_MAX);

	put_u16(o, (uint16_t)n);
	put_bytes(o, s.p, n);
}

static inline void put_str(put *o, const char *s)
{
	put_text(o, span_str(s));
}

MUST_CHECK static inline bool get_text(span *in, span *out)
{
	uint16_t n;

	return span_u16(in, &n) && span_cut(in, n, out);
}

/* False if the text does not fit; text that we wrote always does. */
MUST_CHECK static inline bool get_str(span *in, char *to, size_t size)
{
	span s;

	if (!get_text(in, &s) || s.left >= size)
		return false;
	span_copy(s, to, size);
	return true;
}

MUST_CHECK static inline bool get_bool(span *in, bool *v)
{
	uint8_t b;

	if (!span_u8(in, &b) || b > 1)
		return false;
	*v = b;
	return true;
}

static inline void put_addr(put *o, const net_addr *a)
{
	put_u8(o, a->family);
	put_u16(o, a->port);
	put_bytes(o, a->ip, sizeof(a->ip));
}

MUST_CHECK static inline bool get_addr(span *in, net_addr *a)
{
	return span_u8(in, &a->family) && span_u16(in, &a->port) &&
	       span_bytes(in, a->ip, sizeof(a->ip)) &&
	       (a->family == 0 || a->family == 4 || a->family == 6);
}
