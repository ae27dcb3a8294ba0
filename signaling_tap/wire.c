#include "signaling_tap/wire.h"

#include "signaling_tap/hep3.h"
#include "signaling_tap/sip.h"
#include "signaling_tap/tap.h"

enum {
	CONNECTIONS = 8192,
	STREAM_MAX = 160 << 10,	/* octets of one direction kept waiting */
	TOTAL_MAX = 32 << 20,	/* of all */
	FOREIGN_AFTER = 64,	/* failures in a row: it carries no SIP */
};

/* One direction. */
typedef struct stream {
	tap_tcp tcp;
	GByteArray *plain;	/* out of TLS */
	guint used;		/* of it */
	unsigned failures;
} stream;

typedef struct connection {
	net_addr end[2];	/* end[0] sent the first segment seen */
	stream way[2];		/* from that end */
	tap_tlsview *tls;	/* NULL: bare */
	bool decided;		/* whether it is TLS */
	bool foreign;		/* nothing of it is read any more */
	bool opened;		/* read at least in part */
	size_t size;		/* as counted in the total */
	GList *place;		/* in the order of use */
} connection;

struct tap_wire {
	const tap_keylog *keys;
	GHashTable *table;	/* connection -> itself */
	GQueue order;		/* of connection, the latest last */
	size_t size;
	tap_wire_stats stats;
	/* where messages come from now */
	span datagram;
	connection *current;
	unsigned way;
	clk_both at;
};

/* Both directions are one. */
static guint connection_hash(gconstpointer p)
{
	const connection *c = p;

	return net_addr_hash(&c->end[0]) ^ net_addr_hash(&c->end[1]);
}

static gboolean connection_equal(gconstpointer a, gconstpointer b)
{
	const connection *x = a, *y = b;

	return (net_addr_same(&x->end[0], &y->end[0]) &&
		net_addr_same(&x->end[1], &y->end[1])) ||
	       (net_addr_same(&x->end[0], &y->end[1]) &&
		net_addr_same(&x->end[1], &y->end[0]));
}

static void connection_clear(connection *c)
{
	for (unsigned i = 0; i < 2; i++) {
		tap_tcp_clear(&c->way[i].tcp);
		if (c->way[i].plain)
			g_byte_array_unref(c->way[i].plain);
		c->way[i] = (stream){.used = 0};
	}
	g_clear_pointer(&c->tls, tap_tlsview_free);
}

static void connection_free(gpointer p)
{
	connection_clear(p);
	g_free(p);
}

tap_wire *tap_wire_new(const tap_keylog *keys)
{
	tap_wire *w = g_new0(tap_wire, 1);

	w->keys = keys;
	w->table = g_hash_table_new_full(connection_hash, connection_equal,
					 NULL, connection_free);
	g_queue_init(&w->order);
	return w;
}

void tap_wire_free(tap_wire *w)
{
	if (!w)
		return;
	g_queue_clear(&w->order);
	g_hash_table_unref(w->table);
	g_free(w);
}

const tap_wire_stats *tap_wire_totals(const tap_wire *w)
{
	return &w->stats;
}

static void forget(tap_wire *w, connection *c)
{
	w->size -= c->size;
	g_queue_delete_link(&w->order, c->place);
	g_hash_table_remove(w->table, c);
	w->stats.forgotten++;
}

static connection *connection_of(tap_wire *w, const tap_segment *s)
{
	connection want = {.end = {s->src, s->dst}}, *c;

	c = g_hash_table_lookup(w->table, &want);
	if (c) {
		g_queue_unlink(&w->order, c->place);
		g_queue_push_tail_link(&w->order, c->place);
		return c;
	}
	if (g_hash_table_size(w->table) == CONNECTIONS)
		forget(w, g_queue_peek_head(&w->order));
	c = g_memdup2(&want, sizeof(want));
	g_hash_table_add(w->table, c);
	g_queue_push_tail(&w->order, c);
	c->place = w->order.tail;
	return c;
}

/* Its buffers as they are now; then the oldest go until all fit. */
static void account(tap_wire *w, connection *c)
{
	size_t n = 0;

	for (unsigned i = 0; i < 2; i++) {
		n += tap_tcp_size(&c->way[i].tcp);
		if (c->way[i].plain)
			n += c->way[i].plain->len;
	}
	w->size += n - c->size;
	c->size = n;
	while (w->size > TOTAL_MAX && g_queue_peek_head(&w->order) != c)
		forget(w, g_queue_peek_head(&w->order));
}

static void give_up(tap_wire *w, connection *c)
{
	connection_clear(c);
	c->foreign = true;
	account(w, c);
}

/* The same ports, another connection. */
static void renew(tap_wire *w, connection *c)
{
	connection_clear(c);
	c->foreign = c->decided = c->opened = false;
	account(w, c);
}

/* ---- TLS ---- */

static void tls_failed(tap_wire *w, connection *c, tap_tls_state s)
{
	w->stats.tls[s]++;
	if (s == TAP_TLS_UNKNOWN) {
		w->stats.suite = tap_tlsview_suite(c->tls);
		w->stats.version = tap_tlsview_version(c->tls);
	}
	give_up(w, c);
}

