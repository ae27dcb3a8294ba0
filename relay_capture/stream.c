#include "relay_capture/stream.h"

#include <glib.h>

#include "relay_capture/stunmsg.h"

enum {
	WINDOW = 32768,		/* octets in a buffer, and reorder distance */
	PIECES = 16,		/* out of order, per stream */
	FOREIGN_AFTER = 8,	/* failures in a row: not our protocol */
	TLS_RECORD = 0x16,
};

#define PATIENCE_NS (500 * CLK_NS_PER_MS)

typedef enum framing {
	FRAMING_UNKNOWN,
	FRAMING_TURN,		/* STUN and ChannelData, RFC 5766 */
	FRAMING_MS,		/* MS-TURN over TCP */
	FRAMING_RFC4571,
	FRAMING_FOREIGN,	/* TLS or the like */
} framing;

typedef struct piece {
	uint32_t from, to;	/* offsets in the buffer */
} piece;

/* Taken while a message is not whole, or waits to be taken. */
typedef struct buffer {
	struct buffer *next;	/* spare ones */
	uint32_t have;		/* octets in order */
	uint32_t used;		/* of which handed out */
	clk_mono gap_since;
	unsigned n_pieces;
	piece piece[PIECES];	/* behind `have`, by `from`, disjoint */
	uint8_t octets[WINDOW];
} buffer;

struct relay_stream {
	relay_streams *table;
	relay_stream *chain, *newer, *older;
	net_addr src, dst;
	uint32_t base;		/* sequence number of the buffer's first */
	uint8_t framing, failures;
	buffer *buf;		/* NULL: nothing is held */
};

struct relay_streams {
	unsigned max, n;
	uint64_t gaps;
	buffer *spare;
	relay_stream *oldest, *newest;
	relay_stream *bucket[];	/* twice as many as streams */
};

relay_streams *relay_streams_new(unsigned max)
{
	relay_streams *t = g_malloc0(sizeof(*t) +
				     2 * max * sizeof(*t->bucket));

	g_assert(max && !(max & (max - 1)));
	t->max = max;
	return t;
}

static buffer *buffer_take(relay_streams *t)
{
	buffer *b = t->spare;

	if (b)
		t->spare = b->next;
	else
		b = g_malloc(sizeof(*b));
	b->have = b->used = 0;
	b->n_pieces = 0;
	return b;
}

static void buffer_give(relay_streams *t, buffer *b)
{
	if (!b)
		return;
	b->next = t->spare;
	t->spare = b;
}

static relay_stream **bucket_of(relay_streams *t, const net_addr *src,
				const net_addr *dst)
{
	uint32_t h = net_addr_hash(src) * 31u + net_addr_hash(dst);

	return &t->bucket[(h ^ h >> 16) & (2 * t->max - 1)];
}

static void list_unlink(relay_streams *t, relay_stream *s)
{
	*(s->older ? &s->older->newer : &t->oldest) = s->newer;
	*(s->newer ? &s->newer->older : &t->newest) = s->older;
}

static void list_append(relay_streams *t, relay_stream *s)
{
	s->newer = NULL;
	s->older = t->newest;
	*(t->newest ? &t->newest->newer : &t->oldest) = s;
	t->newest = s;
}

static void stream_remove(relay_streams *t, relay_stream *s)
{
	relay_stream **at = bucket_of(t, &s->src, &s->dst);

	while (*at != s)
		at = &(*at)->chain;
	*at = s->chain;
	list_unlink(t, s);
	buffer_give(t, s->buf);
	t->n--;
	g_free(s);
}

void relay_streams_free(relay_streams *t)
{
	while (t->oldest)
		stream_remove(t, t->oldest);
	for (buffer *b = t->spare, *next; b; b = next) {
		next = b->next;
		g_free(b);
	}
	g_free(t);
}

static relay_stream *stream_get(relay_streams *t, const net_addr *src,
				const net_addr *dst, const relay_segment *g)
{
	relay_stream **at = bucket_of(t, src, dst), *s = *at;

	while (s && !(net_addr_same(&s->src, src) &&
		      net_addr_same(&s->dst, dst)))
		s = s->chain;
	if (s)
		return s;
	if (t->n == t->max)
		stream_remove(t, t->oldest);
	s = g_malloc(sizeof(*s));
	*s = (relay_stream){.table = t, .src = *src, .dst = *dst,
			    .base = g->seq + g->syn, .chain = *at};
	*at = s;
	list_append(t, s);
	t->n++;
	return s;
}

static void let_go(relay_stream *s)
{
	buffer_give(s->table, s->buf);
	s->buf = NULL;
}

