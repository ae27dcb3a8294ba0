/* TCP streams of relays: however they are cut, reordered or torn. */
#include "relay_capture/stream.h"

#include <glib.h>

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

	return relay_streams_add(t, &src, &dst, &g,
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

		g_assert_nonnull(relay_streams_add(t, &from, &dst, &g,
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
	 {4, 4, 0}, {24, 18, 28}},
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
	return g_test_run();
}
