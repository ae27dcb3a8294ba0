#include "relay_capture/stream.h"

#include <glib.h>

#include "relay_capture/framing.h"

enum {
	WINDOW = 32768,		/* octets in a buffer, and reorder distance */
	PIECES = 64,		/* out of order, per stream */
	FAR_BEHIND = 1 << 20,	/* octets: another stream of these ports */
};

#define PATIENCE_NS (500 * CLK_NS_PER_MS)

typedef struct piece {
	uint32_t from, to;	/* offsets in the buffer */
	clk_mono since;		/* what is before it is missed */
} piece;

/* Taken while a message is not whole, or waits to be taken.
 *
 *	| ... | data | ... |  in order  | hole | piece | hole | piece |
 *	      from   to    used         have
 *
 * The data is the end of MS-TURN's data units so far that is no whole message
 * yet. It moves to the front of the next one's. */
typedef struct buffer {
	struct buffer *next;	/* spare ones */
	uint32_t have;		/* octets in order */
	uint32_t used;		/* of which handed out, or data */
	uint32_t from, to;	/* the data */
	bool fresh;		/* the data is a unit's beginning */
	unsigned n_pieces;
	piece piece[PIECES];	/* behind `have`, by `from`, apart */
	uint8_t octets[WINDOW];
} buffer;

struct relay_stream {
	relay_streams *table;
	relay_stream *chain, *newer, *older;
	net_addr src, dst;
	uint32_t base;		/* sequence number of the buffer's first */
	relay_reader all;
	relay_reader data;	/* of MS-TURN's units */
	uint8_t iface;		/* of the latest segment */
	buffer *buf;		/* NULL: nothing is held */
};

struct relay_streams {
	unsigned max, n;
	unsigned lent;		/* buffers in use */
	uint64_t gaps;
	/* What of the latest segment is not in a buffer yet. */
	span rest;
	uint32_t rest_seq;
	clk_mono now;
	buffer *spare;
	relay_stream *oldest, *newest;
	relay_stream *pool;	/* `max` of them, touched as they are needed */
	relay_stream *idle;	/* of those that were used before, by chain */
	unsigned made;		/* of the pool: used so far */
	relay_stream *bucket[];	/* twice as many as streams */
};

relay_streams *relay_streams_new(unsigned max)
{
	relay_streams *t = g_malloc0(sizeof(*t) +
				     2 * max * sizeof(*t->bucket));

	g_assert(max && !(max & (max - 1)));
	t->max = max;
	t->pool = g_new(relay_stream, max);
	return t;
}

static buffer *buffer_take(relay_streams *t)
{
	buffer *b = t->spare;

	if (b)
		t->spare = b->next;
	else
		b = g_malloc(sizeof(*b));
	b->have = b->used = b->from = b->to = 0;
	b->fresh = false;
	b->n_pieces = 0;
	t->lent++;
	return b;
}

static void buffer_give(relay_streams *t, buffer *b)
{
	if (!b)
		return;
	b->next = t->spare;
	t->spare = b;
	t->lent--;
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
	s->chain = t->idle;
	t->idle = s;
}

void relay_streams_free(relay_streams *t)
{
	while (t->oldest)
		stream_remove(t, t->oldest);
	for (buffer *b = t->spare, *next; b; b = next) {
		next = b->next;
		g_free(b);
	}
	g_free(t->pool);
	g_free(t);
}

