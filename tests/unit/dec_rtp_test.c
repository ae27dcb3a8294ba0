#include <glib.h>

#include "decoder/rtp.h"
#include "tests/support/hex.h"

static dec_verdict parse(const char *text, dec_rtp *h, span *payload)
{
	static uint8_t b[256];
	const span in = span_of(b, hex_read(text, b, sizeof(b)));
	const dec_verdict v = dec_rtp_parse(in, h);

	return v == DEC_OK ? dec_rtp_payload(h, in, payload) : v;
}

static void test_plain(void)
{
	span payload;
	dec_rtp h;

	g_assert_cmpint(parse("80 88 1234 00000102 deadbeef 414243", &h,
			      &payload), ==, DEC_OK);
	g_assert_cmpuint(h.pt, ==, 8);
	g_assert_true(h.marker);
	g_assert_false(h.padded);
	g_assert_cmpuint(h.seq, ==, 0x1234);
	g_assert_cmpuint(h.ts, ==, 0x102);
	g_assert_cmpuint(h.ssrc, ==, 0xdeadbeef);
	g_assert_cmpuint(h.head, ==, 12);
	g_assert_true(span_eq(payload, "ABC"));
}

/* Two contributors, an extension of one word, four octets of padding. */
static const char full[] = "b2 00 0001 00000000 00000001 0000000a 0000000b"
			   "bede0001 00000000 4142 00000004";

static void test_full(void)
{
	span payload;
	dec_rtp h;

	g_assert_cmpint(parse(full, &h, &payload), ==, DEC_OK);
	g_assert_cmpuint(h.csrcs, ==, 2);
	g_assert_cmpuint(h.csrc, ==, 10);
	g_assert_cmpuint(h.head, ==, 28);
	g_assert_true(span_eq(payload, "AB"));
}

static void test_cut(void)
{
	uint8_t b[64];
	const size_t n = hex_read(full, b, sizeof(b));
	span payload;
	dec_rtp h;

	for (size_t cut = 0; cut < n; cut++) {
		const dec_verdict v = dec_rtp_parse(span_of(b, cut), &h);

		g_assert_cmpint(v, ==, cut < 28 ? DEC_SHORT : DEC_OK);
	}
	g_assert_cmpint(dec_rtp_payload(&h, span_of(b, 27), &payload), ==,
			DEC_SHORT);
}

static void test_bad(void)
{
	span payload;
	dec_rtp h;

	g_assert_cmpint(parse("40 00 0001 00000000 00000001", &h, &payload), ==,
			DEC_BAD);
	g_assert_cmpint(parse("a0 00 0001 00000000 00000001", &h, &payload), ==,
			DEC_SHORT);
	g_assert_cmpint(parse("a0 00 0001 00000000 00000001 00", &h, &payload),
			==, DEC_BAD);
	g_assert_cmpint(parse("a0 00 0001 00000000 00000001 4103", &h,
			      &payload), ==, DEC_BAD);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/rtp/plain", test_plain);
	g_test_add_func("/decoder/rtp/full", test_full);
	g_test_add_func("/decoder/rtp/cut", test_cut);
	g_test_add_func("/decoder/rtp/bad", test_bad);
	return g_test_run();
}
