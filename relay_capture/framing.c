#include "relay_capture/framing.h"

#include "relay_capture/stunmsg.h"

enum {
	TLS_RECORD = 0x16,
	HELLO_MAX = 512,	/* octets of a pseudo-TLS record */
	STUN_HEAD = 20,
	RTCP_MIN = 8,		/* the shortest media */
	RFC4571_MAX = 2048,	/* longer media does not come over a relay */
	FOUND_MAX = 4096,	/* longer messages are not searched for */
	GUESS_MIN = 12,
	LINKS = 3,		/* messages in a row are no chance */
	BELIEVED = 3,		/* as many of which each was found */
	FOREIGN_AFTER = 16384,	/* useless octets in a row: not our protocol */
	TLS_WEIGHT = 2048,	/* a TLS record counts as so many */
};

static bool has_cookie(span s)
{
	uint32_t cookie;

	return span_skip(&s, 4) && span_u32(&s, &cookie) &&
	       cookie == RELAY_STUN_COOKIE;
}

/* RTP, RTCP, STUN or DTLS of `n` octets (RFC 7983), as far as it is there. */
static bool media_begins(span s, size_t n)
{
	uint8_t first, second;
	uint16_t len;

	if (!span_u8(&s, &first) || first >> 6 == 2)
		return true;
	if (!span_u8(&s, &second))
		return first < 64;
	if (first >= 20)
		return first < 64 && second == 0xfe;
	return first < 2 &&
	       (!span_u16(&s, &len) || (size_t)STUN_HEAD + len == n);
}

static relay_fit fit(span in, size_t head, size_t len, size_t all,
		     relay_cut *out)
{
	*out = (relay_cut){.head = head, .len = len, .all = all};
	if (all > RELAY_MESSAGE_MAX)
		return RELAY_FIT_NONE;
	return all > in.left ? RELAY_FIT_LATER : RELAY_FIT;
}

/* RFC 5389 6 on TCP, RFC 5766 11.5: ChannelData is padded to 4 octets. */
static relay_fit turn_cut(span in, relay_cut *out)
{
	span s = in;
	uint16_t type, n;

	if (!span_u16(&s, &type) || !span_u16(&s, &n))
		return RELAY_FIT_LATER;
	if (type >> 14 == 1)
		return fit(in, 0, 4u + n, 4u + ((n + 3u) & ~3u), out);
	if (type >> 14 != 0)
		return RELAY_FIT_NONE;
	if (s.left < 4)
		return RELAY_FIT_LATER;
	return has_cookie(in) ? fit(in, 0, STUN_HEAD + n, STUN_HEAD + n, out) :
				RELAY_FIT_NONE;
}

/* MS-TURN over TCP: 02 control or 03 data, 00, length; or FF10. */
static relay_fit ms_cut(span in, relay_cut *out)
{
	span s = in;
	uint16_t type, n;
	relay_fit f;

	if (!span_u16(&s, &type) || !span_u16(&s, &n))
		return RELAY_FIT_LATER;
	if (type == 0xff10)
		return fit(in, 0, 4u + n, 4u + n, out);
	if (type != 0x0200 && type != 0x0300)
		return RELAY_FIT_NONE;
	f = fit(in, RELAY_UNIT_HEAD, RELAY_UNIT_HEAD + n, RELAY_UNIT_HEAD + n,
		out);
	out->data = type == 0x0300;
	return f;
}

/* RFC 4571 2; a length of 0 is the null packet. */
static relay_fit rfc4571_cut(span in, relay_cut *out)
{
	span s = in;
	uint16_t n;

	if (!span_u16(&s, &n))
		return RELAY_FIT_LATER;
	if (n && (n < RTCP_MIN || n > RFC4571_MAX || !media_begins(s, n)))
		return RELAY_FIT_NONE;
	return fit(in, 2, 2u + n, 2u + n, out);
}

/* A record of the pseudo-TLS handshake; real TLS fails at the next one. */
static relay_fit hello_cut(span in, relay_cut *out)
{
	span s = in;
	uint8_t type, major;
	uint16_t n;

	if (span_u8(&s, &type) && type != TLS_RECORD)
		return RELAY_FIT_NONE;
	if (span_u8(&s, &major) && major != 3)
		return RELAY_FIT_NONE;
	if (!span_skip(&s, 1) || !span_u16(&s, &n))
		return RELAY_FIT_LATER;
	if (n >= HELLO_MAX)
		return RELAY_FIT_NONE;
	return fit(in, 5u + n, 5u + n, 5u + n, out);
}

