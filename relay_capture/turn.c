#include "relay_capture/turn.h"

enum {
	DEPTH = 3,		/* FF10, indication, media */
	RTP_MIN = 12,
	RTCP_MIN = 8,
};

static void peel(span in, bool stream, int depth, relay_unit *out);

static bool is_rtcp(uint8_t second)
{
	return second >= 192 && second <= 223;	/* RFC 5761 4 */
}

static void media(span in, relay_unit *out)
{
	size_t min = in.left > 1 && is_rtcp(in.p[1]) ? RTCP_MIN : RTP_MIN;

	out->what = in.left < min ? RELAY_WHAT_OTHER : RELAY_WHAT_MEDIA;
	out->inner = in;
}

/* RFC 5766 11.4. On UDP there may be padding behind. */
static void channel(span in, bool stream, int depth, relay_unit *out)
{
	uint16_t number, len;
	span data;

	if (!span_u16(&in, &number) || !span_u16(&in, &len) ||
	    !span_cut(&in, len, &data)) {
		out->what = RELAY_WHAT_BAD;
		return;
	}
	if (out->wrap == RELAY_WRAP_NONE) {
		out->wrap = RELAY_WRAP_CHANNEL;
		out->channel = number;
	}
	peel(data, stream, depth + 1, out);
}

/* MS-TURN 2.2.3: FF10, length of what follows, session, data. */
static void session(span in, bool stream, int depth, relay_unit *out)
{
	uint16_t len;
	span body;

	if (!span_skip(&in, 2) || !span_u16(&in, &len) ||
	    !span_cut(&in, len, &body) || !span_u64(&body, &out->session_id)) {
		out->what = RELAY_WHAT_BAD;
		return;
	}
	out->session = true;
	peel(body, stream, depth + 1, out);
}

/* Send and Data indications of both dialects. */
static void indication(const relay_stun *m, relay_wrap wrap, uint16_t who,
		       bool stream, int depth, relay_unit *out)
{
	net_addr peer;
	span addr, data;

	out->what = RELAY_WHAT_BAD;
	if (relay_attr_find(m, who, &addr) != RELAY_OK ||
	    relay_attr_addr(addr, m, !m->ms, &peer) != RELAY_OK)
		return;
	if (out->wrap == RELAY_WRAP_NONE) {
		out->wrap = (uint8_t)wrap;
		out->peer = peer;
	}
	if (relay_attr_find(m, RELAY_ATTR_DATA, &data) != RELAY_OK)
		out->what = RELAY_WHAT_CONTROL;
	else
		peel(data, stream, depth + 1, out);
}

static void news(const relay_stun *m, relay_news kind, uint16_t attr, bool x,
		 relay_unit *out)
{
	span addr;

	if (relay_attr_find(m, attr, &addr) == RELAY_OK &&
	    relay_attr_addr(addr, m, x, &out->peer) == RELAY_OK)
		out->news = (uint8_t)kind;
}

/* MS-TURN 2.2.1: its cookie decides what a type means. */
static void control_ms(const relay_stun *m, bool stream, int depth,
		       relay_unit *out)
{
	switch (m->type) {
	case RELAY_STUN_MS_SEND:
		indication(m, RELAY_WRAP_SEND, RELAY_ATTR_MS_DESTINATION,
			   stream, depth, out);
		break;
	case RELAY_STUN_MS_DATA:
		indication(m, RELAY_WRAP_DATA, RELAY_ATTR_PEER, stream, depth,
			   out);
		break;
	case RELAY_STUN_MS_ACTIVE:
		news(m, RELAY_NEWS_PEER, RELAY_ATTR_MS_DESTINATION, false, out);
		break;
	case RELAY_STUN_ALLOCATE_OK:
		/* The mapped address is the relayed one in this dialect. */
		news(m, RELAY_NEWS_RELAYED, RELAY_ATTR_MAPPED, false, out);
		break;
	}
}

static void control_rfc(const relay_stun *m, bool stream, int depth,
			relay_unit *out)
{
	switch (m->type) {
	case RELAY_STUN_SEND:
		indication(m, RELAY_WRAP_SEND, RELAY_ATTR_PEER, stream, depth,
			   out);
		break;
	case RELAY_STUN_DATA:
		indication(m, RELAY_WRAP_DATA, RELAY_ATTR_PEER, stream, depth,
			   out);
		break;
	case RELAY_STUN_BIND:
		news(m, RELAY_NEWS_PEER, RELAY_ATTR_PEER, true, out);
		break;
	case RELAY_STUN_ALLOCATE_OK:
		news(m, RELAY_NEWS_RELAYED, RELAY_ATTR_RELAYED, true, out);
		break;
	}
}

static void stun(span in, bool stream, int depth, relay_unit *out)
{
	relay_verdict v;
	relay_stun m;

	v = relay_stun_get(&in, &m);
	if (v != RELAY_OK) {
		out->what = v == RELAY_FOREIGN ? RELAY_WHAT_OTHER :
						 RELAY_WHAT_BAD;
		return;
	}
	out->what = RELAY_WHAT_CONTROL;
	if (m.ms)
		control_ms(&m, stream, depth, out);
	else if (m.type == RELAY_STUN_CHECK &&
		 relay_stun_username(&m, &out->username) == RELAY_OK)
		out->what = RELAY_WHAT_CHECK;
	else
		control_rfc(&m, stream, depth, out);
}

/* RFC 4571: media in a stream may have its length in front. A STUN message
 * can look as if it had one, but not one with RTP or STUN behind it. */
static span unframe(span in)
{
	span s = in, look;
	uint32_t cookie = 0;
	uint16_t len;

	if (!span_u16(&s, &len) || !len || len != s.left)
		return in;
	if (s.p[0] >> 6 == 2)
		return s;
	look = s;
	if (!span_skip(&look, 4) || !span_u32(&look, &cookie))
		return in;
	return cookie == RELAY_STUN_COOKIE ? s : in;
}

static void peel(span in, bool stream, int depth, relay_unit *out)
{
	out->what = RELAY_WHAT_OTHER;
	if (depth == DEPTH)
		return;
	if (stream)
		in = unframe(in);
	if (in.left < 2)
		return;
	switch (in.p[0] >> 6) {
	case 0:
		stun(in, stream, depth, out);
		break;
	case 1:
		channel(in, stream, depth, out);
		break;
	case 2:
		media(in, out);
		break;
	default:
		if (in.p[0] == 0xff && in.p[1] == 0x10)
			session(in, stream, depth, out);
		break;
	}
}

void relay_turn_peel(span in, bool stream, relay_unit *out)
{
	*out = (relay_unit){0};
	peel(in, stream, 0, out);
}