static void restart(relay_stream *s, uint32_t seq)
{
	let_go(s);
	s->base = seq;
	s->failures = 0;
	s->framing = FRAMING_UNKNOWN;
}

/* What was handed out leaves the buffer. */
static void compact(relay_stream *s)
{
	buffer *b = s->buf;
	uint32_t cut = b->used, end = b->have;

	if (!cut)
		return;
	if (b->n_pieces)
		end = b->piece[b->n_pieces - 1].to;
	memmove(b->octets, b->octets + cut, end - cut);
	s->base += cut;
	b->have -= cut;
	b->used = 0;
	for (unsigned i = 0; i < b->n_pieces; i++) {
		b->piece[i].from -= cut;
		b->piece[i].to -= cut;
	}
}

/* Pieces that now join what is in order. */
static void join_pieces(buffer *b)
{
	unsigned n = 0;

	while (n < b->n_pieces && b->piece[n].from <= b->have) {
		b->have = MAX(b->have, b->piece[n].to);
		n++;
	}
	b->n_pieces -= n;
	memmove(b->piece, b->piece + n, b->n_pieces * sizeof(piece));
}

/* Goes on behind a hole: what was before it cannot be completed. */
static void skip_gap(relay_stream *s)
{
	buffer *b = s->buf;

	s->table->gaps++;
	b->used = b->have = b->piece[0].from;
	join_pieces(b);
	compact(s);
}

static void add_piece(buffer *b, uint32_t from, uint32_t to)
{
	unsigned i = 0;

	while (i < b->n_pieces && b->piece[i].from < from)
		i++;
	/* What overlaps its neighbours was sent twice: the same octets. */
	if (i && b->piece[i - 1].to > from)
		from = b->piece[i - 1].to;
	if (i < b->n_pieces && to > b->piece[i].from)
		to = b->piece[i].from;
	if (from >= to || b->n_pieces == PIECES)
		return;
	memmove(b->piece + i + 1, b->piece + i,
		(b->n_pieces - i) * sizeof(piece));
	b->piece[i] = (piece){from, to};
	b->n_pieces++;
}

static void put_segment(relay_stream *s, span in, uint32_t offset,
			clk_mono now)
{
	buffer *b = s->buf;

	if (!b)
		b = s->buf = buffer_take(s->table);
	memcpy(b->octets + offset, in.p, in.left);
	if (offset > b->have) {
		if (!b->n_pieces)
			b->gap_since = now;
		add_piece(b, offset, offset + (uint32_t)in.left);
		return;
	}
	b->have = MAX(b->have, offset + (uint32_t)in.left);
	join_pieces(b);
}

static bool gap_is_old(const buffer *b, clk_mono now)
{
	return b->n_pieces && clk_since(now, b->gap_since) > PATIENCE_NS;
}

static void take_segment(relay_stream *s, const relay_segment *g, clk_mono now)
{
	span in = g->payload;
	int32_t ahead;

	if (s->buf)
		compact(s);
	if (s->buf && gap_is_old(s->buf, now))
		skip_gap(s);
	ahead = (int32_t)(g->seq - s->base);
	if (ahead < 0) {
		/* Sent again; perhaps its end is new. */
		if (!span_skip(&in, (size_t)-(int64_t)ahead))
			return;
		ahead = 0;
	}
	if ((size_t)ahead + in.left > WINDOW) {
		s->table->gaps++;
		let_go(s);
		s->base = g->seq;
		ahead = 0;
		in = g->payload;
		if (in.left > WINDOW)
			return;
	}
	put_segment(s, in, (uint32_t)ahead, now);
}

relay_stream *relay_streams_add(relay_streams *t, const net_addr *src,
				const net_addr *dst, const relay_segment *g,
				clk_mono now)
{
	relay_stream *s = stream_get(t, src, dst, g);

	if (g->rst) {
		stream_remove(t, s);
		return NULL;
	}
	if (g->syn)
		restart(s, g->seq + 1);
	list_unlink(t, s);
	list_append(t, s);
	if (s->framing == FRAMING_FOREIGN || !g->payload.left)
		return NULL;
	take_segment(s, g, now);
	return s;
}

static bool has_cookie(span s)
{
	uint32_t cookie;

	return span_skip(&s, 4) && span_u32(&s, &cookie) &&
	       cookie == RELAY_STUN_COOKIE;
}