/* Of a stream whose framing is not known yet: the pseudo-TLS in front. */
static relay_fit cut(relay_framing f, span in, relay_cut *out)
{
	switch (f) {
	case RELAY_FRAMING_UNKNOWN:
		return hello_cut(in, out);
	case RELAY_FRAMING_TURN:
		return turn_cut(in, out);
	case RELAY_FRAMING_MS:
		return ms_cut(in, out);
	case RELAY_FRAMING_RFC4571:
		return rfc4571_cut(in, out);
	case RELAY_FRAMING_FOREIGN:
		break;
	}
	return RELAY_FIT_NONE;
}

/* A whole STUN message up to the end: draft-06 checks have no cookie. */
static bool stun_fills(span in)
{
	span s = in;
	uint16_t type, n;

	return span_u16(&s, &type) && span_u16(&s, &n) && type >> 8 < 2 &&
	       in.left == STUN_HEAD + (size_t)n;
}

static bool is_rfc4571(span in)
{
	span body = in;
	uint16_t n;

	do {
		if (!span_u16(&body, &n))
			return false;
	} while (!n);
	return n >= RTCP_MIN && n <= RFC4571_MAX && body.left &&
	       media_begins(body, n);
}

/* A length that STUN or RTP behind an RFC 4571 one would be is too long, or
 * too short for control. */
static bool is_ms(span in)
{
	relay_cut c;

	if (ms_cut(in, &c) == RELAY_FIT_NONE)
		return false;
	return !c.head || c.data || c.len >= RELAY_UNIT_HEAD + STUN_HEAD;
}

/* A record of real TLS. */
static bool is_tls(span in)
{
	return in.left >= 3 && in.p[0] > TLS_RECORD - 3 &&
	       in.p[0] <= TLS_RECORD + 1 && in.p[1] == 3 && in.p[2] <= 4;
}

/* How a stream is framed that begins with `in`. */
static relay_fit guess(span in, relay_framing *out)
{
	const uint8_t kind = in.left ? in.p[0] >> 6 : 0;

	if (in.left < GUESS_MIN)
		return kind == 2 ? RELAY_FIT_NONE : RELAY_FIT_LATER;
	if (is_rfc4571(in))
		*out = RELAY_FRAMING_RFC4571;
	else if (is_ms(in))
		*out = RELAY_FRAMING_MS;
	else if (kind == 1 || (kind == 0 && has_cookie(in)))
		*out = RELAY_FRAMING_TURN;
	else
		return RELAY_FIT_NONE;
	return RELAY_FIT;
}

/* Checks not only the length but also that the content fits such a message. A
 * piece without a length cannot be judged. */
static bool is_likely(relay_framing f, span in, const relay_cut *c)
{
	span body = in;

	if (!c->all)
		return true;
	if (c->all > FOUND_MAX)
		return false;
	if (f == RELAY_FRAMING_MS)
		return c->len > RELAY_UNIT_HEAD &&
		       (!c->head || c->data || in.left <= c->head ||
			in.p[c->head] < 2);
	if (f == RELAY_FRAMING_TURN && in.p[0] >> 6 == 1)
		return span_skip(&body, 4) && media_begins(body, c->len - 4);
	return c->len > c->head;
}

/* Messages one behind the other. */
typedef struct row {
	size_t first;		/* octets of the first one */
	bool sure;		/* as many as are no chance */
} row;

/* A row up to the end, or long enough. */
static relay_fit chain(span in, relay_framing f, unsigned least, row *out)
{
	unsigned n = 0;

	while (in.left && n < LINKS) {
		relay_cut c = {0};
		const relay_fit fits = cut(f, in, &c);

		if (fits == RELAY_FIT_NONE || !is_likely(f, in, &c))
			return RELAY_FIT_NONE;
		if (fits != RELAY_FIT || !span_skip(&in, c.all))
			return RELAY_FIT_LATER;
		if (!n++)
			out->first = c.all;
	}
	out->sure = n == LINKS;
	return n < least ? RELAY_FIT_LATER : RELAY_FIT;
}

/* One message is enough where a segment begins, or of a known kind. */
static relay_fit found(span in, relay_framing *f, bool first, row *out)
{
	const bool known = *f != RELAY_FRAMING_UNKNOWN;
	relay_fit fits;
	relay_cut c;

	*out = (row){0};
	if (!known && first) {
		fits = hello_cut(in, &c);
		if (fits != RELAY_FIT_NONE)
			return fits;
	}
	if (!known) {
		fits = guess(in, f);
		if (fits != RELAY_FIT)
			return fits;
	}
	return chain(in, *f, known || first ? 1 : 2, out);
}

/* The first place that is sure, else the first that fits, else the first that
 * may. A false message may happen to end where a true one does: so what is
 * sure within the first one is believed rather, which costs one at most. */
