/* Where messages begin and end in a relay's TCP stream. */
#include "relay_capture/framing.h"

#include <glib.h>

#define COOKIE "\x21\x12\xa4\x42"
#define CHECK "\0\1\0\4" COOKIE "abcdefghijkl" "\x80\x29\0\0"
#define CHECK_06 "\0\1\0\4" "abcdefghijklmnop" "\0\6\0\0"
#define RTP "\x80\0\0\1" "time" "ssrc" "pcmu"

/* A stream's beginning: how it is framed, where its first message is. */
typedef struct fact {
	const char *name, *octets;
	size_t n;
	relay_framing framing;
	uint8_t head, len, all;
} fact;

#define FACT(name, octets, ...) \
	{ name, octets, sizeof(octets) - 1, __VA_ARGS__ }

static const fact facts[] = {
	FACT("channel", "\x40\0\0\x11" RTP "!pad", RELAY_FRAMING_TURN, 0, 21,
	     24),
	FACT("turn", CHECK, RELAY_FRAMING_TURN, 0, 24, 24),
	FACT("control", "\2\0\0\x18" CHECK, RELAY_FRAMING_MS, 4, 28, 28),
	FACT("data", "\3\0\0\x12" "\0\x10" RTP, RELAY_FRAMING_MS, 4, 22, 22),
	FACT("session", "\xff\x10\0\x18" "session." RTP, RELAY_FRAMING_MS, 0,
	     28, 28),
	FACT("rtp", "\0\x10" RTP, RELAY_FRAMING_RFC4571, 2, 18, 18),
	FACT("check", "\0\x18" CHECK, RELAY_FRAMING_RFC4571, 2, 26, 26),
	/* It has no cookie, but fills what its length says. */
	FACT("check-06", "\0\x18" CHECK_06, RELAY_FRAMING_RFC4571, 2, 26, 26),
	FACT("dtls", "\0\x10" "\x16\xfe\xfd" "key exchange.",
	     RELAY_FRAMING_RFC4571, 2, 18, 18),
	FACT("null", "\0\0\0\x10" RTP, RELAY_FRAMING_RFC4571, 2, 2, 2),
	FACT("hello", "\x16\3\1\0\4" "helloooo", RELAY_FRAMING_UNKNOWN, 9, 9,
	     9),
};

static void test_fact(gconstpointer data)
{
	const fact *f = data;
	relay_reader r;
	relay_cut c;
	span in;

	for (size_t cut = 0; cut < f->all; cut++) {
		g_autofree uint8_t *exact = g_memdup2(f->octets, cut);

		r = (relay_reader){0};
		in = span_of(exact, cut);
		g_assert_cmpint(relay_reader_next(&r, &in, &c), ==,
				RELAY_FIT_LATER);
		g_assert_cmpuint(in.left, ==, cut);
	}
	r = (relay_reader){0};
	in = span_of(f->octets, f->n);
	g_assert_cmpint(relay_reader_next(&r, &in, &c), ==, RELAY_FIT);
	g_assert_cmpint(r.framing, ==, f->framing);
	g_assert_cmpuint(c.head, ==, f->head);
	g_assert_cmpuint(c.len, ==, f->len);
	g_assert_cmpuint(c.all, ==, f->all);
	g_assert_cmpint(c.data, ==, f->framing == RELAY_FRAMING_MS &&
					    f->octets[0] == 3);
}

/* Media of 512 or 768 octets begins as MS-TURN's units do. */
static void test_alike(void)
{
	for (uint8_t high = 2; high <= 3; high++) {
		uint8_t octets[2 + 768] = {high, 0, 0x80, 0};
		relay_reader r = {0};
		relay_cut c;
		span in = span_of(octets, 2u + high * 256u);

		g_assert_cmpint(relay_reader_next(&r, &in, &c), ==, RELAY_FIT);
		g_assert_cmpint(r.framing, ==, RELAY_FRAMING_RFC4571);
		g_assert_cmpuint(c.all, ==, in.left);
	}
}

