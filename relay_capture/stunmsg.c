#include "relay_capture/stunmsg.h"

static const uint8_t ms_cookie[8] = {0x00, 0x0f, 0x00, 0x04,
				     0x72, 0xc6, 0x4b, 0xc6};

/* MS-TURN 2.2.1: the magic cookie is the first attribute. */
static bool has_ms_cookie(span attrs)
{
	return attrs.left >= sizeof(ms_cookie) &&
	       !memcmp(attrs.p, ms_cookie, sizeof(ms_cookie));
}

/* draft-06 checks lack RFC 5389's cookie; what they must have is a USERNAME
 * or, in the answer, a mapped address. */
static bool is_old_check(const relay_stun *m)
{
	relay_attr first;
	span look = m->attrs;

	if (m->type != RELAY_STUN_CHECK && m->type != RELAY_STUN_CHECK_OK &&
	    m->type != 0x0111)
		return false;
	return relay_attr_next(&look, true, &first) == RELAY_OK &&
	       first.type != 0;
}

relay_verdict relay_stun_get(span *in, relay_stun *out)
{
	span s = *in, look;
	uint32_t cookie;
	uint16_t len;

	if (!span_u16(&s, &out->type) || !span_u16(&s, &len) ||
	    !span_cut(&s, 16, &out->id))
		return RELAY_SHORT;
	if (out->type >= 0x4000)
		return RELAY_FOREIGN;
	look = out->id;
	if (!span_u32(&look, &cookie))
		return RELAY_SHORT;
	if (!span_cut(&s, len, &out->attrs))
		return cookie == RELAY_STUN_COOKIE ? RELAY_SHORT
						   : RELAY_FOREIGN;
	out->ms = has_ms_cookie(out->attrs);
	if (!out->ms && cookie != RELAY_STUN_COOKIE && !is_old_check(out))
		return RELAY_FOREIGN;
	*in = s;
	return RELAY_OK;
}

/* RFC 5389 15: values are padded to 4 octets. MS-TURN 2.2.2: they are not. */
relay_verdict relay_attr_next(span *in, bool padded, relay_attr *out)
{
	span s = *in, pad;
	uint16_t len;

	if (!span_u16(&s, &out->type) || !span_u16(&s, &len) ||
	    !span_cut(&s, len, &out->value))
		return RELAY_SHORT;
	if (padded && !span_cut(&s, -(unsigned)len & 3u, &pad))
		return RELAY_SHORT;
	*in = s;
	return RELAY_OK;
}

static relay_verdict find(span attrs, bool padded, uint16_t type, span *value)
{
	relay_verdict v;
	relay_attr a;

	while (attrs.left) {
		v = relay_attr_next(&attrs, padded, &a);
		if (v != RELAY_OK)
			return v;
		if (a.type == type) {
			*value = a.value;
			return RELAY_OK;
		}
	}
	return RELAY_FOREIGN;
}

relay_verdict relay_attr_find(const relay_stun *m, uint16_t type, span *value)
{
	return find(m->attrs, !m->ms, type, value);
}

/* RFC 5389 15.1 and 15.2. */
relay_verdict relay_attr_addr(span value, const relay_stun *m, bool x,
			      net_addr *out)
{
	uint8_t family, ip[16];
	uint16_t port;
	size_t n;

	if (!span_skip(&value, 1) || !span_u8(&value, &family) ||
	    !span_u16(&value, &port))
		return RELAY_SHORT;
	if (family != 1 && family != 2)
		return RELAY_BAD;
	n = family == 1 ? 4 : 16;
	if (!span_bytes(&value, ip, n))
		return RELAY_SHORT;
	if (x) {
		for (size_t i = 0; i < n; i++)
			ip[i] ^= m->id.p[i];
		port ^= (uint16_t)(m->id.p[0] << 8 | m->id.p[1]);
	}
	net_addr_set(out, family == 1 ? 4 : 6, ip, port);
	return RELAY_OK;
}

relay_verdict relay_stun_username(const relay_stun *m, span *out)
{
	/* MS-ICE2's candidate identifier is not padded, so that the padded
	 * walk may end before it has met a USERNAME behind. */
	if (find(m->attrs, true, RELAY_ATTR_USERNAME, out) != RELAY_OK &&
	    find(m->attrs, false, RELAY_ATTR_USERNAME, out) != RELAY_OK)
		return RELAY_FOREIGN;
	while (out->left && out->p[out->left - 1] == 0)
		out->left--;
	return out->left ? RELAY_OK : RELAY_BAD;
}

static bool is_component(span s)
{
	return s.left == 3 && s.p[0] == ':' && s.p[1] >= '1' &&
	       s.p[1] <= '9' && s.p[2] == ':';
}

/* to ":" component ":" from ":" component */
static bool split_old(span name, span *to, span *from)
{
	size_t half = (name.left - 5) / 2;
	span sep, last;
	uint8_t colon;

	if (name.left < 21 || name.left % 2 == 0)
		return false;
	return span_cut(&name, half, to) && span_cut(&name, 3, &sep) &&
	       is_component(sep) && span_cut(&name, half, from) &&
	       span_cut(&name, 2, &last) && span_u8(&last, &colon) &&
	       colon == ':';
}

relay_verdict relay_username_split(span name, span *to, span *from)
{
	if (split_old(name, to, from))
		return RELAY_OK;
	if (!span_until(&name, ':', to) || !to->left || !name.left)
		return RELAY_BAD;
	*from = name;
	return RELAY_OK;
}
