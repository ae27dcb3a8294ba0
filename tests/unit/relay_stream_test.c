/* TCP streams of relays: however they are cut, reordered or torn. */
#include "relay_capture/stream.h"

#include <glib.h>

#include "relay_capture/framing.h"

static const net_addr src = {4, {10, 0, 0, 1}, 40000};
static const net_addr dst = {4, {10, 0, 0, 2}, 443};

/* Three MS-TURN data units of 20, 21 and 22 octets behind the pseudo-TLS
 * hello. */
static GByteArray *units(bool hello)
{
	static const uint8_t tls[] = {0x16, 3, 1, 0, 4, 1, 2, 3, 4};
	GByteArray *a = g_byte_array_new();

	if (hello)
		g_byte_array_append(a, tls, sizeof(tls));
	for (uint8_t n = 20; n < 23; n++) {
		uint8_t unit[32] = {3, 0, 0, n};

		memset(unit + 4, n, n);
		g_byte_array_append(a, unit, 4u + n);
	}
	return a;
}

static unsigned drain(relay_stream *s, uint8_t *next)
{
	unsigned n = 0;
	span m;

	while (s && relay_stream_next(s, &m)) {
		g_assert_cmpuint(m.left, ==, m.p[0]);
		g_assert_cmpuint(m.p[0], >=, *next);
		*next = (uint8_t)(m.p[0] + 1);
		n++;
	}
	return n;
}

static relay_stream *give(relay_streams *t, const GByteArray *a, size_t from,
			  size_t to, int64_t ms)
{
	relay_segment g = {.seq = 0xfffffff0u + (uint32_t)from,
			   .payload = span_of(a->data + from, to - from)};

	return relay_streams_add(t, &src, &dst, &g, 0,
				 (clk_mono){ms * CLK_NS_PER_MS});
}

static void test_cut(void)
{
	g_autoptr(GByteArray) a = units(true);

	for (size_t cut = 0; cut <= a->len; cut++) {
		relay_streams *t = relay_streams_new(4);
		uint8_t next = 20;
		unsigned n;

		n = drain(give(t, a, 0, cut, 0), &next);
		n += drain(give(t, a, cut, a->len, 1), &next);
		g_assert_cmpuint(n, ==, 3);
		g_assert_cmpuint(relay_streams_gaps(t), ==, 0);
		relay_streams_free(t);
	}
}

/* The second and third thirds change places, the first comes twice. */
static void test_reorder(void)
{
	g_autoptr(GByteArray) a = units(true);

	for (size_t x = 20; x < a->len; x++)
		for (size_t y = x; y <= a->len; y++) {
			relay_streams *t = relay_streams_new(4);
			uint8_t next = 20;
			unsigned n;

			n = drain(give(t, a, 0, x, 0), &next);
			n += drain(give(t, a, y, a->len, 1), &next);
			n += drain(give(t, a, 0, x, 2), &next);
			n += drain(give(t, a, x, y, 3), &next);
			g_assert_cmpuint(n, ==, 3);
			relay_streams_free(t);
		}
}

/* A segment is missing: the stream goes on behind it, and says so. */
static void test_gap(void)
{
	g_autoptr(GByteArray) a = units(false);
	relay_streams *t = relay_streams_new(4);
	relay_stream *s;
	uint8_t next = 20;

	g_assert_cmpuint(drain(give(t, a, 0, 24, 0), &next), ==, 1);
	g_assert_cmpuint(drain(give(t, a, 49, 60, 1), &next), ==, 0);
	s = give(t, a, 60, 75, 700);
	g_assert_cmpuint(drain(s, &next), ==, 1);
	g_assert_cmpuint(next, ==, 23);
	g_assert_cmpuint(relay_streams_gaps(t), ==, 1);
	relay_streams_free(t);
}

