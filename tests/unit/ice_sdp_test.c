#include "ice_rewriter/sdp.h"

#include <glib.h>

static void check_text(span s, const char *text)
{
	g_autofree char *got = span_dup(s);

	g_assert_cmpstr(got, ==, text);
}

static void test_line(void)
{
	span in = span_str("m=audio 1\r\na=RTCP :5:6\na=rtcp-mux\r\nx\n\nc=");
	ice_line l;

	g_assert_true(ice_line_next(&in, &l));
	g_assert_cmpint(l.type, ==, 'm');
	check_text(l.raw, "m=audio 1\r\n");
	check_text(l.value, "audio 1");
	g_assert_true(ice_line_next(&in, &l));
	g_assert_cmpint(l.attr, ==, ICE_A_RTCP);
	check_text(l.value, "5:6");
	g_assert_true(ice_line_next(&in, &l));
	g_assert_cmpint(l.type, ==, 'a');
	g_assert_cmpint(l.attr, ==, ICE_A_NONE);
	check_text(l.value, "");
	g_assert_true(ice_line_next(&in, &l));
	g_assert_cmpint(l.type, ==, 0);
	g_assert_true(ice_line_next(&in, &l));
	check_text(l.raw, "\n");
	g_assert_true(ice_line_next(&in, &l));
	g_assert_cmpint(l.type, ==, 'c');
	check_text(l.value, "");
	g_assert_false(ice_line_next(&in, &l));
}

static void test_attrs(void)
{
	static const struct {
		const char *line;
		ice_attr is;
	} row[] = {
		{"a=candidate:1", ICE_A_CANDIDATE},
		{"a=x-candidate-ipv6:1", ICE_A_CANDIDATE},
		{"a=rtcp:1", ICE_A_RTCP},
		{"a=rtpmap:1", ICE_A_RTPMAP},
		{"a=fmtp:1", ICE_A_FMTP},
		{"a=rtcp-fb:1", ICE_A_RTCP_FB},
		{"a=x-caps:1", ICE_A_CAPS},
		{"a=crypto:1", ICE_A_CRYPTO},
		{"a=cryptoscale:1", ICE_A_CRYPTOSCALE},
		{"a=x-bypassid:1", ICE_A_BYPASSID},
		{"a=remote-candidates:1", ICE_A_REMOTES},
		{"a=remote-candidate:1", ICE_A_REMOTE},
		{"a=ice-mismatch", ICE_A_MISMATCH},
		{"a=Ice-Mismatch", ICE_A_MISMATCH},
		{"a=x-candidate-info:1", ICE_A_NONE},
		{"a=", ICE_A_NONE},
		{"c=rtcp:1", ICE_A_NONE},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
		span in = span_str(row[i].line);
		ice_line l;

		g_assert_true(ice_line_next(&in, &l));
		g_assert_cmpint(l.attr, ==, row[i].is);
	}
}

static void test_mline(void)
{
	static const char *const bad[] = {"", "audio", "audio 1", "audio x y",
					  "audio 65536 y", "audio 1x y"};
	ice_mline m;

	g_assert_true(ice_mline_parse(span_str("audio 50052/2 RTP/SAVP 9 0"),
				      &m));
	check_text(m.kind, "audio");
	check_text(m.port, "50052");
	g_assert_cmpuint(m.number, ==, 50052);
	check_text(m.proto, "RTP/SAVP");
	check_text(m.formats, " 9 0");
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(ice_mline_parse(span_str(bad[i]), &m));
}

