#include "ice_rewriter/payload.h"

#include <glib.h>

#include "tests/support/ice_oracle.h"

#define SDP(m, maps) \
	"v=0\r\nc=IN IP4 203.0.113.67\r\nm=audio 42036 RTP/SAVP" m "\r\n" \
	"a=candidate:2 1 UDP 1 203.0.113.67 42036 typ relay\r\n" maps

static const char *const decodable[] = {"PCMU", "PCMA", "g722/8000", "RED",
					NULL};

static ice_report expect_of(const ice_plan *p, const char *x, const char *y)
{
	span got = span_str(x);
	ice_report r;

	(void)oracle_check(p, span_str("application/sdp"), span_str(x), &got,
			   &r);
	g_autofree char *text = span_dup(got);
	g_assert_cmpstr(text, ==, y);
	return r;
}

static unsigned expect(const char *x, const char *y)
{
	ice_plan p = ice_plan_default();

	p.decodable = decodable;
	return expect_of(&p, x, y).media[0].payloads_dropped;
}

static void test_drop(void)
{
	unsigned n = expect(
		SDP(" 117 104 114 9 0  8 97 13 118 101 ",
		    "a=rtpmap:117 G722/8000/2\r\na=rtpmap:104 SILK/16000\r\n"
		    "a=fmtp:104 useinbandfec=1; usedtx=0\r\n"
		    "a=rtpmap:114 x-msrta/16000\r\na=fmtp:114 bitrate=29000\r\n"
		    "a=rtcp-fb:114 nack\r\na=rtcp-fb:* x-message app\r\n"
		    "a=x-caps:114 1\r\na=rtpmap:9 G722/8000/1\r\n"
		    "a=rtpmap:97 RED/8000\r\na=rtpmap:118 CN/16000\r\n"
		    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
		    "a=rtpmap:99 unlisted/8000\r\n"),
		SDP(" 9 0  8 97 13 118 101 ",
		    "a=rtcp-fb:* x-message app\r\na=rtpmap:9 G722/8000/1\r\n"
		    "a=rtpmap:97 RED/8000\r\na=rtpmap:118 CN/16000\r\n"
		    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
		    "a=rtpmap:99 unlisted/8000\r\n"));
	g_assert_cmpuint(n, ==, 3);
}

/* What decodes nothing by itself does not count as decodable. */
static void test_none_left(void)
{
	const char *x = SDP(" 114 97 13 101 3", "a=rtpmap:114 x-msrta/16000\r\n"
						"a=rtpmap:97 RED/8000\r\n");

	g_assert_cmpuint(expect(x, x), ==, 0);
}

/* An rtpmap may give a static number another meaning (RFC 3551 3). */
static void test_remapped(void)
{
	expect(SDP(" 0 8", "a=rtpmap:0 x-msrta/8000\r\n"), SDP(" 8", ""));
	expect(SDP(" 96 8 18", "a=rtpmap:96 pcmu/8000\r\n"),
	       SDP(" 96 8", "a=rtpmap:96 pcmu/8000\r\n"));
}

/* A dynamic number without rtpmap can be anything: nobody can decode it. */
static void test_unmapped(void)
{
	expect(SDP(" 100 8", ""), SDP(" 8", ""));
}