/* Real TLS is given up, and many streams do not need many buffers. */
static void test_foreign(void)
{
	relay_streams *t = relay_streams_new(8);
	g_autoptr(GByteArray) a = g_byte_array_new();
	uint8_t next = 0;

	for (int i = 0; i < 40; i++)
		g_byte_array_append(a, (const uint8_t *)"\x17\3\3\1\0rest", 9);
	for (size_t i = 0; i + 9 <= a->len; i += 9)
		g_assert_cmpuint(drain(give(t, a, i, i + 9, 0), &next), ==, 0);
	g_assert_null(give(t, a, 0, 9, 1));
	for (uint16_t port = 1; port < 1000; port++) {
		net_addr from = {4, {10, 0, 0, 1}, port};
		relay_segment g = {.seq = 1,
				   .payload = span_of("\3\0\0\1x", 5)};

		g_assert_nonnull(relay_streams_add(t, &from, &dst, &g, 0,
						   (clk_mono){0}));
	}
	relay_streams_free(t);
}

/* A stream, and the messages in it: octets to pass over, then octets. */
typedef struct framed {
	const char *name, *octets;
	size_t n;
	uint8_t skip[3], take[3];
} framed;

#define STUN "\0\1\0\4\x21\x12\xa4\x42" "abcdefghijkl" "\x80\x29\0\0"
#define RTP "\x80\0\0\1" "time" "ssrc" "pcmu"

static const framed framings[] = {
	/* Control, data in RFC 4571, and a multiplexed unit: MS-TURN 2.2.3. */
	{"ms-turn", "\2\0\0\x18" STUN "\3\0\0\x12" "\0\x10" RTP
	 "\xff\x10\0\x18" "session." RTP, 4 + 24 + 4 + 18 + 4 + 24,
	 {4, 6, 0}, {24, 16, 28}},
	/* ChannelData is padded to four octets, RFC 5766 11.5. */
	{"turn", STUN "\x40\1\0\x11" RTP "!" "pad" "\x40\1\0\x10" RTP,
	 24 + 24 + 20, {0, 0, 3}, {24, 21, 20}},
	{"rfc4571", "\0\x10" RTP "\0\x18" STUN "\0\x10" RTP,
	 18 + 26 + 18, {2, 2, 2}, {16, 24, 16}},
};

static void take_all(const framed *f, relay_stream *s, unsigned *n, size_t *at)
{
	span m;

	while (s && relay_stream_next(s, &m)) {
		g_assert_cmpuint(*n, <, 3);
		*at += f->skip[*n];
		g_assert_cmpmem(m.p, m.left, f->octets + *at, f->take[*n]);
		*at += f->take[(*n)++];
	}
}

static void test_framing(gconstpointer framing)
{
	const framed *f = framing;
	g_autoptr(GByteArray) a = g_byte_array_new();

	g_byte_array_append(a, (const uint8_t *)f->octets, (guint)f->n);
	for (size_t cut = 0; cut <= a->len; cut++) {
		relay_streams *t = relay_streams_new(4);
		unsigned n = 0;
		size_t at = 0;

		take_all(f, give(t, a, 0, cut, 0), &n, &at);
		take_all(f, give(t, a, cut, a->len, 1), &n, &at);
		g_assert_cmpuint(n, ==, 3);
		g_assert_cmpuint(relay_streams_gaps(t), ==, 0);
		relay_streams_free(t);
	}
}

/* A stream of many messages, as a relay may send it. */
typedef struct script {
	relay_framing framing;
	GRand *rand;
	GByteArray *octets;
	GPtrArray *messages;	/* of GBytes, in the order of their ends */
	GArray *ends;		/* of guint: where each ends in the octets */
	GByteArray *data;	/* media for MS-TURN's units, not sent yet */
	GArray *data_ends;	/* where the messages in it end */
	guint data_sent, n_told;
} script;

static const char stun_head[] = "\0\1\0\4\x21\x12\xa4\x42" "abcdefghijkl";

static void put_be16(GByteArray *a, size_t v)
{
	const uint8_t two[] = {(uint8_t)(v >> 8), (uint8_t)v};

	g_byte_array_append(a, two, 2);
}

