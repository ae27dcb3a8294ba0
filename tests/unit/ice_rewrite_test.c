#include "ice_rewriter/ice.h"

#include <glib.h>

#include "tests/support/ice_oracle.h"

#define RELAY1 "a=candidate:3 1 UDP 184548351 203.0.113.67 42037 typ relay \r\n"
#define RELAY2 "a=candidate:3 2 UDP 184547838 203.0.113.67 49460 typ relay \r\n"
#define HOST1 "a=candidate:1 1 UDP 2130706431 10.20.30.40 50052 typ host \r\n"
#define HOST2 "a=candidate:1 2 UDP 2130705918 10.20.30.40 50053 typ host \r\n"
#define SESSION \
	"v=0\r\no=- 0 1 IN IP4 10.20.30.40\r\ns=session\r\n" \
	"c=IN IP4 10.20.30.40\r\nt=0 0\r\n"

static const char sdp_type[] = "application/sdp";

static char *load(const char *name)
{
	g_autofree char *path = g_strdup_printf("tests/golden/sdp/%s", name);
	char *text;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

/* The text after rewriting; every property is checked on the way. */
static char *rewritten(const ice_plan *p, const char *type, const char *x,
		       ice_report *r)
{
	span y;

	if (oracle_check(p, span_str(type), span_str(x), &y, r))
		return span_dup(y);
	return g_strdup(x);
}

static void expect(const ice_plan *p, const char *type, const char *x,
		   const char *y, ice_report *r)
{
	g_autofree char *got = rewritten(p, type, x, r);

	g_assert_cmpstr(got, ==, y);
}

static ice_plan plan_of(ice_method m)
{
	ice_plan p = ice_plan_default();

	p.method = m;
	g_assert_null(ice_plan_problem(&p));
	return p;
}

static void test_golden(void)
{
	static const char *const method[] = {"port", "address", "remove"};
	static const char *const name[] = {"e1", "e2", "e3"};
	static const bool moved[] = {false, false, true};
	ice_report r;

	for (unsigned i = 0; i < G_N_ELEMENTS(name) * 3; i++) {
		g_autofree char *in = g_strdup_printf("%s.sdp", name[i / 3]);
		g_autofree char *out = g_strdup_printf(
			"%s.%s.sdp", name[i / 3], method[i % 3]);
		g_autofree char *x = load(in);
		g_autofree char *y = load(out);
		ice_plan p = plan_of((ice_method)(i % 3));

		expect(&p, sdp_type, x, y, &r);
		g_assert_cmpuint(r.n, ==, 1);
		g_assert_cmpint(r.media[0].state, ==, ICE_FORCED);
		g_assert_cmpint(r.media[0].default_moved, ==, moved[i / 3]);
		g_assert_true(r.media[0].default_relay);
		g_assert_false(r.unforced);
	}
	g_assert_cmpuint(r.media[0].kept, ==, 6);
	g_assert_cmpuint(r.media[0].disabled, ==, 4);
}

static void check_remote(const ice_plan *p, const char *x, ice_remote is,
			 bool escaped)
{
	ice_report r;

	expect(p, sdp_type, x, x, &r);
	g_assert_cmpint(r.media[0].state, ==, ICE_FINAL);
	g_assert_cmpint(r.media[0].remote, ==, is);
	g_assert_cmpint(r.escaped, ==, escaped);
}

/* The peer's candidate: on the edge that we use too; then elsewhere. */
static void test_final(void)
{
	ice_plan p = plan_of(ICE_REMOVE);
	g_autofree char *x = load("e5.sdp");
	g_auto(GStrv) cut = g_strsplit(x, "candidates:1 203.0.113.67", 2);
	g_autofree char *away = g_strjoinv("candidates:1 198.51.100.9", cut);
	net_addr edge, peer;

	g_assert_true(net_addr_parse(span_str("203.0.113.67"), 0, &edge));
	g_assert_true(net_addr_parse(span_str("198.51.100.9"), 1, &peer));
	check_remote(&p, x, ICE_REMOTE_RELAY, false);
	check_remote(&p, away, ICE_REMOTE_UNKNOWN, false);
	p.edges = &edge;
	p.n_edges = 1;
	/* From our relay to the peer's host: that crosses the relay. */
	check_remote(&p, away, ICE_REMOTE_HOST, false);
	p.peers = &peer;
	p.n_peers = 1;
	check_remote(&p, away, ICE_REMOTE_RELAY, false);
	check_remote(&p,
		     SESSION "m=audio 1 RTP/AVP 0\r\n"
			     "a=remote-candidate:OlYwdCsT4DJp\r\n" HOST1,
		     ICE_REMOTE_UNKNOWN, false);
}

#define RELAY_ID "OlYwdCsT4DJpvGeOJD7YUO9dt9vX7Klod4T5DylMc6d"
#define HOST_ID "OMlpc6KcZdu2EHq0WXDJ9nS3l8WnP0Q6q5mwjbo5UQ1"

/* Which draft-06 candidates are relays, told once each. */
static void test_ids(void)
{
	ice_plan p = plan_of(ICE_REMOVE);
	g_autofree char *x = load("e2.sdp"), *y = load("e2.remove.sdp");
	ice_report r;

	expect(&p, sdp_type, x, y, &r);
	g_assert_cmpuint(r.n_ids, ==, 1);
	g_assert_true(span_eq(r.relay_id[0], RELAY_ID));
}

/* draft-06 names the peer's candidate by its id, with and without padding;
 * from the sender's relay it crosses one in any case. */
static void test_final_id(void)
{
	static const char own_host[] =
		SESSION "m=audio 50004 RTP/AVP 0\r\n"
			"a=candidate:A 1 p UDP 0.830 10.20.30.40 50004 \r\n"
			"a=remote-candidate:%s\r\n";
	static const char own_relay[] =
		SESSION "m=audio 50004 RTP/AVP 0\r\n"
			"a=candidate:A 1 p UDP 0.410 10.20.30.40 50004 \r\n"
			"a=remote-candidate:%s\r\n";
	static const struct {
		const char *body, *id, *ids;
		ice_remote is;
	} cases[] = {
		{own_host, RELAY_ID, "", ICE_REMOTE_UNKNOWN},
		{own_host, RELAY_ID, "x " RELAY_ID, ICE_REMOTE_RELAY},
		{own_host, RELAY_ID "= ", RELAY_ID, ICE_REMOTE_RELAY},
		{own_host, HOST_ID, "x " RELAY_ID, ICE_REMOTE_ESCAPED},
		{own_host, "", RELAY_ID, ICE_REMOTE_UNKNOWN},
		{own_relay, HOST_ID, RELAY_ID, ICE_REMOTE_HOST},
	};
	ice_plan p = plan_of(ICE_REMOVE);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *x = g_strdup_printf(cases[i].body,
						     cases[i].id);

		p.peer_ids = span_str(cases[i].ids);
		check_remote(&p, x, cases[i].is,
			     cases[i].is == ICE_REMOTE_ESCAPED);
	}
}