/* RFC 5389 6 on TCP, RFC 5766 11.5: ChannelData is padded to 4 octets. */
static bool turn_length(span s, size_t *head, size_t *len, size_t *all)
{
	span whole = s;
	uint16_t type, n;

	if (!span_u16(&s, &type) || !span_u16(&s, &n))
		return false;
	*head = 0;
	if (type >> 14 == 1) {
		*len = 4u + n;
		*all = 4u + ((n + 3u) & ~3u);
		return true;
	}
	*len = *all = 20u + n;
	return type >> 14 == 0 && (s.left < 4 || has_cookie(whole));
}

/* MS-TURN over TCP: 02 control or 03 data, 00, length; FF10 may stand for it.*/
static bool ms_length(span s, size_t *head, size_t *len, size_t *all)
{
	uint16_t type, n;

	if (!span_u16(&s, &type) || !span_u16(&s, &n))
		return false;
	*head = type == 0xff10 ? 0 : 4;
	*len = *all = 4u + n;
	return type == 0x0200 || type == 0x0300 || type == 0xff10;
}

static bool rfc4571_length(span s, size_t *head, size_t *len, size_t *all)
{
	uint16_t n;

	if (!span_u16(&s, &n))
		return false;
	*head = 2;
	*len = *all = 2u + n;
	return n >= 8 && n <= 2048;
}

/* A record of the pseudo-TLS handshake; real TLS fails at the next one. */
static bool tls_length(span s, size_t *head, size_t *len, size_t *all)
{
	uint8_t type, major;
	uint16_t n;

	if (!span_u8(&s, &type) || !span_u8(&s, &major) || !span_skip(&s, 1) ||
	    !span_u16(&s, &n))
		return false;
	if (type != TLS_RECORD || major != 3 || n >= 512)
		return false;
	*head = *len = *all = 5u + n;
	return true;
}

static framing guess(span s)
{
	span body = s;

	if (!span_skip(&body, 2) || body.left < 2)
		return FRAMING_UNKNOWN;
	if ((s.p[0] == 2 || s.p[0] == 3) && s.p[1] == 0)
		return FRAMING_MS;
	if (s.p[0] == 0xff && s.p[1] == 0x10)
		return FRAMING_MS;
	if ((s.p[0] >> 6 == 0 && has_cookie(s)) || s.p[0] >> 6 == 1)
		return FRAMING_TURN;
	if (body.p[0] >> 6 == 2 || has_cookie(body))
		return FRAMING_RFC4571;
	return FRAMING_UNKNOWN;
}

/* What we cannot read: on with the next segment. */
static bool lose(relay_stream *s)
{
	s->buf->used = s->buf->have;
	s->table->gaps++;
	if (++s->failures == FOREIGN_AFTER)
		s->framing = FRAMING_FOREIGN;
	return false;
}

static bool length_of(relay_stream *s, span in, size_t *head, size_t *len,
		      size_t *all)
{
	switch ((framing)s->framing) {
	case FRAMING_TURN:
		return turn_length(in, head, len, all);
	case FRAMING_MS:
		return ms_length(in, head, len, all);
	case FRAMING_RFC4571:
		return rfc4571_length(in, head, len, all);
	case FRAMING_UNKNOWN:
	case FRAMING_FOREIGN:
		break;
	}
	return false;
}

static bool next_message(relay_stream *s, span *message)
{
	buffer *b = s->buf;
	size_t head = 0, len = 0, all;
	span in;

	while (b) {
		all = 0;
		if (b->have - b->used < 5)
			return false;
		in = span_of(b->octets + b->used, b->have - b->used);
		if (s->framing == FRAMING_UNKNOWN &&
		    !tls_length(in, &head, &len, &all)) {
			if (in.left < 12 && in.p[0] >> 6 == 0)
				return false;
			s->framing = (uint8_t)guess(in);
		}
		if (s->framing != FRAMING_UNKNOWN &&
		    !length_of(s, in, &head, &len, &all))
			return lose(s);
		if (!all)
			return lose(s);
		if (all > in.left)
			return all > WINDOW ? lose(s) : false;
		b->used += (uint32_t)all;
		if (head == len)
			continue;	/* the handshake */
		s->failures = 0;
		*message = span_of(in.p + head, len - head);
		return true;
	}
	return false;
}

/* Nearly always a segment ends with a message. */
static void rest(relay_stream *s)
{
	const buffer *b = s->buf;

	if (!b || b->used < b->have || b->n_pieces)
		return;
	s->base += b->used;
	let_go(s);
}

bool relay_stream_next(relay_stream *s, span *message)
{
	if (next_message(s, message))
		return true;
	rest(s);
	return false;
}

uint64_t relay_streams_gaps(const relay_streams *t)
{
	return t->gaps;
}
