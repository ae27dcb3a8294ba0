#include "ice_rewriter/ice.h"

#include <glib.h>

#include "tests/support/ice_oracle.h"

#define HOST \
	"a=candidate:1 1 UDP 2130706431 10.0.0.1 5000 typ host\r\n" \
	"a=candidate:1 2 UDP 2130705918 10.0.0.1 5001 typ host\r\n"
#define RELAY \
	"a=candidate:2 1 UDP 184548351 203.0.113.67 42036 typ relay\r\n" \
	"a=candidate:2 2 UDP 184547838 203.0.113.67 49460 typ relay\r\n"
#define RELAY_NEXT \
	"a=candidate:2 1 UDP 184548351 203.0.113.67 42036 typ relay\r\n" \
	"a=candidate:2 2 UDP 184547838 203.0.113.67 42037 typ relay\r\n"
#define RELAY_APART \
	"a=candidate:2 1 UDP 184548351 203.0.113.67 42036 typ relay\r\n" \
	"a=candidate:2 2 UDP 184547838 203.0.113.68 42037 typ relay\r\n"
#define OLD_C "c=IN IP4 10.0.0.1\r\n"
#define NEW_C "c=IN IP4 203.0.113.67\r\n"

static ice_report expect_of(ice_method m, const char *x, const char *y)
{
	ice_plan p = ice_plan_default();
	span got = span_str(x);
	ice_report r;

	p.method = m;
	(void)oracle_check(&p, span_str("application/sdp"), span_str(x), &got,
			   &r);
	g_autofree char *text = span_dup(got);
	g_assert_cmpstr(text, ==, y);
	return r;
}

/* What the method `remove` makes of it, audio recorded. */
static ice_report expect(const char *x, const char *y)
{
	return expect_of(ICE_REMOVE, x, y);
}

static void test_session_conn(void)
{
	expect("v=0\r\n" OLD_C "m=audio 5000 RTP/AVP 0\r\n" HOST RELAY
	       "a=rtcp:5001\r\n",
	       "v=0\r\n" NEW_C "m=audio 42036 RTP/AVP 0\r\n" RELAY
	       "a=rtcp:49460\r\n");
}

/* Both c= lines govern nothing but this section. */
static void test_media_conn(void)
{
	expect("v=0\r\nc=IN IP4 10.9.9.9\r\nm=audio 5000/2 RTP/AVP 0\r\ni=x\r\n"
	       OLD_C "c=IN IP4 10.0.0.1 \r\nb=AS:1\r\n" HOST RELAY
	       "a=rtcp:5001\r\n",
	       "v=0\r\nc=IN IP4 10.9.9.9\r\nm=audio 42036/2 RTP/AVP 0\r\ni=x\r\n"
	       NEW_C "c=IN IP4 203.0.113.67 \r\nb=AS:1\r\n" RELAY
	       "a=rtcp:49460\r\n");
}

/* Video is not recorded and relies on the session's c=: audio gets its own,
 * behind i= and before b= and a=. */
static void test_shared_conn(void)
{
	const char *video = "m=video 6000 RTP/AVP 122\r\n"
			    "a=candidate:1 1 UDP 1 10.0.0.1 6000 typ host\r\n";
	g_autofree char *x = g_strconcat(
		"v=0\r\n" OLD_C "m=audio 5000 RTP/AVP 0\r\ni=x\r\nb=AS:1\r\n"
		HOST RELAY "a=rtcp:5001\r\n", video, NULL);
	g_autofree char *y = g_strconcat(
		"v=0\r\n" OLD_C "m=audio 42036 RTP/AVP 0\r\ni=x\r\n" NEW_C
		"b=AS:1\r\n" RELAY "a=rtcp:49460\r\n", video, NULL);

	expect(x, y);
}

/* A refused stream does not use the session's c=, nor one with its own. */
static void test_shared_with_nobody(void)
{
	expect("v=0\n" "c=IN IP4 10.0.0.1\n"
	       "m=video 0 RTP/AVP 122\n"
	       "m=video 6000 RTP/AVP 122\nc=IN IP4 10.0.0.1\n"
	       "m=audio 5000 RTP/AVP 0\n" HOST RELAY_NEXT,
	       "v=0\n" "c=IN IP4 203.0.113.67\n"
	       "m=video 0 RTP/AVP 122\n"
	       "m=video 6000 RTP/AVP 122\nc=IN IP4 10.0.0.1\n"
	       "m=audio 42036 RTP/AVP 0\n" RELAY_NEXT);
}

/* Two recorded streams on relays of two addresses. */
static void test_two_relays(void)
{
	const char *second =
		"a=candidate:2 1 UDP 1 203.0.113.99 7000 typ relay\r\n";
	g_autofree char *x = g_strconcat(
		"v=0\r\n" OLD_C "m=audio 5000 RTP/AVP 0\r\n" HOST RELAY_NEXT
		"m=audio 5000 RTP/AVP 0\r\n" HOST, second, NULL);
	g_autofree char *y = g_strconcat(
		"v=0\r\n" NEW_C "m=audio 42036 RTP/AVP 0\r\n" RELAY_NEXT
		"m=audio 7000 RTP/AVP 0\r\nc=IN IP4 203.0.113.99\r\n", second,
		NULL);

	expect(x, y);
}