static void feed_tls(tap_wire *w, connection *c, unsigned way)
{
	stream *s = &c->way[way];
	span in = tap_tcp_peek(&s->tcp);
	tap_tls_state state;

	if (!s->plain)
		s->plain = g_byte_array_new();
	if (s->used)
		g_byte_array_remove_range(s->plain, 0, s->used);
	s->used = 0;
	state = tap_tlsview_feed(c->tls, way, &in, s->plain);
	tap_tcp_keep(&s->tcp, in.left);
	c->opened |= s->plain->len > 0;
	if (state != TAP_TLS_FINE)
		tls_failed(w, c, state);
}

/* A connection is TLS if its first octets are. */
static void decide(tap_wire *w, connection *c, unsigned way)
{
	const span in = tap_tcp_peek(&c->way[way].tcp);

	if (c->decided || in.left < 3)
		return;
	c->decided = true;
	if (!tap_tls_begins(in))
		return;
	c->tls = tap_tlsview_new(w->keys);
	w->stats.tls[TAP_TLS_FINE]++;
}

/* ---- messages ---- */

/* The SIP message of a HEP3 frame, with the time at which it was seen; empty if
 * the frame is about something else. */
static tap_cut cut_hep(span *in, span *message, clk_both *at)
{
	enum { SIP = 1 };
	tap_frame f;
	span frame;

	switch (tap_hep_cut(in, &frame)) {
	case TAP_HEP_SHORT:
		return TAP_CUT_SHORT;
	case TAP_HEP_BAD:
		return TAP_CUT_BAD;
	case TAP_HEP_OK:
		break;
	}
	*message = span_of(NULL, 0);
	if (tap_frame_read(frame, &f) != TAP_HEP_OK || f.protocol != SIP)
		return TAP_CUT_OK;
	*message = f.payload;
	if (f.seconds)
		*at = clk_from_wall(f.seconds * CLK_NS_PER_S +
				    f.micros * 1000LL);
	return TAP_CUT_OK;
}

/* Other protocols of text would pass for SIP but for their first line. */
static bool is_sip(span message)
{
	span line, word;

	message = span_trim(message);
	if (span_casestarts(message, "SIP/2.0 "))
		return true;
	if (!span_line(&message, &line))
		return false;
	while (span_word(&line, &word))
		if (span_caseeq(word, "SIP/2.0"))
			return true;
	return false;
}

static tap_cut cut_message(span *in, span *message, clk_both *at)
{
	tap_cut c;

	do {
		if (span_starts(*in, "HEP3") || span_starts(*in, "EEP3")) {
			c = cut_hep(in, message, at);
			continue;
		}
		c = tap_sip_cut(in, message);
		if (c == TAP_CUT_OK && !is_sip(*message))
			return TAP_CUT_BAD;
	} while (c == TAP_CUT_OK && !message->left);
	return c;
}

static span unread(const connection *c, unsigned way)
{
	const stream *s = &c->way[way];
	span in = {NULL, 0};

	if (!c->tls)
		return tap_tcp_peek(&s->tcp);
	if (s->plain)
		in = span_of(s->plain->data, s->plain->len);
	if (!span_skip(&in, s->used))
		g_assert_not_reached();
	return in;
}

static void keep(connection *c, unsigned way, size_t left)
{
	stream *s = &c->way[way];

	if (!c->tls)
		tap_tcp_keep(&s->tcp, left);
	else if (s->plain)
		s->used = s->plain->len - (guint)left;
}

/* Stream data that is not a message is discarded: a capture may begin anywhere,
 * but a stream that fails again and again is not SIP. */
static bool next_of_stream(tap_wire *w, clk_both *at, span *message)
{
	connection *c = w->current;
	stream *s;
	span in;

	if (!c)
		return false;
	s = &c->way[w->way];
	in = unread(c, w->way);
	switch (cut_message(&in, message, at)) {
	case TAP_CUT_OK:
		s->failures = 0;
		keep(c, w->way, in.left);
		return true;
	case TAP_CUT_SHORT:
		if (in.left <= STREAM_MAX)
			break;
		/* Fall through. */
	case TAP_CUT_BAD:
		keep(c, w->way, 0);
		if (++s->failures == FOREIGN_AFTER)
			give_up(w, c);
		break;
	}
	w->current = NULL;
	account(w, c);
	return false;
}

bool tap_wire_next(tap_wire *w, clk_both *at, span *message)
{
	*at = w->at;
	if (w->datagram.left) {
		const tap_cut c = cut_message(&w->datagram, message, at);

		if (c == TAP_CUT_OK) {
			w->stats.messages++;
			return true;
		}
		w->datagram.left = 0;
		return false;
	}
	if (!next_of_stream(w, at, message))
		return false;
	w->stats.messages++;
	return true;
}

void tap_wire_datagram(tap_wire *w, span payload, clk_both at)
{
	w->datagram = payload;
	w->current = NULL;
	w->at = at;
}

void tap_wire_segment(tap_wire *w, const tap_segment *s, clk_both at)
{
	connection *c = connection_of(w, s);
	const unsigned way = !net_addr_same(&s->src, &c->end[0]);

	w->datagram.left = 0;
	w->current = NULL;
	w->at = at;
	if (s->syn && c->decided)
		renew(w, c);
	if (c->foreign)
		return;
	if (tap_tcp_add(&c->way[way].tcp, s, at.mono) == TAP_TCP_HOLE) {
		w->stats.holes++;
		if (c->tls) {
			tls_failed(w, c, c->opened ? TAP_TLS_TORN
						   : TAP_TLS_LATE);
			return;
		}
	}
	decide(w, c, way);
	if (c->tls)
		feed_tls(w, c, way);
	if (!c->foreign) {
		w->current = c;
		w->way = way;
	}
	account(w, c);
}