static relay_fit search(span in, relay_framing *f, size_t *at, bool *sure)
{
	const relay_framing known = *f;
	relay_fit best = RELAY_FIT_NONE;
	size_t end = in.left;
	row r;

	*at = end;
	*sure = false;
	for (size_t i = 0; i < end; i++) {
		relay_framing kind = known;
		const relay_fit fits = found(in, &kind, i == 0, &r);

		if (fits < best || r.sure) {
			best = fits;
			*at = i;
			*f = best == RELAY_FIT ? kind : known;
			*sure = r.sure;
		}
		if (r.sure)
			end = i + r.first;
		if ((best == RELAY_FIT && *at == 0) || !span_skip(&in, 1))
			break;
	}
	return best;
}

static bool is_foreign(span in)
{
	relay_cut c;

	return is_tls(in) && hello_cut(in, &c) == RELAY_FIT_NONE;
}

static void believe(relay_reader *r)
{
	r->proven = true;
	r->lost = false;
}

static void note_useless(relay_reader *r, size_t n)
{
	r->useless += (uint32_t)n;
	if (r->useless >= FOREIGN_AFTER)
		r->framing = RELAY_FRAMING_FOREIGN;
}

/* To where messages begin again. False: not here yet. */
static bool find(relay_reader *r, span *in)
{
	relay_framing f = r->proven ? (relay_framing)r->framing :
				      RELAY_FRAMING_UNKNOWN;
	relay_fit fits;
	size_t at;
	bool sure;

	if (!r->proven && is_foreign(*in)) {
		/* What it looks like further on is chance. */
		*in = span_of(NULL, 0);
		note_useless(r, TLS_WEIGHT);
		return false;
	}
	fits = search(*in, &f, &at, &sure);
	if (!span_skip(in, at))
		return false;
	if (fits != RELAY_FIT) {
		note_useless(r, at);
		return false;
	}
	r->framing = (uint8_t)f;
	if (at)
		r->in_a_row = 0;
	if (sure)
		believe(r);
	return true;
}

void relay_reader_lose(relay_reader *r)
{
	r->lost = true;
	r->in_a_row = 0;
}

static void note_message(relay_reader *r)
{
	r->useless = 0;
	if (r->in_a_row < BELIEVED && ++r->in_a_row == BELIEVED)
		believe(r);
}

relay_fit relay_reader_next(relay_reader *r, span *in, relay_cut *out)
{
	relay_framing f;
	relay_fit fits;

	*out = (relay_cut){0};
	if (r->framing == RELAY_FRAMING_FOREIGN)
		return RELAY_FIT_LATER;
	if (r->lost && !find(r, in))
		return RELAY_FIT_LATER;
	f = (relay_framing)r->framing;
	fits = cut(f, *in, out);
	if (f == RELAY_FRAMING_UNKNOWN && fits == RELAY_FIT_NONE) {
		fits = guess(*in, &f);
		if (fits != RELAY_FIT_NONE)
			r->framing = (uint8_t)f;
		if (fits == RELAY_FIT)
			fits = cut(f, *in, out);
	}
	if (fits == RELAY_FIT && f != RELAY_FRAMING_UNKNOWN)
		note_message(r);
	if (fits == RELAY_FIT_NONE) {
		relay_reader_lose(r);
		/* Media in one of MS-TURN's units looks like RFC 4571. */
		if (guess(*in, &f) == RELAY_FIT && f != r->framing)
			r->proven = false;
	}
	return fits;
}

/* Without a length: all of a unit, unless it is the middle of a stream. */
static relay_fit bare_cut(relay_reader *r, span *in, relay_cut *out)
{
	relay_framing f = RELAY_FRAMING_RFC4571;
	bool sure;
	size_t at;

	if (search(*in, &f, &at, &sure) == RELAY_FIT && sure &&
	    span_skip(in, at)) {
		believe(r);
		return rfc4571_cut(*in, out);
	}
	r->in_a_row = 0;
	return fit(*in, 0, in->left, in->left, out);
}

relay_fit relay_reader_next_data(relay_reader *r, span *in, bool fresh,
				 relay_cut *out)
{
	relay_fit fits = RELAY_FIT_NONE;

	if (r->framing == RELAY_FRAMING_FOREIGN || !r->proven)
		*r = (relay_reader){.framing = RELAY_FRAMING_RFC4571,
				    .in_a_row = r->in_a_row};
	if (r->proven)
		return relay_reader_next(r, in, out);
	if (!fresh || !stun_fills(*in))
		fits = rfc4571_cut(*in, out);
	if (fits == RELAY_FIT)
		note_message(r);
	return fits == RELAY_FIT_NONE ? bare_cut(r, in, out) : fits;
}