/* An offer after ICE whose only candidate is the host still passes as it is:
 * spoiling it makes peers answer a=ice-mismatch. */
static void test_final_host(void)
{
	ice_plan p = plan_of(ICE_PORT);
	const char *x = SESSION "m=audio 50052 RTP/AVP 0\r\n" HOST1 RELAY1
				"a=remote-candidates:1 10.9.9.9 7\r\n";
	net_addr edge;

	g_assert_true(net_addr_parse(span_str("203.0.113.67"), 0, &edge));
	p.edges = &edge;
	p.n_edges = 1;
	check_remote(&p, x, ICE_REMOTE_ESCAPED, true);
}

#define BUNDLED(port, type, video, audio) \
	SESSION "a=group:LS 1 0\r\na=group:BUNDLE 1 0\r\n" \
	"m=video " port " RTP/SAVP 96 97\r\n" \
	"a=rtpmap:96 H264/90000\r\na=rtpmap:97 VP9/90000\r\na=mid:1\r\n" \
	"a=candidate:1 1 UDP 2130706431 10.20.30.40 " type " typ host \r\n" \
	video \
	"m=audio 0 RTP/SAVP 0\r\na=bundle-only\r\na=mid:0 \r\n" audio

/* Audio goes where the video of its group says, which nobody records: that is
 * forced too, and keeps its payload types (RFC 8843). */