static void test_conn(void)
{
	static const char *const bad[] = {"", "IN", "IN IP4", "ATM NSAP x"};
	ice_conn c;

	g_assert_true(ice_conn_parse(span_str("IN IP4 10.0.0.1 "), &c));
	check_text(c.family, "IP4");
	check_text(c.host, "10.0.0.1");
	g_assert_cmpint(c.ip.family, ==, 4);
	g_assert_true(ice_conn_parse(span_str("IN IP4 a.example"), &c));
	g_assert_cmpint(c.ip.family, ==, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(ice_conn_parse(span_str(bad[i]), &c));
}

static void test_rtcp(void)
{
	static const char *const bad[] = {"", "x", "65536", "5 IN", "5 6",
					  "5 IN IP4"};
	ice_rtcp r;

	g_assert_true(ice_rtcp_parse(span_str("5001 "), &r));
	g_assert_cmpuint(r.number, ==, 5001);
	g_assert_cmpuint(r.conn.host.left, ==, 0);
	g_assert_true(ice_rtcp_parse(span_str("5001 IN IP6 ::1"), &r));
	check_text(r.port, "5001");
	check_text(r.conn.host, "::1");
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(ice_rtcp_parse(span_str(bad[i]), &r));
}

static const char whole[] =
	"v=0\r\nc=IN IP4 10.0.0.1\r\na=candidate:9 1 UDP 1 10.0.0.1 1 typ host\r\n"
	"m=audio 5000 RTP/AVP 0\r\nc=IN IP4 10.0.0.2\r\nc=IN IP4 10.0.0.3\r\n"
	"A=candidate:not this\r\n"
	"a=CANDIDATE:1 1 UDP 1 10.0.0.1 5000 typ host\r\n"
	"a=X-Candidate-IPv6:2 2 UDP 1 2001:db8::1 5000 typ relay\r\n"
	"a=candidate:unreadable\r\na=candidate:3 1 UDP 1 h.local 1 typ host\r\n"
	"a=crypto:1 x\r\na=rtcp:5001\r\na=rtcp:5003\r\na=ice-mismatch\r\n"
	"m=Video 0 RTP/AVP 122\r\na=remote-candidates:1 10.0.0.9 1\r\n"
	"m=application 1 TCP/RTP/AVP 127\r\n";

static const char *read_sdp(ice_sdp *s, span text)
{
	ice_plan p = ice_plan_default();
	ice_known k;

	ice_known_init(&k);
	return ice_sdp_read(s, text, false, &p, &k);
}

static void test_sections(void)
{
	ice_sdp s;
	const ice_section *a = &s.section[0];

	g_assert_null(read_sdp(&s, span_str(whole)));
	g_assert_cmpuint(s.n, ==, 3);
	g_assert_cmpuint(s.n_cand, ==, 4);
	check_text(s.conn.host, "10.0.0.1");
	g_assert_cmpuint(a->n, ==, 4);
	check_text(a->conn.host, "10.0.0.2");
	g_assert_cmpuint(a->rtcp.number, ==, 5001);
	g_assert_true(a->crypto && a->mismatch && !a->final);
	g_assert_false(s.cand[0].relay);
	g_assert_true(s.cand[1].relay);
	g_assert_cmpint(s.cand[1].component, ==, 2);
	g_assert_true(s.cand[2].odd);
	g_assert_cmpint(s.cand[3].at.family, ==, 0);
	g_assert_cmpint(s.section[1].kind, ==, ICE_VIDEO);
	g_assert_true(s.section[1].final);
	g_assert_cmpint(s.section[2].kind, ==, ICE_OTHER);
	g_assert_true(ice_pts_has(&s.section[2].payloads.listed, 127));
}

static void test_cut(void)
{
	for (size_t n = 0; n < sizeof(whole); n++) {
		g_autofree char *exact = g_memdup2(whole, n + !n);
		ice_sdp s;
		const char *why = read_sdp(&s, span_of(exact, n));

		g_assert_cmpuint(s.n, <=, 3);
		g_assert_cmpuint(s.n_cand, <=, 4);
		if (why)
			g_assert_nonnull(strstr(why, "m= line"));
	}
}

/* The three rules for a draft-06 line, and where each of them ends. */
static void test_known(void)
{
	const char *relay = "i 1 p UDP 0.410 198.51.100.1 5";
	const char *host = "i 1 p UDP 0.830 198.51.100.1 5";
	ice_plan p = ice_plan_default();
	ice_known k;
	net_addr at;

	g_assert_true(net_addr_parse(span_str("198.51.100.1"), 5, &at));
	ice_known_init(&k);
	g_assert_true(ice_known_relay(&k, &p, span_str(relay), &at));
	g_assert_false(ice_known_relay(&k, &p, span_str(host), &at));
	g_assert_false(ice_known_relay(
		&k, &p, span_str("i 1 p UDP 0.500 198.51.100.1 5"), &at));
	g_assert_false(ice_known_relay(
		&k, &p, span_str("i 1 p UDP high 198.51.100.1 5"), &at));
	g_assert_true(ice_known_read(
		&k, span_str("a=candidate:1 1 UDP 1 198.51.100.1 7 typ host")));
	g_assert_false(ice_known_relay(&k, &p, span_str(relay), &at));
	g_assert_true(ice_known_read(
		&k,
		span_str("a=candidate:1 1 UDP 1 198.51.100.1 8 typ relay")));
	g_assert_true(ice_known_relay(&k, &p, span_str(relay), &at));
	g_assert_false(ice_known_relay(&k, &p, span_str(host), &at));
	p.edges = &at;
	p.n_edges = 1;
	g_assert_true(ice_known_relay(&k, &p, span_str(host), &at));
}

/* What was put out of use keeps its q-value and is a relay no more. */
static void test_known_dead(void)
{
	const char *line = "i 1 p UDP 0.410 192.0.2.1 9";
	ice_plan p = ice_plan_default();
	ice_known k;

	ice_known_init(&k);
	g_assert_true(ice_known_relay(&k, &p, span_str(line), &p.dead4));
	p.method = ICE_PORT_ADDRESS;
	g_assert_false(ice_known_relay(&k, &p, span_str(line), &p.dead4));
	g_assert_false(ice_known_relay(&k, &p, span_str(line), &p.dead6));
}

static void test_known_many(void)
{
	g_autoptr(GString) x = g_string_new(NULL);
	ice_known k;

	ice_known_init(&k);
	for (unsigned i = 0; i <= ICE_KNOWN_MAX; i++) {
		g_string_append_printf(
			x, "a=candidate:1 1 UDP 1 10.0.0.%u 7 typ relay\n", i);
		g_assert_cmpint(ice_known_read(&k, span_str(x->str)), ==,
				i < ICE_KNOWN_MAX);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ice/sdp/line", test_line);
	g_test_add_func("/ice/sdp/attrs", test_attrs);
	g_test_add_func("/ice/sdp/mline", test_mline);
	g_test_add_func("/ice/sdp/conn", test_conn);
	g_test_add_func("/ice/sdp/rtcp", test_rtcp);
	g_test_add_func("/ice/sdp/sections", test_sections);
	g_test_add_func("/ice/sdp/cut", test_cut);
	g_test_add_func("/ice/known/rules", test_known);
	g_test_add_func("/ice/known/dead", test_known_dead);
	g_test_add_func("/ice/known/many", test_known_many);
	return g_test_run();
}