/* RFC 3605 2.1; without the line RTCP is one port up. */
static void test_rtcp(void)
{
	static const char *const row[][2] = {
		{RELAY_NEXT, RELAY_NEXT},
		{RELAY, "a=rtcp:49460\r\n" RELAY},
		{RELAY_APART,
		 "a=rtcp:42037 IN IP4 203.0.113.68\r\n" RELAY_APART},
		{RELAY "a=rtcp:5001 IN IP4 10.0.0.1 \r\n",
		 RELAY "a=rtcp:49460 IN IP4 203.0.113.67 \r\n"},
		{RELAY "a=rtcp:49460 IN IP4 203.0.113.67\r\n",
		 RELAY "a=rtcp:49460 IN IP4 203.0.113.67\r\n"},
		{RELAY_APART "a=rtcp:5001\r\n",
		 RELAY_APART "a=rtcp:42037 IN IP4 203.0.113.68\r\n"},
		{"a=candidate:2 1 UDP 1 203.0.113.67 7 typ relay\r\n"
		 "a=rtcp:5001\r\na=rtcp-mux\r\n",
		 "a=candidate:2 1 UDP 1 203.0.113.67 7 typ relay\r\n"
		 "a=rtcp:7\r\na=rtcp-mux\r\n"},
		{RELAY "a=rtcp:x\r\n", "a=rtcp:49460\r\n" RELAY "a=rtcp:x\r\n"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
		g_autofree char *x = g_strconcat(
			"v=0\r\n" OLD_C "m=audio 5000 RTP/AVP 0\r\n" HOST,
			row[i][0], NULL);
		g_autofree char *y = g_strconcat(
			"v=0\r\n" NEW_C "m=audio ",
			strstr(row[i][0], " 7 typ") ? "7" : "42036",
			" RTP/AVP 0\r\n", row[i][1], NULL);

		expect(x, y);
	}
}

/* RTCP alone can name the host. */
static void test_rtcp_alone(void)
{
	expect("v=0\r\n" NEW_C "m=audio 42036 RTP/AVP 0\r\n" HOST RELAY
	       "a=rtcp:5001 IN IP4 10.0.0.1\r\n",
	       "v=0\r\n" NEW_C "m=audio 42036 RTP/AVP 0\r\n" RELAY
	       "a=rtcp:49460 IN IP4 203.0.113.67\r\n");
}

/* c=0.0.0.0 is hold, 224.2.1.1/127 a group, and a name is not looked up. */
static void test_not_moved(void)
{
	static const char *const c[] = {"c=IN IP4 0.0.0.0\r\n",
					"c=IN IP4 224.2.1.1/127\r\n",
					"c=IN IP4 a.example\r\n", "c=\r\n",
					"c=IN IP4 192.0.2.77\r\n", ""};

	for (size_t i = 0; i < G_N_ELEMENTS(c); i++) {
		g_autofree char *x = g_strconcat(
			"v=0\r\n", c[i], "m=audio 5000 RTP/AVP 0\r\n" HOST
			RELAY, NULL);
		g_autofree char *y = g_strconcat(
			"v=0\r\n", c[i], "m=audio 5000 RTP/AVP 0\r\n" RELAY,
			NULL);
		ice_report r = expect(x, y);

		g_assert_false(r.media[0].default_moved);
		g_assert_false(r.media[0].default_relay);
	}
}

/* Hold stays hold when a candidate has that address too, and an address which
 * this method has put out of use is no longer anybody's. */
static void test_dead_addresses(void)
{
	static const char hold[] =
		"v=0\r\nc=IN IP4 0.0.0.0\r\nm=audio 9 RTP/AVP 0\r\n"
		"a=candidate:1 1 UDP 1 0.0.0.0 9 typ host\r\n" RELAY_NEXT;
	static const char dead[] =
		"v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 9 RTP/AVP 0\r\n"
		"a=candidate:1 1 UDP 1 192.0.2.1 9 typ host\r\n" RELAY_NEXT;

	expect_of(ICE_PORT, hold, hold);
	expect_of(ICE_PORT_ADDRESS, dead, dead);
}

/* UDP before TCP, the family of c= first, RTCP of the same allocation. */
static void test_choice(void)
{
#define CHOICE \
	"a=candidate:3 1 TCP-ACT 9 203.0.113.9 1 typ relay\r\n" \
	"a=candidate:4 1 TCP-PASS 9 203.0.113.9 2 typ relay\r\n" \
	"a=x-candidate-ipv6:5 1 UDP 9 2001:db8::9 3 typ relay\r\n" \
	"a=candidate:6 2 UDP 9 203.0.113.8 4 typ relay\r\n" \
	"a=candidate:7 1 udp 9 203.0.113.9 6 typ relay\r\n" \
	"a=x-candidate-ipv6:5 2 UDP 9 2001:db8::9 5 typ relay\r\n" \
	"a=candidate:7 2 udp 9 203.0.113.9 8 typ relay\r\n"
	expect("v=0\r\n" OLD_C "m=audio 5000 RTP/AVP 0\r\n" HOST CHOICE
	       "a=rtcp:5001\r\n",
	       "v=0\r\nc=IN IP4 203.0.113.9\r\nm=audio 6 RTP/AVP 0\r\n" CHOICE
	       "a=rtcp:8\r\n");
	expect("v=0\r\nc=IN IP6 2001:db8::1\r\nm=audio 5000 RTP/AVP 0\r\n"
	       "a=candidate:1 1 UDP 9 2001:DB8:0::1 5000 typ host\r\n" CHOICE,
	       "v=0\r\nc=IN IP6 2001:db8::9\r\nm=audio 3 RTP/AVP 0\r\n"
	       "a=rtcp:5\r\n" CHOICE);
}

/* Only a relay of the other family: c= changes its family word. */
static void test_family(void)
{
	expect("v=0\r\n" OLD_C "m=audio 5000 RTP/AVP 0\r\n" HOST
	       "a=candidate:2 1 TCP-PASS 9 2001:db8::9 3 typ relay\r\n",
	       "v=0\r\nc=IN IP6 2001:db8::9\r\nm=audio 3 RTP/AVP 0\r\n"
	       "a=candidate:2 1 TCP-PASS 9 2001:db8::9 3 typ relay\r\n");
}

/* A client on the relay's own host: the address is the same, the port tells. */
static void test_same_host(void)
{
	expect("v=0\r\nc=IN IP4 203.0.113.67\r\nm=audio 5000 RTP/AVP 0\r\n"
	       "a=candidate:1 1 UDP 9 203.0.113.67 5000 typ host\r\n" RELAY_NEXT,
	       "v=0\r\nc=IN IP4 203.0.113.67\r\nm=audio 42036 RTP/AVP 0\r\n"
	       RELAY_NEXT);
}

/* a=rtcp names a relay by the address of c=: when that moves, it is written
 * out. */
static void test_rtcp_leans_on_conn(void)
{
#define CROSSED \
	"a=candidate:2 1 UDP 9 203.0.113.68 42036 typ relay\r\n" \
	"a=candidate:2 2 UDP 9 203.0.113.67 42037 typ relay\r\n"
	expect("v=0\r\nc=IN IP4 203.0.113.67\r\nm=audio 5000 RTP/AVP 0\r\n"
	       "a=candidate:1 1 UDP 9 203.0.113.67 5000 typ host\r\n" CROSSED
	       "a=rtcp:42037\r\n",
	       "v=0\r\nc=IN IP4 203.0.113.68\r\nm=audio 42036 RTP/AVP 0\r\n"
	       CROSSED "a=rtcp:42037 IN IP4 203.0.113.67\r\n");
}

/* A candidate keeps its family, so that a client that parses it does not
 * stumble; a line that nobody can read is left and counted. */
static void test_families(void)
{
	static const char form[] =
		"v=0\r\n" NEW_C "m=audio 42036 RTP/AVP 0\r\n"
		"a=candidate:1 1 UDP 9 %s %u typ host\r\n"
		"a=candidate:3 1 UDP 8 %s %u typ host\r\n" RELAY
		"a=candidate:4 1 UDP two 10.0.0.7 4000 typ host\r\n";
	const ice_plan p = ice_plan_default();
	char dead4[NET_ADDR_TEXT], dead6[NET_ADDR_TEXT];
	g_autofree char *x = g_strdup_printf(form, "2001:db8::7", 4000,
					     "10.0.0.7", 4000);
	g_autofree char *y = NULL;
	ice_report r;

	net_addr_ip_text(&p.dead4, dead4);
	net_addr_ip_text(&p.dead6, dead6);
	y = g_strdup_printf(form, dead6, p.port, dead4, p.port);
	r = expect_of(ICE_PORT_ADDRESS, x, y);
	g_assert_cmpuint(r.media[0].disabled, ==, 2);
	g_assert_cmpuint(r.media[0].kept, ==, 2);
	g_assert_cmpuint(r.media[0].odd, ==, 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ice/dest/families", test_families);
	g_test_add_func("/ice/dest/session-conn", test_session_conn);
	g_test_add_func("/ice/dest/media-conn", test_media_conn);
	g_test_add_func("/ice/dest/shared-conn", test_shared_conn);
	g_test_add_func("/ice/dest/shared-with-nobody",
			test_shared_with_nobody);
	g_test_add_func("/ice/dest/two-relays", test_two_relays);
	g_test_add_func("/ice/dest/rtcp", test_rtcp);
	g_test_add_func("/ice/dest/rtcp-alone", test_rtcp_alone);
	g_test_add_func("/ice/dest/not-moved", test_not_moved);
	g_test_add_func("/ice/dest/dead-addresses", test_dead_addresses);
	g_test_add_func("/ice/dest/choice", test_choice);
	g_test_add_func("/ice/dest/family", test_family);
	g_test_add_func("/ice/dest/same-host", test_same_host);
	g_test_add_func("/ice/dest/rtcp-leans-on-conn",
			test_rtcp_leans_on_conn);
	return g_test_run();
}