static void test_bundle(void)
{
	static const char *const decodable[] = {"PCMU", NULL};
	ice_plan p = plan_of(ICE_PORT);
	ice_report r;

	p.decodable = decodable;
	p.drop_undecodable = true;
	expect(&p, sdp_type, BUNDLED("50052", "50052", RELAY1, ""),
	       "v=0\r\no=- 0 1 IN IP4 10.20.30.40\r\ns=session\r\n"
	       "c=IN IP4 203.0.113.67\r\nt=0 0\r\n"
	       "a=group:LS 1 0\r\na=group:BUNDLE 1 0\r\n"
	       "m=video 42037 RTP/SAVP 96 97\r\n"
	       "a=rtpmap:96 H264/90000\r\na=rtpmap:97 VP9/90000\r\n"
	       "a=mid:1\r\n"
	       "a=candidate:1 1 UDP 2130706431 10.20.30.40 9 typ host \r\n"
	       RELAY1
	       "m=audio 0 RTP/SAVP 0\r\na=bundle-only\r\na=mid:0 \r\n", &r);
	g_assert_cmpint(r.media[0].state, ==, ICE_FORCED);
	g_assert_cmpint(r.media[1].state, ==, ICE_REFUSED);
	/* No relay for the video is none for the audio. */
	expect(&p, sdp_type, BUNDLED("50052", "50052", "", ""),
	       BUNDLED("50052", "50052", "", ""), &r);
	g_assert_true(r.unforced);
	/* In no group together, or of another kind of group. */
	expect(&p, sdp_type,
	       SESSION "a=group:BUNDLE 2 0\r\n" "m=video 50052 RTP/SAVP 96\r\n"
	       HOST1 RELAY1 "m=audio 5 RTP/SAVP 0\r\na=mid:0\r\n",
	       SESSION "a=group:BUNDLE 2 0\r\n" "m=video 50052 RTP/SAVP 96\r\n"
	       HOST1 RELAY1 "m=audio 5 RTP/SAVP 0\r\na=mid:0\r\n", &r);
	g_assert_cmpint(r.media[0].state, ==, ICE_UNRECORDED);
	expect(&p, sdp_type,
	       SESSION "a=group:LS 1 0\r\n" "m=video 50052 RTP/SAVP 96\r\n"
	       "a=mid:1\r\n" HOST1 RELAY1 "m=audio 5 RTP/SAVP 0\r\na=mid:0\r\n",
	       SESSION "a=group:LS 1 0\r\n" "m=video 50052 RTP/SAVP 96\r\n"
	       "a=mid:1\r\n" HOST1 RELAY1 "m=audio 5 RTP/SAVP 0\r\na=mid:0\r\n",
	       &r);
	g_assert_cmpint(r.media[0].state, ==, ICE_UNRECORDED);
	g_assert_false(r.unforced);
	/* No SDP has so many m= lines. */
	expect(&p, sdp_type,
	       SESSION "a=group:BUNDLE a b c d e f g h i j k l m n o 1 0\r\n"
	       "m=video 50052 RTP/SAVP 96\r\na=mid:1\r\n" HOST1 RELAY1
	       "m=audio 5 RTP/SAVP 0\r\na=mid:0\r\n",
	       SESSION "a=group:BUNDLE a b c d e f g h i j k l m n o 1 0\r\n"
	       "m=video 50052 RTP/SAVP 96\r\na=mid:1\r\n" HOST1 RELAY1
	       "m=audio 5 RTP/SAVP 0\r\na=mid:0\r\n", &r);
	g_assert_cmpint(r.media[0].state, ==, ICE_UNRECORDED);
}

static void check_state(const char *x, unsigned kinds, ice_state is,
			bool unforced)
{
	ice_plan p = plan_of(ICE_REMOVE);
	ice_report r;

	p.kinds = kinds;
	p.drop_bypassid = p.drop_cryptoscale = true;
	expect(&p, sdp_type, x, x, &r);
	g_assert_cmpuint(r.n, ==, 1);
	g_assert_cmpint(r.media[0].state, ==, is);
	g_assert_cmpint(r.unforced, ==, unforced);
}