static relay_fit next_of(relay_reader *r, const char *octets, size_t n,
			 relay_cut *c)
{
	span in = span_of(octets, n);

	return relay_reader_next(r, &in, c);
}

/* No messages: text, TLS, and what is too long to be one. */
static void test_foreign(void)
{
	static const char text[] = "GET / HTTP/1.1 and so on";
	static const char tls[] = "\x17\3\3\1\0" "and so on and on";
	static const char noise[] = "\5\5\5\5" "\5\5\5\5" "\5\5\5\5\5";
	relay_reader r = {0};
	relay_cut c;

	g_assert_cmpint(next_of(&r, noise, sizeof(noise), &c), ==,
			RELAY_FIT_NONE);
	g_assert_true(r.lost);
	/* Real TLS does not follow a length. */
	r = (relay_reader){0};
	g_assert_cmpint(next_of(&r, "\0\x10\x16\3\3" "key exchange.", 18, &c),
			==, RELAY_FIT_NONE);
	r = (relay_reader){0};
	g_assert_cmpint(next_of(&r, text, sizeof(text), &c), !=, RELAY_FIT);
	r = (relay_reader){.lost = true};
	for (int i = 0; i < 8; i++) {
		g_assert_cmpint(r.framing, !=, RELAY_FRAMING_FOREIGN);
		g_assert_cmpint(next_of(&r, tls, sizeof(tls), &c), ==,
				RELAY_FIT_LATER);
	}
	g_assert_cmpint(r.framing, ==, RELAY_FRAMING_FOREIGN);
	g_assert_cmpint(next_of(&r, "\0\x10" RTP, 18, &c), ==,
			RELAY_FIT_LATER);
}

/* Behind a hole: what cannot be a message is passed over. */
static void test_find(void)
{
	static const char octets[] = "its end" "\x40\1\0\x10" RTP
				     "\x40\1\0\x10" RTP;
	relay_reader r = {.lost = true};
	span in = span_of(octets, sizeof(octets) - 1);
	relay_cut c;

	g_assert_cmpint(relay_reader_next(&r, &in, &c), ==, RELAY_FIT);
	g_assert_cmpint(r.framing, ==, RELAY_FRAMING_TURN);
	g_assert_cmpuint(in.left, ==, 40);
	g_assert_cmpuint(c.all, ==, 20);
	g_assert_true(r.lost);	/* until more follow */
}

/* Of a data unit: with a length, with none, half of one. */
static void test_data(void)
{
	static const char frame[] = "\0\x10" RTP, check[] = CHECK_06;
	relay_reader r = {0};
	relay_cut c;
	span in = span_of(frame, 18);

	g_assert_cmpint(relay_reader_next_data(&r, &in, true, &c), ==,
			RELAY_FIT);
	g_assert_cmpuint(c.head, ==, 2);
	g_assert_cmpuint(c.all, ==, 18);
	in = span_of(frame, 17);
	g_assert_cmpint(relay_reader_next_data(&r, &in, true, &c), ==,
			RELAY_FIT_LATER);
	in = span_of(frame + 2, 16);
	g_assert_cmpint(relay_reader_next_data(&r, &in, true, &c), ==,
			RELAY_FIT);
	g_assert_cmpuint(c.head, ==, 0);
	g_assert_cmpuint(c.all, ==, 16);
	in = span_of(check, 24);
	g_assert_cmpint(relay_reader_next_data(&r, &in, true, &c), ==,
			RELAY_FIT);
	g_assert_cmpuint(c.all, ==, 24);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(facts); i++) {
		g_autofree char *name = g_strconcat("/relay/framing/",
						    facts[i].name, NULL);

		g_test_add_data_func(name, &facts[i], test_fact);
	}
	g_test_add_func("/relay/framing/alike", test_alike);
	g_test_add_func("/relay/framing/foreign", test_foreign);
	g_test_add_func("/relay/framing/find", test_find);
	g_test_add_func("/relay/framing/next-data", test_data);
	return g_test_run();
}