/* RFC 3551 6: what a number means that no rtpmap explains. */
static void test_static(void)
{
	static const struct {
		unsigned pt;
		const char *name;
	} fixed[] = {
		{0, "PCMU/8000"}, {3, "GSM/8000"}, {4, "G723/8000"},
		{5, "DVI4/8000"}, {6, "DVI4/16000"}, {7, "LPC/8000"},
		{8, "PCMA/8000"}, {9, "G722/8000"}, {10, "L16/44100/2"},
		{11, "L16/44100"}, {12, "QCELP/8000"}, {14, "MPA/90000"},
		{15, "G728/8000"}, {16, "DVI4/11025"}, {17, "DVI4/22050"},
		{18, "G729/8000"}, {26, "JPEG/90000"}, {31, "H261/90000"},
		{32, "MPV/90000"}, {34, "H263/90000"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(fixed); i++) {
		const char *const one[] = {fixed[i].name, NULL};
		g_autofree char *list = g_strdup_printf(" %u", fixed[i].pt);
		g_autofree char *x = g_strconcat(
			"v=0\r\nc=IN IP4 203.0.113.67\r\n"
			"m=audio 42036 RTP/SAVP 100", list, "\r\n"
			"a=candidate:2 1 UDP 1 203.0.113.67 42036 typ "
			"relay\r\n", NULL);
		g_autofree char *y = g_strdup(x);
		char *gone = strstr(y, " 100");
		ice_plan p = ice_plan_default();

		memmove(gone, gone + 4, strlen(gone + 4) + 1);
		p.decodable = one;
		expect_of(&p, x, y);
	}
}

/* The list ends at the first word that is no payload type. */
static void test_odd_list(void)
{
	expect(SDP(" 114 0 word 18", "a=rtpmap:114 x-msrta/16000\r\n"),
	       SDP(" 0 word 18", ""));
}

static void test_off(void)
{
	const char *x = SDP(" 18 8", "");
	ice_plan p = ice_plan_default();

	expect_of(&p, x, x);
	p.decodable = decodable;
	p.drop_undecodable = false;
	expect_of(&p, x, x);
}

/* After ICE the candidates are left alone, but a codec that was dropped must
 * not come back. */
static void test_final(void)
{
	expect(SDP(" 18 8", "a=remote-candidates:1 203.0.113.67 1\r\n"),
	       SDP(" 8", "a=remote-candidates:1 203.0.113.67 1\r\n"));
}

static void test_cryptoscale(void)
{
	const char *alone = SDP(" 0", "a=cryptoscale:1 client K x\r\n");
	ice_plan p = ice_plan_default();

	p.drop_cryptoscale = true;
	expect_of(&p, SDP(" 0", "a=cryptoscale:1 client K x\r\n"
				"a=crypto:2 K x\r\n"),
		  SDP(" 0", "a=crypto:2 K x\r\n"));
	/* The only key is never taken. */
	expect_of(&p, alone, alone);
	p.drop_cryptoscale = false;
	p.drop_bypassid = true;
	expect_of(&p, "a=x-bypassid:1\r\n"
		  SDP(" 0", "a=cryptoscale:1 client K x\r\na=crypto:2 K x\r\n"
			    "a=x-bypassid:2\r\n"),
		  SDP(" 0", "a=cryptoscale:1 client K x\r\n"
			    "a=crypto:2 K x\r\n"));
}

static void test_cut(void)
{
	const char *x = SDP(" 114 9 0 101",
			    "a=rtpmap:114 x-msrta/16000\r\n"
			    "a=fmtp:114 bitrate=29000\r\n");
	ice_plan p = ice_plan_default();
	ice_report r;
	span y;

	p.decodable = decodable;
	for (size_t n = 0; n < strlen(x); n++) {
		g_autofree char *exact = g_memdup2(x, n + !n);

		oracle_check(&p, span_str("application/sdp"), span_of(exact, n),
			     &y, &r);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ice/payload/drop", test_drop);
	g_test_add_func("/ice/payload/none-left", test_none_left);
	g_test_add_func("/ice/payload/remapped", test_remapped);
	g_test_add_func("/ice/payload/static", test_static);
	g_test_add_func("/ice/payload/unmapped", test_unmapped);
	g_test_add_func("/ice/payload/odd-list", test_odd_list);
	g_test_add_func("/ice/payload/off", test_off);
	g_test_add_func("/ice/payload/final", test_final);
	g_test_add_func("/ice/payload/cryptoscale", test_cryptoscale);
	g_test_add_func("/ice/payload/cut", test_cut);
	return g_test_run();
}