static void put_random(script *k, GByteArray *a, size_t n)
{
	for (; n; n--) {
		const uint8_t one = (uint8_t)g_rand_int(k->rand);

		g_byte_array_append(a, &one, 1);
	}
}

static GByteArray *some_stun(script *k)
{
	GByteArray *a = g_byte_array_new();

	g_byte_array_append(a, (const uint8_t *)stun_head, 20);
	put_random(k, a, 4);
	return a;
}

/* RTP; ciphertext may look like anything. */
static GByteArray *some_media(script *k)
{
	GByteArray *a = g_byte_array_new();
	const int kind = g_rand_int_range(k->rand, 0, 8);

	if (kind == 0) {
		g_byte_array_unref(a);
		return some_stun(k);
	}
	g_byte_array_append(a, (const uint8_t *)"\x80\x08", 2);
	put_random(k, a, (size_t)g_rand_int_range(k->rand, 10,
						  kind < 3 ? 1200 : 200));
	return a;
}

static void told(script *k, GByteArray *message)
{
	const guint end = k->octets->len;

	g_ptr_array_add(k->messages, g_byte_array_free_to_bytes(message));
	g_array_append_val(k->ends, end);
}

static void add_turn(script *k)
{
	GByteArray *m = some_media(k), *a = g_byte_array_new();
	static const uint8_t zero[3];

	if (m->data[0] != 0) {
		put_be16(a, 0x4001);
		put_be16(a, m->len);
	}
	g_byte_array_append(a, m->data, m->len);
	g_byte_array_unref(m);
	g_byte_array_append(k->octets, a->data, a->len);
	if (a->data[0])
		g_byte_array_append(k->octets, zero, -a->len & 3);
	told(k, a);
}

static void add_rfc4571(script *k)
{
	GByteArray *m = some_media(k);

	if (g_rand_int_range(k->rand, 0, 10) == 0)
		put_be16(k->octets, 0);
	put_be16(k->octets, m->len);
	g_byte_array_append(k->octets, m->data, m->len);
	told(k, m);
}

/* A data unit with the next octets of the media, wherever they end. */
static void add_unit(script *k, guint n)
{
	n = MIN(n, k->data->len - k->data_sent);
	put_be16(k->octets, 0x0300);
	put_be16(k->octets, n);
	g_byte_array_append(k->octets, k->data->data + k->data_sent, n);
	k->data_sent += n;
	for (guint from = 0; k->n_told < k->data_ends->len; k->n_told++) {
		const guint to = g_array_index(k->data_ends, guint, k->n_told);
		GByteArray *m;

		if (k->n_told)
			from = g_array_index(k->data_ends, guint,
					     k->n_told - 1);
		if (to > k->data_sent)
			break;
		m = g_byte_array_new();
		g_byte_array_append(m, k->data->data + from + 2, to - from - 2);
		told(k, m);
	}
}

static void add_control(script *k)
{
	GByteArray *m = some_stun(k);

	put_be16(k->octets, 0x0200);
	put_be16(k->octets, m->len);
	g_byte_array_append(k->octets, m->data, m->len);
	told(k, m);
}

static void add_ms(script *k)
{
	GByteArray *m = some_media(k);
	guint end;

	put_be16(k->data, m->len);
	g_byte_array_append(k->data, m->data, m->len);
	g_byte_array_unref(m);
	end = k->data->len;
	g_array_append_val(k->data_ends, end);
	switch (g_rand_int_range(k->rand, 0, 4)) {
	case 0:	/* more of them in a unit */
		break;
	case 1:	/* a unit ends anywhere, and control is between two */
		add_unit(k, (guint)g_rand_int_range(k->rand, 1, 300));
		add_control(k);
		break;
	case 2:	/* units of few octets */
		add_unit(k, (guint)g_rand_int_range(k->rand, 1, 5));
		break;
	default:
		add_unit(k, k->data->len);
	}
}