static void test_left_alone(void)
{
	const char *audio = SESSION "a=x-bypassid:1\r\n"
				    "m=audio 50052 RTP/AVP 0\r\n"
				    "a=cryptoscale:1 client x\r\n"
				    "a=crypto:2 x\r\n";
	g_autofree char *host = g_strconcat(audio, HOST1 HOST2, NULL);
	g_autofree char *relay = g_strconcat(audio, HOST1 RELAY1, NULL);
	g_autofree char *rtcp_only = g_strconcat(audio, HOST1 RELAY2, NULL);

	check_state(host, ICE_AUDIO, ICE_NO_RELAY, true);
	check_state(rtcp_only, ICE_AUDIO, ICE_NO_RELAY, true);
	check_state(audio, ICE_AUDIO, ICE_PLAIN, false);
	check_state(relay, ICE_VIDEO | ICE_OTHER, ICE_UNRECORDED, false);
	check_state(relay, 0, ICE_UNRECORDED, false);
	check_state(SESSION "m=audio 0 RTP/AVP 0\r\n" HOST1 RELAY1, ICE_AUDIO,
		    ICE_REFUSED, false);
}

static void test_types(void)
{
	static const char *const no[] = {"text/plain", "", "application/sdpx",
					 "application/xml;x=application/sdp"};
	static const char *const yes[] = {"application/sdp",
					  "Application/SDP ; charset=utf-8",
					  "application/gw-sdp"};
	const char *x = SESSION "m=audio 5 RTP/AVP 0\r\n" HOST1 RELAY1;
	const char *y = SESSION "m=audio 5 RTP/AVP 0\r\n" HOST1 RELAY1;
	ice_plan p = plan_of(ICE_REMOVE);
	ice_report r;

	for (size_t i = 0; i < G_N_ELEMENTS(no); i++) {
		expect(&p, no[i], x, y, &r);
		g_assert_cmpuint(r.n, ==, 0);
	}
	y = "v=0\r\no=- 0 1 IN IP4 10.20.30.40\r\ns=session\r\n"
	    "c=IN IP4 203.0.113.67\r\nt=0 0\r\n"
	    "m=audio 42037 RTP/AVP 0\r\n" RELAY1;
	for (size_t i = 0; i < G_N_ELEMENTS(yes); i++)
		expect(&p, yes[i], x, y, &r);
}

/* A fragment has no default, and its relay may have come before. */
static void test_fragment(void)
{
	const char *type = "application/trickle-ice-sdpfrag";
	const char *host = "a=ice-ufrag:8hhY\r\nm=audio 9 RTP/AVP 0\r\n"
			   "c=IN IP4 10.20.30.40\r\na=mid:1\r\n" HOST1;
	const char *bare = "a=mid:1\r\n" HOST1 RELAY2 "a=end-of-candidates\r\n";
	ice_plan p = plan_of(ICE_REMOVE);
	ice_report r;

	expect(&p, type, host, host, &r);
	g_assert_true(r.unforced);
	p.trickled = true;
	expect(&p, type, host,
	       "a=ice-ufrag:8hhY\r\nm=audio 9 RTP/AVP 0\r\n"
	       "c=IN IP4 10.20.30.40\r\na=mid:1\r\n", &r);
	g_assert_cmpuint(r.media[0].disabled, ==, 1);
	p.trickled = false;
	expect(&p, type, bare,
	       "a=mid:1\r\n" RELAY2 "a=end-of-candidates\r\n", &r);
	p.kinds = ICE_VIDEO;
	expect(&p, type, bare, bare, &r);
}

static void test_plan(void)
{
	ice_plan p = plan_of(ICE_PORT_ADDRESS);

	p.port = 0;
	g_assert_nonnull(strstr(ice_plan_problem(&p), "port 0"));
	p.port = 1;
	g_assert_null(ice_plan_problem(&p));
	p.edges = &p.dead4;
	p.n_edges = 1;
	g_assert_nonnull(strstr(ice_plan_problem(&p), "one of the edges"));
	p.n_edges = 0;
	p.dead6.family = 0;
	g_assert_nonnull(strstr(ice_plan_problem(&p), "IPv6"));
	p.dead4.family = 6;
	g_assert_nonnull(strstr(ice_plan_problem(&p), "IPv4"));
	p.method = ICE_PORT;
	g_assert_null(ice_plan_problem(&p));
}

/* 198.51.100.166 has q 0.410; with the address taken for a host's by the
 * sibling it is none. */
static const char fallback[] =
	"v=0\r\no=- 0 0 IN IP4 10.20.30.40\r\ns=session\r\n"
	"c=IN IP4 10.20.30.40\r\nt=0 0\r\nm=audio 50004 RTP/AVP 0\r\n"
	"a=candidate:OMl 1 ebd UDP 0.830 10.20.30.40 50004 \r\n"
	"a=candidate:OlY 1 fbu UDP 0.410 198.51.100.166 55441 \r\n"
	"a=candidate:OlY 2 fbu UDP 0.410 198.51.100.166 52487 \r\n"
	"a=candidate:Ehw 1 gXD UDP 0.550 203.0.113.67 50006 \r\n"
	"a=rtcp:50005\r\n";

