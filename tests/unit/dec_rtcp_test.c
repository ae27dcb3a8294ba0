#include <glib.h>

#include "decoder/rtcp.h"
#include "tests/support/hex.h"

/* A sender report with one block and a profile extension behind it (MS-RTP
 * 2.2.11), an SDES whose text ends in NUL, a BYE of two sources. */
static const char compound[] =
	"81c8000f deadbeef 0102030405060708 0000abcd 00000010 00000a00"
	"00000001 00000000 00000000 00000000 00000000 00000000"
	"0001000c 00000001 fffffffd"
	"81ca0003 deadbeef 01036100 00000000"
	"82cb0002 deadbeef 0badcafe";

static void test_compound(void)
{
	uint8_t b[256];
	span in = span_of(b, hex_read(compound, b, sizeof(b)));
	uint32_t ssrc;
	dec_rtcp p;
	dec_sr sr;

	g_assert_true(dec_rtcp_next(&in, &p));
	g_assert_true(dec_rtcp_sr(&p, &sr));
	g_assert_cmpuint(sr.ssrc, ==, 0xdeadbeef);
	g_assert_cmpuint(sr.ntp, ==, 0x0102030405060708);
	g_assert_cmpuint(sr.ts, ==, 0xabcd);
	g_assert_cmpuint(sr.packets, ==, 16);
	g_assert_cmpuint(sr.octets, ==, 2560);
	g_assert_false(dec_rtcp_bye(&p, 0, &ssrc));
	g_assert_true(dec_rtcp_next(&in, &p));
	g_assert_cmpuint(p.type, ==, DEC_RTCP_SDES);
	g_assert_false(dec_rtcp_sr(&p, &sr));
	g_assert_true(dec_rtcp_next(&in, &p));
	g_assert_true(dec_rtcp_bye(&p, 0, &ssrc));
	g_assert_cmpuint(ssrc, ==, 0xdeadbeef);
	g_assert_true(dec_rtcp_bye(&p, 1, &ssrc));
	g_assert_cmpuint(ssrc, ==, 0x0badcafe);
	g_assert_false(dec_rtcp_bye(&p, 2, &ssrc));
	g_assert_false(dec_rtcp_next(&in, &p));
}

/* A probe: a report alone, without blocks (MS-RTPME 2.2.2). */
static void test_alone(void)
{
	uint8_t b[64];
	span in = span_of(b, hex_read("80c80006 00000001 0000000000000002"
				      "00000003 00000004 00000005",
				      b, sizeof(b)));
	dec_rtcp p;
	dec_sr sr;

	g_assert_true(dec_rtcp_next(&in, &p));
	g_assert_true(dec_rtcp_sr(&p, &sr));
	g_assert_cmpuint(sr.ts, ==, 3);
}

static void test_cut(void)
{
	uint8_t b[64];
	const size_t n = hex_read("80c80006 00000001 0000000000000002"
				  "00000003 00000004 00000005",
				  b, sizeof(b));
	dec_rtcp p;
	dec_sr sr;

	for (size_t cut = 0; cut < n; cut++) {
		span in = span_of(b, cut);

		g_assert_false(dec_rtcp_next(&in, &p));
	}
	/* Shorter than a sender report, though whole. */
	b[3] = 5;
	for (span in = span_of(b, n - 4); dec_rtcp_next(&in, &p);)
		g_assert_false(dec_rtcp_sr(&p, &sr));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/rtcp/compound", test_compound);
	g_test_add_func("/decoder/rtcp/alone", test_alone);
	g_test_add_func("/decoder/rtcp/cut", test_cut);
	return g_test_run();
}