static void script_init(script *k, relay_framing framing, guint32 seed, int n)
{
	*k = (script){framing, g_rand_new_with_seed(seed), g_byte_array_new(),
		      g_ptr_array_new_with_free_func(
			      (GDestroyNotify)g_bytes_unref),
		      g_array_new(FALSE, FALSE, sizeof(guint)),
		      g_byte_array_new(),
		      g_array_new(FALSE, FALSE, sizeof(guint)), 0, 0};
	if (framing == RELAY_FRAMING_MS && seed % 2)
		g_byte_array_append(k->octets,
				    (const uint8_t *)"\x16\3\1\0\2hi", 7);
	for (; n; n--) {
		if (framing == RELAY_FRAMING_TURN)
			add_turn(k);
		else if (framing == RELAY_FRAMING_MS)
			add_ms(k);
		else
			add_rfc4571(k);
	}
	if (framing == RELAY_FRAMING_MS)
		add_unit(k, k->data->len);
}

static void script_clear(script *k)
{
	g_rand_free(k->rand);
	g_byte_array_unref(k->octets);
	g_ptr_array_unref(k->messages);
	g_array_unref(k->ends);
	g_byte_array_unref(k->data);
	g_array_unref(k->data_ends);
}

typedef struct cut {
	guint from, to;
	guint key;	/* its place among the others */
} cut;