static void test_draft06(void)
{
	ice_plan p = plan_of(ICE_REMOVE);
	ice_report r;

	expect(&p, sdp_type, fallback,
	       "v=0\r\no=- 0 0 IN IP4 10.20.30.40\r\ns=session\r\n"
	       "c=IN IP4 198.51.100.166\r\nt=0 0\r\n"
	       "m=audio 55441 RTP/AVP 0\r\n"
	       "a=candidate:OlY 1 fbu UDP 0.410 198.51.100.166 55441 \r\n"
	       "a=candidate:OlY 2 fbu UDP 0.410 198.51.100.166 52487 \r\n"
	       "a=rtcp:52487\r\n", &r);
	p.draft06 = ICE_DRAFT06_LEAVE;
	expect(&p, sdp_type, fallback, fallback, &r);
	g_assert_cmpint(r.media[0].state, ==, ICE_LEFT);
}

/* Rule 1, an edge of ours, is stronger than the q-value. */
static void test_draft06_edges(void)
{
	ice_plan p = plan_of(ICE_REMOVE);
	g_autofree char *y = NULL;
	ice_report r;
	net_addr edge;

	g_assert_true(net_addr_parse(span_str("203.0.113.67"), 0, &edge));
	p.edges = &edge;
	p.n_edges = 1;
	y = rewritten(&p, sdp_type, fallback, &r);
	g_assert_nonnull(strstr(y, "0.550 203.0.113.67 50006 \r\n"));
	g_assert_nonnull(strstr(y, "0.410 198.51.100.166 55441 \r\n"));
	g_assert_null(strstr(y, "0.830"));
	g_assert_cmpuint(r.media[0].kept, ==, 3);
}

#define PART_HEAD(more) \
	"Content-Type: application/sdp\r\n" \
	"Content-Disposition: session; handling=optional" more "\r\n\r\n"

static const char multipart_type[] =
	"multipart/alternative;boundary=\"----=_Next\"";

static char *multipart(const char *a, const char *b, const char *length)
{
	return g_strconcat("------=_Next\r\n", length,
			   PART_HEAD("; ms-proxy-2007fallback"), a,
			   "\r\n------=_Next\r\nContent-Type: text/html\r\n"
			   "\r\n" HOST1 RELAY1 "\r\n------=_Next\r\n",
			   PART_HEAD(""), b,
			   "\r\n------=_Next--\r\n", NULL);
}

/* Rule 2: the sibling calls 203.0.113.67 a relay and 198.51.100.166 a host. */
static void test_sibling(void)
{
	const char *b = SESSION "m=audio 42037 RTP/AVP 0\r\n"
				"c=IN IP4 203.0.113.67\r\n" RELAY1
				"a=candidate:1 1 UDP 2130706431 198.51.100.166 "
				"1 typ host \r\n";
	g_autofree char *x = multipart(fallback, b, "");
	g_autofree char *y = NULL;
	ice_plan p = plan_of(ICE_PORT);
	ice_report r;

	y = rewritten(&p, multipart_type, x, &r);
	g_assert_nonnull(strstr(y, "0.550 203.0.113.67 50006 \r\n"));
	g_assert_nonnull(strstr(y, "0.410 198.51.100.166 9 \r\n"));
	g_assert_nonnull(strstr(y, "0.830 10.20.30.40 9 \r\n"));
	g_assert_cmpuint(r.n, ==, 2);
	g_assert_cmpuint(r.media[0].part, ==, 0);
	g_assert_cmpuint(r.media[1].part, ==, 2);
}

static void test_refuse_fallback(void)
{
	const char *b = SESSION "m=audio 42037 RTP/AVP 0\r\n"
				"c=IN IP4 203.0.113.67\r\n" RELAY1;
	g_autofree char *x = multipart(fallback, b, "");
	g_autofree char *y = multipart(
		"v=0\r\no=- 0 0 IN IP4 10.20.30.40\r\ns=session\r\n"
		"c=IN IP4 10.20.30.40\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\n"
		"a=rtcp:50005\r\n", b, "");
	ice_plan p = plan_of(ICE_PORT);
	ice_report r;

	p.draft06 = ICE_DRAFT06_REFUSE;
	expect(&p, multipart_type, x, y, &r);
	g_assert_cmpint(r.media[0].state, ==, ICE_REFUSED);
	g_assert_cmpint(r.media[1].state, ==, ICE_FORCED);
}