/* There is one: no more than `max` are in use. */
static relay_stream *stream_take(relay_streams *t)
{
	relay_stream *s = t->idle;

	if (!s)
		return &t->pool[t->made++];
	t->idle = s->chain;
	return s;
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
	s = stream_take(t);
	*s = (relay_stream){.table = t, .src = *src, .dst = *dst,
			    .base = g->seq + g->syn, .all = {.lost = !g->syn},
			    .chain = *at};
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

/* What comes next is not what comes next in the stream. */
static void lose(relay_stream *s)
{
	relay_reader_lose(&s->all);
	relay_reader_lose(&s->data);
	s->table->gaps++;
}

/* Of the same stream, behind octets that are missing. */
static void go_on_at(relay_stream *s, uint32_t seq)
{
	let_go(s);
	s->base = seq;
	lose(s);
}

static void restart(relay_stream *s, uint32_t seq, bool syn)
{
	let_go(s);
	s->base = seq;
	s->all = (relay_reader){.lost = !syn};
	s->data = (relay_reader){0};
}

/* What was handed out leaves the buffer. */
static void compact(relay_stream *s)
{
	buffer *b = s->buf;
	const uint32_t cut = b->from < b->to ? b->from : b->used;
	const uint32_t end = b->n_pieces ? b->piece[b->n_pieces - 1].to :
					   b->have;

	if (!cut)
		return;
	memmove(b->octets, b->octets + cut, end - cut);
	s->base += cut;
	b->have -= cut;
	b->used -= cut;
	b->to = b->from < b->to ? b->to - cut : 0;
	b->from = 0;
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

/* Continues after a hole: what was before it cannot be completed. */
static void skip_gap(relay_stream *s)
{
	buffer *b = s->buf;

	b->used = b->have = b->piece[0].from;
	b->from = b->to = 0;
	lose(s);
	join_pieces(b);
}

static void piece_insert(buffer *b, unsigned i, piece p)
{
	if (b->n_pieces == PIECES)
		return;
	memmove(b->piece + i + 1, b->piece + i,
		(b->n_pieces - i) * sizeof(piece));
	b->piece[i] = p;
	b->n_pieces++;
}

/* A piece becomes one with those that it meets. */
static void add_piece(buffer *b, uint32_t from, uint32_t to, clk_mono now)
{
	piece p = {from, to, now};
	unsigned i = 0, n = 0;

	while (i < b->n_pieces && b->piece[i].to < from)
		i++;
	while (i + n < b->n_pieces && b->piece[i + n].from <= to) {
		const piece *met = &b->piece[i + n++];

		p.from = MIN(p.from, met->from);
		p.to = MAX(p.to, met->to);
		if (clk_since(met->since, p.since) < 0)
			p.since = met->since;
	}
	if (!n) {
		piece_insert(b, i, p);
		return;
	}
	b->piece[i] = p;
	b->n_pieces -= n - 1;
	memmove(b->piece + i + 1, b->piece + i + n,
		(b->n_pieces - i - 1) * sizeof(piece));
}

static bool gap_is_old(const buffer *b, clk_mono now)
{
	return b->n_pieces && clk_since(now, b->piece[0].since) > PATIENCE_NS;
}

/* The sequence number up to which all is in order. */
static uint32_t seq_have(const relay_stream *s)
{
	return s->base + (s->buf ? s->buf->have : 0);
}

/* What came before already is passed over: its place may hold other octets
 * now (see data_move). False: nothing of the segment is left. */
static bool skip_known(relay_streams *t, uint32_t have)
{
	const int32_t ahead = (int32_t)(t->rest_seq - have);

	if (ahead < 0) {
		if (!span_skip(&t->rest, (size_t)-(int64_t)ahead))
			t->rest = span_of(NULL, 0);
		t->rest_seq = have;
	}
	return t->rest.left;
}

/* As much of the latest segment as there is room for. */
static void put_rest(relay_stream *s, uint32_t offset)
{
	relay_streams *t = s->table;
	buffer *b = s->buf;
	const uint32_t n = MIN((uint32_t)t->rest.left, WINDOW - offset);
	span part;

	if (!span_cut(&t->rest, n, &part))
		return;
	t->rest_seq += n;
	memcpy(b->octets + offset, part.p, n);
	if (offset > b->have) {
		add_piece(b, offset, offset + n, t->now);
		return;
	}
	b->have = offset + n;
	join_pieces(b);
}

/* What is in order comes in as many steps as it needs. */
static bool has_room(const buffer *b, uint32_t offset, size_t n)
{
	if (offset == b->have)
		return offset < WINDOW;
	return b->n_pieces < PIECES && offset < WINDOW && n <= WINDOW - offset;
}

/* On with the latest segment. False: there is nothing more. What it finds in
 * order is to be taken before the next call. */
static bool take_more(relay_stream *s)
{
	relay_streams *t = s->table;
	uint32_t ahead;

	if (s->buf) {
		compact(s);
		if (gap_is_old(s->buf, t->now)) {
			skip_gap(s);
			return true;
		}
	}
	if (!skip_known(t, seq_have(s)))
		return false;
	ahead = t->rest_seq - s->base;
	if (!s->buf)
		s->buf = buffer_take(t);
	if (!has_room(s->buf, ahead, t->rest.left)) {
		if (s->buf->n_pieces)
			skip_gap(s);
		else
			go_on_at(s, t->rest_seq);
		return true;
	}
	put_rest(s, ahead);
	return true;
}

static bool is_foreign(const relay_stream *s)
{
	return s->all.framing == RELAY_FRAMING_FOREIGN;
}

relay_stream *relay_streams_add(relay_streams *t, const net_addr *src,
				const net_addr *dst, const relay_segment *g,
				unsigned iface, clk_mono now)
{
	relay_stream *s = stream_get(t, src, dst, g);
	const uint32_t seq = g->seq + g->syn;

	if (g->rst) {
		stream_remove(t, s);
		return NULL;
	}
	/* It may come by two interfaces. */
	if (g->syn && seq_have(s) - seq >= WINDOW)
		restart(s, seq, true);
	list_unlink(t, s);
	list_append(t, s);
	if (is_foreign(s) || !g->payload.left)
		return NULL;
	if ((int32_t)(seq - s->base) < -FAR_BEHIND)
		restart(s, seq, false);
	s->iface = (uint8_t)iface;
	t->rest = g->payload;
	t->rest_seq = seq;
	t->now = now;
	return s;
}

relay_stream *relay_streams_late(relay_streams *t, clk_mono now)
{
	relay_stream *s = t->lent ? t->oldest : NULL;

	while (s && !(s->buf && gap_is_old(s->buf, now)))
		s = s->newer;
	t->rest = span_of(NULL, 0);
	t->now = now;
	return s;
}

/* The content of a data unit is appended to what was left of those before. */
static void data_move(buffer *b, const relay_cut *c)
{
	const uint32_t start = b->used + (uint32_t)c->head;
	const uint32_t n = b->to - b->from;

	if (n)
		memmove(b->octets + start - n, b->octets + b->from, n);
	b->from = start - n;
	b->to = b->used + (uint32_t)c->len;
	b->fresh = !n;
}

/* The next message of what MS-TURN's data units carry. */
static bool next_data(relay_stream *s, span *message)
{
	buffer *b = s->buf;
	relay_cut c;

	while (b->from < b->to) {
		span in = span_of(b->octets + b->from, b->to - b->from);
		const relay_fit fits = relay_reader_next_data(&s->data, &in,
							      b->fresh, &c);

		b->from = b->to - (uint32_t)in.left;
		if (fits == RELAY_FIT_LATER)
			return false;
		b->from += (uint32_t)c.all;
		b->fresh = false;
		if (fits != RELAY_FIT || c.len == c.head)
			continue;
		*message = span_of(in.p + c.head, c.len - c.head);
		return true;
	}
	return false;
}

/* The next message of the stream itself. False: all in order is used. */
static bool next_unit(relay_stream *s, span *message)
{
	buffer *b = s->buf;
	span in = span_of(b->octets + b->used, b->have - b->used);
	const bool proven = s->all.proven;
	relay_cut c;
	relay_fit fits;

	*message = span_of(NULL, 0);
	if (!in.left)
		return false;
	fits = relay_reader_next(&s->all, &in, &c);
	b->used = b->have - (uint32_t)in.left;
	if (fits == RELAY_FIT_NONE) {
		s->table->gaps += proven;
		relay_reader_lose(&s->data);
		b->from = b->to = 0;
	}
	if (fits != RELAY_FIT)
		return fits == RELAY_FIT_NONE;
	if (c.data)
		data_move(b, &c);
	else
		*message = span_of(in.p + c.head, c.len - c.head);
	b->used += (uint32_t)c.all;
	return true;
}

/* The next whole message of what is in order. */
static bool next_message(relay_stream *s, span *message)
{
	if (!s->buf || is_foreign(s))
		return false;
	do {
		if (next_data(s, message))
			return true;
		if (!next_unit(s, message))
			return false;
	} while (!message->left);
	return true;
}

/* Nearly always a segment ends with a message. */
static void rest(relay_stream *s)
{
	const buffer *b = s->buf;

	if (is_foreign(s))
		let_go(s);
	if (!s->buf || b->used < b->have || b->from < b->to || b->n_pieces)
		return;
	s->base += b->used;
	let_go(s);
}

bool relay_stream_next(relay_stream *s, span *message)
{
	do {
		if (next_message(s, message))
			return true;
	} while (!is_foreign(s) && take_more(s));
	rest(s);
	return false;
}

unsigned relay_stream_ends(const relay_stream *s, net_addr *src,
			   net_addr *dst)
{
	*src = s->src;
	*dst = s->dst;
	return s->iface;
}

uint64_t relay_streams_gaps(const relay_streams *t)
{
	return t->gaps;
}