static gint cut_compare(gconstpointer a, gconstpointer b)
{
	const cut *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

/* Segments of any size, `mixed` up, some sent again with other limits. */
static GArray *script_cut(script *k, bool mixed)
{
	GArray *cuts = g_array_new(FALSE, FALSE, sizeof(cut));
	const int most = g_rand_boolean(k->rand) ? 1460 : 40;
	guint at = 0, n = 0;

	while (at < k->octets->len) {
		guint size = (guint)g_rand_int_range(k->rand, 1, most);
		cut c = {at, MIN(at + size, k->octets->len), n++};

		at = c.to;
		if (mixed)
			c.key += (guint)g_rand_int_range(k->rand, 0, 16);
		g_array_append_val(cuts, c);
		if (mixed && n % 5 == 0) {
			c.from -= MIN(c.from, size * 2);
			c.to = MIN(c.to, c.from + size * 2);
			c.key = n + (guint)g_rand_int_range(k->rand, 0, 30);
			g_array_append_val(cuts, c);
		}
	}
	g_array_sort(cuts, cut_compare);
	return cuts;
}

static relay_stream *give_cut(relay_streams *t, const script *k, const cut *c,
			      guint n)
{
	return give(t, k->octets, c->from, c->to, n);
}

static void syn(relay_streams *t)
{
	const relay_segment g = {.seq = 0xffffffefu, .syn = true};

	g_assert_null(relay_streams_add(t, &src, &dst, &g, 0, (clk_mono){0}));
}

/* Which message it is, if any, from the `from`th on. */
static guint message_find(const script *k, span m, guint from)
{
	for (guint i = from; i < k->messages->len; i++) {
		gsize n;
		const uint8_t *p = g_bytes_get_data(k->messages->pdata[i], &n);

		if (n == m.left && memcmp(p, m.p, n) == 0)
			return i;
	}
	return k->messages->len;
}

/* However a stream is cut, mixed and repeated, it says the same. */
static void test_any_order(gconstpointer framing)
{
	for (guint32 seed = 0; seed < 400; seed++) {
		relay_streams *t = relay_streams_new(4);
		g_autoptr(GArray) cuts = NULL;
		guint next = 0;
		script k;
		span m;

		script_init(&k, (relay_framing)GPOINTER_TO_INT(framing), seed,
			    60);
		cuts = script_cut(&k, true);
		syn(t);
		for (guint i = 0; i < cuts->len; i++) {
			relay_stream *s = give_cut(
				t, &k, &g_array_index(cuts, cut, i), i / 8);

			if (i % 20 == 0)
				syn(t);
			while (s && relay_stream_next(s, &m)) {
				if (message_find(&k, m, next) != next)
					g_error("seed %u: message %u", seed,
						next);
				next++;
			}
		}
		g_assert_cmpuint(next, ==, k.messages->len);
		g_assert_cmpuint(relay_streams_gaps(t), ==, 0);
		relay_streams_free(t);
		script_clear(&k);
	}
}

/* Receive offload makes one segment of many. */
static void test_large(gconstpointer framing)
{
	relay_streams *t = relay_streams_new(4);
	relay_stream *s;
	guint next = 0;
	script k;
	span m;

	script_init(&k, (relay_framing)GPOINTER_TO_INT(framing), 7, 350);
	g_assert_cmpuint(k.octets->len, >, 60000);
	syn(t);
	s = give(t, k.octets, 0, k.octets->len, 0);
	while (relay_stream_next(s, &m))
		g_assert_cmpuint(message_find(&k, m, next), ==, next++);
	g_assert_cmpuint(next, ==, k.messages->len);
	g_assert_cmpuint(relay_streams_gaps(t), ==, 0);
	relay_streams_free(t);
	script_clear(&k);
}

/* A stream that began anew, of which no SYN was seen, and one far ahead. */
static void test_anew(void)
{
	g_autoptr(GByteArray) a = units(false);
	relay_streams *t = relay_streams_new(4);
	relay_segment g = {.seq = 0x70000000,
			   .payload = span_of(a->data, a->len)};
	uint8_t next = 20;

	g_assert_cmpuint(drain(give(t, a, 0, a->len, 0), &next), ==, 3);
	next = 20;
	g_assert_cmpuint(drain(relay_streams_add(t, &src, &dst, &g, 0,
						 (clk_mono){0}), &next), ==, 3);
	next = 20;
	g.seq -= 2 << 20;
	g_assert_cmpuint(drain(relay_streams_add(t, &src, &dst, &g, 0,
						 (clk_mono){0}), &next), ==, 3);
	relay_streams_free(t);
}

/* More holes at once than are kept count of: the first is given up. */
static void test_many_holes(void)
{
	script k;
	relay_streams *t = relay_streams_new(4);
	guint next = 0;
	span m;

	script_init(&k, RELAY_FRAMING_RFC4571, 3, 60);
	syn(t);
	for (guint at = 0; at + 60 < k.octets->len; at += 60) {
		relay_stream *s = give(t, k.octets, at + (at > 0) * 30,
				       at + 60, 0);

		while (relay_stream_next(s, &m))
			next = message_find(&k, m, next) + 1;
	}
	g_assert_cmpuint(relay_streams_gaps(t), >, 0);
	relay_streams_free(t);
	script_clear(&k);
}

/* The messages that are whole now, by their places in the script. */
static void take_known(relay_stream *s, const script *k, GArray *got)
{
	guint next = got->len ?
		g_array_index(got, guint, got->len - 1) + 1 : 0;
	span m;

	while (s && relay_stream_next(s, &m)) {
		const guint found = message_find(k, m, next);

		if (found == k->messages->len)
			continue;	/* the rest of one behind the hole */
		g_array_append_val(got, found);
		next = found + 1;
	}
}

/* Had are all but those that the octets between the limits belong to; and but
 * for the result, those close behind, which something false was taken for. */
static guint missing(const script *k, const GArray *got, guint from, guint to,
		     guint32 seed)
{
	guint count = 0;

	for (guint i = 0, n = 0; i < k->messages->len; i++) {
		const guint end = g_array_index(k->ends, guint, i);
		const guint begin = i ? g_array_index(k->ends, guint, i - 1)
				      : 0;

		if (n < got->len && g_array_index(got, guint, n) == i) {
			n++;
			continue;
		}
		if (end <= from || (seed % 4 && begin >= to + 8000))
			g_error("seed %u: message %u", seed, i);
		count += begin >= to;
	}
	return count;
}

/* Some octets never come, or capture begins in the middle. */
static void test_any_hole(gconstpointer framing)
{
	guint count = 0;

	for (guint32 seed = 0; seed < 400; seed++) {
		relay_streams *t = relay_streams_new(4);
		g_autoptr(GArray) cuts = NULL;
		g_autoptr(GArray) got = g_array_new(FALSE, FALSE,
						    sizeof(guint));
		guint from = 0, to;
		relay_stream *s;
		script k;

		script_init(&k, (relay_framing)GPOINTER_TO_INT(framing), seed,
			    60);
		cuts = script_cut(&k, false);
		if (seed % 4) {
			syn(t);
			from = (guint)g_rand_int_range(k.rand, 0,
						       (gint)cuts->len / 2);
		}
		to = from + (guint)g_rand_int_range(k.rand, 1, 9);
		for (guint i = 0; i < cuts->len; i++)
			if (i < from || i >= to)
				take_known(give_cut(t, &k, &g_array_index(
					cuts, cut, i), i), &k, got);
		while ((s = relay_streams_late(t, (clk_mono){INT64_MAX})))
			take_known(s, &k, got);
		count += missing(&k, got, g_array_index(cuts, cut, from).from,
				 g_array_index(cuts, cut, to - 1).to, seed);
		relay_streams_free(t);
		script_clear(&k);
	}
	g_test_message("%u messages", count);
	g_assert_cmpuint(count, <, 2000);
}

/* Segments in a row behind a hole are one piece, however many they are, and
 * whether they come forwards or backwards. */
static void row(bool backwards)
{
	relay_streams *t = relay_streams_new(4);
	guint next = 0, n;
	script k;
	span m;

	script_init(&k, RELAY_FRAMING_RFC4571, 3, 60);
	syn(t);
	n = k.octets->len / 30;
	g_assert_cmpuint(n, >, 100);
	for (guint i = 1; i <= n; i++) {
		const guint at = 30 * (backwards ? n + 1 - i : i);

		g_assert_false(relay_stream_next(
			give(t, k.octets, at, MIN(at + 30, k.octets->len), 0),
			&m));
	}
	for (relay_stream *s = give(t, k.octets, 0, 30, 0);
	     relay_stream_next(s, &m);)
		g_assert_cmpuint(message_find(&k, m, next), ==, next++);
	g_assert_cmpuint(next, ==, k.messages->len);
	g_assert_cmpuint(relay_streams_gaps(t), ==, 0);
	relay_streams_free(t);
	script_clear(&k);
}

static void test_row(void)
{
	row(false);
	row(true);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/relay/stream/cut", test_cut);
	g_test_add_func("/relay/stream/reorder", test_reorder);
	g_test_add_func("/relay/stream/gap", test_gap);
	g_test_add_func("/relay/stream/foreign", test_foreign);
	for (size_t i = 0; i < G_N_ELEMENTS(framings); i++) {
		g_autofree char *name = g_strconcat("/relay/stream/framing/",
						    framings[i].name, NULL);

		g_test_add_data_func(name, &framings[i], test_framing);
	}
	g_test_add_func("/relay/stream/anew", test_anew);
	g_test_add_func("/relay/stream/holes", test_many_holes);
	g_test_add_func("/relay/stream/row", test_row);
	for (int i = RELAY_FRAMING_TURN; i <= RELAY_FRAMING_RFC4571; i++) {
		static const char *const names[] = {"", "turn", "ms", "4571"};
		g_autofree char *order = g_strconcat("/relay/stream/order/",
						     names[i], NULL);
		g_autofree char *hole = g_strconcat("/relay/stream/hole/",
						    names[i], NULL);
		g_autofree char *large = g_strconcat("/relay/stream/large/",
						     names[i], NULL);

		g_test_add_data_func(large, GINT_TO_POINTER(i), test_large);
		g_test_add_data_func(order, GINT_TO_POINTER(i), test_any_order);
		g_test_add_data_func(hole, GINT_TO_POINTER(i), test_any_hole);
	}
	return g_test_run();
}