/* A section that names a relay in the other grammar is no fallback. */
static void test_mixed_grammars(void)
{
	ice_plan p = plan_of(ICE_REMOVE);
	ice_report r;

	p.draft06 = ICE_DRAFT06_REFUSE;
	expect(&p, sdp_type,
	       SESSION "m=audio 42037 RTP/AVP 0\r\nc=IN IP4 203.0.113.67\r\n"
	       "a=candidate:OMl 1 ebd UDP 0.830 10.20.30.40 50004 \r\n"
	       HOST1 RELAY1,
	       SESSION "m=audio 42037 RTP/AVP 0\r\nc=IN IP4 203.0.113.67\r\n"
	       RELAY1, &r);
	g_assert_cmpint(r.media[0].state, ==, ICE_FORCED);
	p.draft06 = ICE_DRAFT06_LEAVE;
	g_free(rewritten(&p, sdp_type, SESSION "m=audio 5 RTP/AVP 0\r\n"
			 "a=candidate:OMl 1 ebd UDP 0.830 10.20.30.40 5 \r\n"
			 HOST1 RELAY1, &r));
	g_assert_cmpint(r.media[0].state, ==, ICE_FORCED);
}

/* Both parts of a real offer; a part's own Content-Length follows. */
static void test_multipart(void)
{
	g_autofree char *e2 = load("e2.sdp");
	g_autofree char *e1 = load("e1.sdp");
	g_autofree char *f2 = load("e2.remove.sdp");
	g_autofree char *f1 = load("e1.remove.sdp");
	g_autofree char *before = g_strdup_printf("Content-Length: %zu\r\n",
						  strlen(e2));
	g_autofree char *after = g_strdup_printf("Content-Length: %zu\r\n",
						 strlen(f2));
	g_autofree char *x = multipart(e2, e1, "");
	g_autofree char *y = multipart(f2, f1, "");
	g_autofree char *x_length = multipart(e2, e1, before);
	g_autofree char *y_length = multipart(f2, f1, after);
	ice_plan p = plan_of(ICE_REMOVE);
	ice_report r;

	expect(&p, multipart_type, x, y, &r);
	expect(&p, multipart_type, x_length, y_length, &r);
	g_assert_cmpuint(r.n, ==, 2);
	g_assert_cmpuint(r.media[0].part, ==, 0);
	g_assert_cmpuint(r.media[1].part, ==, 2);
}

/* A length that is no number is nobody's to repair. */
static void test_multipart_length(void)
{
	g_autofree char *e2 = load("e2.sdp");
	g_autofree char *f2 = load("e2.remove.sdp");
	g_autofree char *x = multipart(e2, "", "Content-Length: 1\r\n 2\r\n");
	g_autofree char *y = multipart(f2, "", "Content-Length: 1\r\n 2\r\n");
	ice_plan p = plan_of(ICE_REMOVE);
	ice_report r;

	expect(&p, multipart_type, x, y, &r);
}

static void test_multipart_odd(void)
{
	const char *b = SESSION "m=audio 5 RTP/AVP 0\r\n" HOST1 RELAY1;
	g_autofree char *x = g_strconcat(
		"--b\r\nContent-Type: application/sdp\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n", b,
		"\r\n--b--\r\n", NULL);
	g_autofree char *deep = g_strconcat(
		"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
		"--c\r\n", PART_HEAD(""), b, "\r\n--c--\r\n\r\n--b", NULL);
	g_autofree char *y = NULL;
	ice_plan p = plan_of(ICE_REMOVE);
	ice_report r;

	expect(&p, "multipart/mixed;boundary=b", x, x, &r);
	g_assert_true(r.opaque);
	expect(&p, "multipart/mixed", x, x, &r);
	g_assert_nonnull(strstr(r.why, "boundary"));
	y = rewritten(&p, "multipart/mixed;boundary=b", deep, &r);
	g_assert_null(strstr(y, "typ host"));
	g_assert_cmpuint(r.n, ==, 1);
}

static void test_limits(void)
{
	g_autoptr(GString) x = g_string_new(SESSION);
	ice_plan p = plan_of(ICE_REMOVE);
	ice_report r;

	for (unsigned i = 0; i < 16; i++)
		g_string_append(x, "m=audio 5 RTP/AVP 0\r\n" HOST1 RELAY1);
	g_assert_cmpuint(strlen(x->str), >, 0);
	g_free(rewritten(&p, sdp_type, x->str, &r));
	g_assert_null(r.why);
	g_assert_cmpuint(r.n, ==, 16);
	g_string_append(x, "m=audio 5 RTP/AVP 0\r\n");
	expect(&p, sdp_type, x->str, x->str, &r);
	g_assert_nonnull(strstr(r.why, "16 m= lines"));
	g_string_assign(x, SESSION "m=audio 5 RTP/AVP 0\r\n" RELAY1);
	for (unsigned i = 0; i < 256; i++)
		g_string_append(x, HOST1);
	expect(&p, sdp_type, x->str, x->str, &r);
	g_assert_nonnull(strstr(r.why, "256 candidate"));
	expect(&p, sdp_type, "m=audio\r\n", "m=audio\r\n", &r);
	g_assert_nonnull(strstr(r.why, "m= line"));
}

/* A body cut anywhere is rewritten by the same rules or left alone. */
static void test_cut(void)
{
	g_autofree char *x = load("e3.sdp");
	ice_plan p = plan_of(ICE_PORT_ADDRESS);
	ice_report r;
	span y;

	for (size_t n = 0; n < strlen(x); n++) {
		g_autofree char *exact = g_memdup2(x, n + !n);

		oracle_check(&p, span_str(sdp_type), span_of(exact, n), &y, &r);
	}
}

/* RFC 2045 6: three encodings leave the text as it is, in any case; what hides
 * it, or nobody knows, is only told. */
static void test_encodings(void)
{
	static const struct {
		const char *name;
		bool clear;
	} cases[] = {
		{"7bit", true},		    {"8BIT", true},
		{"Binary", true},	    {"base64", false},
		{"quoted-printable", false}, {"9bit", false},
	};
	ice_plan p = plan_of(ICE_REMOVE);
	ice_report r;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *part = g_strdup_printf(
			"--b\r\nContent-Type: application/sdp\r\n"
			"Content-Transfer-Encoding: %s\r\n\r\n" SESSION
			"m=audio 50052 RTP/AVP 0\r\n", cases[i].name);
		g_autofree char *x = g_strconcat(part, HOST1, RELAY1,
						 "\r\n--b--\r\n", NULL);
		g_autofree char *y = rewritten(
			&p, "multipart/mixed;boundary=b", x, &r);

		g_assert_cmpint(r.opaque, ==, !cases[i].clear);
		g_assert_cmpint(strstr(y, "typ host") == NULL, ==,
				cases[i].clear);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ice/rewrite/golden", test_golden);
	g_test_add_func("/ice/rewrite/final", test_final);
	g_test_add_func("/ice/rewrite/final-host", test_final_host);
	g_test_add_func("/ice/rewrite/ids", test_ids);
	g_test_add_func("/ice/rewrite/bundle", test_bundle);
	g_test_add_func("/ice/rewrite/final-id", test_final_id);
	g_test_add_func("/ice/rewrite/left-alone", test_left_alone);
	g_test_add_func("/ice/rewrite/types", test_types);
	g_test_add_func("/ice/rewrite/fragment", test_fragment);
	g_test_add_func("/ice/rewrite/plan", test_plan);
	g_test_add_func("/ice/rewrite/draft06", test_draft06);
	g_test_add_func("/ice/rewrite/draft06-edges", test_draft06_edges);
	g_test_add_func("/ice/rewrite/sibling", test_sibling);
	g_test_add_func("/ice/rewrite/refuse-fallback", test_refuse_fallback);
	g_test_add_func("/ice/rewrite/mixed-grammars", test_mixed_grammars);
	g_test_add_func("/ice/rewrite/multipart", test_multipart);
	g_test_add_func("/ice/rewrite/multipart-length",
			test_multipart_length);
	g_test_add_func("/ice/rewrite/multipart-odd", test_multipart_odd);
	g_test_add_func("/ice/rewrite/limits", test_limits);
	g_test_add_func("/ice/rewrite/cut", test_cut);
	g_test_add_func("/ice/rewrite/encodings", test_encodings);
	return g_test_run();
}
