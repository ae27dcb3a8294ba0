/* Session descriptions of the Lync dialect to halves: the published examples
 * of a Skype for Business offer, its fallback part, flows, limits. */
#include "signaling_tap/sdp.h"

#define KEY_A "Fd5eyLDWH1MvHPsHU/LIhGFb+FqC3jZHT4R8CEE+"
#define KEY_B "/llLqaIQwuGhBhJ11kwGjZxDZBUliqBc+tAHuROi"
#define KEY_C "R/yD81XqwrwIygcMONtk6gXGN6tMGElKl4wKsxTO"
#define CRYPTOS \
	"a=cryptoscale:1 client AES_CM_128_HMAC_SHA1_80 inline:" KEY_A \
	"|2^31|1:1\r\n" \
	"a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" KEY_B "|2^31|1:1\r\n" \
	"a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:" KEY_C "|2^31\r\n"

/* An offer of 2016 with relays, lines chosen from lync-wire.md 2.6 E1. */
static const char v19[] =
	"v=0\r\no=- 0 1 IN IP4 198.51.100.158\r\ns=session\r\n"
	"c=IN IP4 198.51.100.158\r\nb=CT:99980\r\nt=0 0\r\n"
	"a=x-devicecaps:audio:send,recv;video:send,recv\r\n"
	"m=audio 59224 RTP/AVP 117 104 0 8 97 101\r\n"
	"a=x-ssrc-range:1763023104-1763023104\r\n"
	"a=label:main-audio\r\n"
	"a=ice-ufrag:0RVp\r\na=ice-pwd:aT9xqJ99LfBUTOjYZBG9y5mC\r\n"
	"a=candidate:1 1 UDP 2130706431 192.168.20.25 50016 typ host \r\n"
	"a=candidate:2 1 TCP-PASS 174456319 198.51.100.198 54367 typ relay "
	"raddr 198.51.100.254 rport 50019 \r\n"
	"a=candidate:3 1 UDP 184548351 198.51.100.158 59224 typ relay raddr "
	"192.0.2.239 rport 50002 \r\n"
	"a=x-candidate-ipv6:4 2 UDP 184547326 2001:db8:202b:a::24 57150 typ "
	"relay raddr 192.0.2.239 rport 50003 \r\n"
	CRYPTOS
	"a=rtcp:53988\r\n"
	"a=rtpmap:117 G722/8000/2\r\na=rtpmap:104 SILK/16000\r\n"
	"a=fmtp:104 useinbandfec=1; usedtx=0\r\n"
	"a=rtpmap:97 RED/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
	"a=fmtp:101 0-16\r\na=ptime:20\r\n";

static const char v06[] =
	"v=0\r\no=- 0 0 IN IP4 198.51.100.166\r\ns=session\r\n"
	"c=IN IP4 198.51.100.166\r\nt=0 0\r\n"
	"m=audio 55441 RTP/AVP 117 104 0\r\n"
	"a=candidate:OMlpc6KcZdu2EHq0WXDJ9nS3l8WnP0Q6q5mwjbo5UQ1 1 "
	"eb9kTh6BXUHpTuFtjFLEra UDP 0.830 192.168.20.25 50004 \r\n"
	"a=candidate:OlYwdCsT4DJpvGeOJD7YUO9dt9vX7Klod4T5DylMc6d 2 "
	"fbu7XBciY5jZCp2HrrM3n3 UDP 0.410 198.51.100.166 52487 \r\n"
	CRYPTOS "a=rtcp:52487\r\n";

typedef struct result {
	call_half *half;
	tap_sdp_about about;
	tap_counters count;
	tap_sdp_verdict verdict;
} result;

static result read_as(const char *type, const char *body)
{
	result r = {.half = call_half_new()};

	r.verdict = tap_sdp_read(span_str(type), span_str(body), r.half,
				 &r.about, &r.count);
	return r;
}

static result read_sdp(const char *body)
{
	return read_as("application/sdp", body);
}

static void addr_is(const net_addr *a, const char *want)
{
	char text[NET_ADDR_TEXT];

	net_addr_text(a, text);
	g_assert_cmpstr(text, ==, want);
}

static void key_is(const call_crypto *c, uint32_t tag, bool scale,
		   uint8_t mki_len, const char *key)
{
	span k = secret_peek(&c->key);
	g_autofree char *b64 = g_base64_encode(k.p, k.left);

	g_assert_cmpuint(c->tag, ==, tag);
	g_assert_cmpint(c->scale, ==, scale);
	g_assert_cmpuint(c->mki_len, ==, mki_len);
	g_assert_cmpuint(c->mki, ==, mki_len);
	g_assert_cmpstr(c->suite, ==, "AES_CM_128_HMAC_SHA1_80");
	g_assert_cmpstr(b64, ==, key);
}

static void offer_is(const call_media *m)
{
	g_assert_cmpstr(m->kind, ==, "audio");
	g_assert_cmpstr(m->proto, ==, "RTP/AVP");
	g_assert_cmpstr(m->label, ==, "main-audio");
	g_assert_cmpstr(m->ufrag, ==, "0RVp");
	addr_is(&m->rtp, "198.51.100.158:59224");
	addr_is(&m->rtcp, "198.51.100.158:53988");
	g_assert_cmpuint(m->cands->len, ==, 4);
	g_assert_cmpint(CALL_CAND(m, 0)->type, ==, CALL_CAND_HOST);
	g_assert_cmpint(CALL_CAND(m, 1)->transport, ==, CALL_TCP_PASS);
	addr_is(&CALL_CAND(m, 2)->raddr, "192.0.2.239:50002");
	addr_is(&CALL_CAND(m, 3)->addr, "[2001:db8:202b:a::24]:57150");
	g_assert_cmpuint(m->cryptos->len, ==, 3);
	key_is(CALL_CRYPTO(m, 0), 1, true, 1, KEY_A);
	key_is(CALL_CRYPTO(m, 1), 2, false, 1, KEY_B);
	key_is(CALL_CRYPTO(m, 2), 3, false, 0, KEY_C);
	g_assert_cmpuint(m->ssrcs->len, ==, 1);
	g_assert_cmpuint(CALL_SSRCS(m, 0)->lo, ==, 1763023104);
}

static void test_offer(void)
{
	result r = read_sdp(v19);
	const call_media *m;

	g_assert_cmpint(r.verdict, ==, TAP_SDP_OK);
	g_assert_cmpuint(r.half->media->len, ==, 1);
	m = CALL_MEDIA(r.half, 0);
	offer_is(m);
	g_assert_cmpuint(m->payloads->len, ==, 6);
	g_assert_cmpuint(CALL_PAYLOAD(m, 0)->pt, ==, 117);
	g_assert_cmpstr(CALL_PAYLOAD(m, 0)->name, ==, "G722");
	g_assert_cmpuint(CALL_PAYLOAD(m, 0)->channels, ==, 2);
	g_assert_cmpstr(CALL_PAYLOAD(m, 1)->fmtp, ==,
			"useinbandfec=1; usedtx=0");
	/* Without rtpmap, by RFC 3551. */
	g_assert_cmpstr(CALL_PAYLOAD(m, 3)->name, ==, "PCMA");
	g_assert_cmpuint(CALL_PAYLOAD(m, 3)->clock, ==, 8000);
	g_assert_true(r.about.audio && !r.about.video && !r.about.held);
	call_half_free(r.half);
}

static char *multipart(const char *first, const char *second)
{
	return g_strconcat(
		"--xx\r\nContent-Type: application/sdp\r\n"
		"Content-Disposition: session; handling=optional; "
		"ms-proxy-2007fallback\r\n\r\n", first,
		"\r\n--xx\r\nContent-Type: application/sdp\r\n"
		"Content-Disposition: session; handling=optional\r\n\r\n",
		second, "\r\n--xx--\r\n", NULL);
}

static void test_fallback(void)
{
	g_autofree char *body = multipart(v06, v19);
	result r = read_as("multipart/alternative;boundary=\"xx\"", body);
	const call_media *m;

	g_assert_cmpint(r.verdict, ==, TAP_SDP_OK);
	g_assert_true(r.about.multipart);
	g_assert_cmpuint(r.half->media->len, ==, 2);
	m = CALL_MEDIA(r.half, 0);
	g_assert_cmpuint(m->part, ==, 0);
	offer_is(m);
	m = CALL_MEDIA(r.half, 1);
	g_assert_cmpuint(m->part, ==, 1);
	g_assert_cmpuint(m->index, ==, 0);
	addr_is(&m->rtp, "198.51.100.166:55441");
	addr_is(&m->rtcp, "198.51.100.166:52487");
	g_assert_cmpuint(m->cands->len, ==, 2);
	g_assert_true(CALL_CAND(m, 1)->draft06);
	g_assert_cmpuint(CALL_CAND(m, 1)->priority, ==, 410);
	g_assert_cmpuint(m->cryptos->len, ==, 3);
	call_half_free(r.half);
}

/* Two identical keys of one side in two parts, and a dummy that says no. */
static void test_dummy(void)
{
	g_autofree char *body = multipart(
		"o=- 0 0 IN IP4 1.2.3.4\r\nc=IN IP4 1.2.3.4\r\n"
		"m=audio 0 RTP/AVP\r\n", v19);
	result r = read_as("multipart/alternative; boundary=xx", body);

	g_assert_cmpuint(r.half->media->len, ==, 1);
	offer_is(CALL_MEDIA(r.half, 0));
	call_half_free(r.half);
	r = read_as("multipart/alternative; boundary=yy", body);
	g_assert_cmpint(r.verdict, ==, TAP_SDP_NONE);
	call_half_free(r.half);
	r = read_as("multipart/alternative", body);
	g_assert_cmpint(r.verdict, ==, TAP_SDP_BAD);
	call_half_free(r.half);
	r = read_as("text/plain", v19);
	g_assert_cmpint(r.verdict, ==, TAP_SDP_NONE);
	call_half_free(r.half);
}

typedef struct flow_case {
	const char *session, *media;
	int flow;
	bool held;
} flow_case;

static const flow_case flows[] = {
	{"c=IN IP4 1.2.3.4\n", "", CALL_SENDRECV, false},
	{"c=IN IP4 1.2.3.4\n", "a=sendonly\n", CALL_SENDONLY, true},
	{"c=IN IP4 1.2.3.4\n", "a=recvonly\n", CALL_RECVONLY, false},
	{"c=IN IP4 1.2.3.4\n", "a=inactive\n", CALL_INACTIVE, true},
	{"c=IN IP4 1.2.3.4\na=inactive\n", "", CALL_INACTIVE, true},
	{"c=IN IP4 1.2.3.4\na=inactive\n", "a=sendrecv\n", CALL_SENDRECV,
	 false},
	{"c=IN IP4 0.0.0.0\n", "", CALL_INACTIVE, true},
	{"c=IN IP4 1.2.3.4\n", "c=IN IP4 0.0.0.0\n", CALL_INACTIVE, true},
	{"c=IN IP4 0.0.0.0\n", "c=IN IP4 1.2.3.4\n", CALL_SENDRECV, false},
	{"c=IN IP6 ::\n", "", CALL_INACTIVE, true},
};

static void test_flows(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(flows); i++) {
		const flow_case *f = &flows[i];
		g_autofree char *body = g_strconcat(
			"v=0\no=- 1 1 IN IP4 1.2.3.4\n", f->session,
			"m=audio 4000 RTP/AVP 0\n", f->media, NULL);
		result r = read_sdp(body);

		g_test_message("%s%s", f->session, f->media);
		g_assert_cmpint(r.verdict, ==, TAP_SDP_OK);
		g_assert_cmpint(CALL_MEDIA(r.half, 0)->flow, ==, f->flow);
		g_assert_cmpint(r.about.held, ==, f->held);
		call_half_free(r.half);
	}
}

static void test_rtcp(void)
{
	result r = read_sdp("c=IN IP4 1.2.3.4\nm=audio 10 RTP/AVP 0\n"
			    "m=video 20 RTP/AVP 34\na=rtcp-mux\n"
			    "m=audio 30 RTP/AVP 0\na=rtcp:99 IN IP4 5.6.7.8\n"
			    "m=audio 65535 RTP/AVP 0\n"
			    "m=audio 0 RTP/AVP 0\n");

	addr_is(&CALL_MEDIA(r.half, 0)->rtcp, "1.2.3.4:11");
	addr_is(&CALL_MEDIA(r.half, 1)->rtcp, "1.2.3.4:20");
	addr_is(&CALL_MEDIA(r.half, 2)->rtcp, "5.6.7.8:99");
	addr_is(&CALL_MEDIA(r.half, 3)->rtcp, "1.2.3.4:65535");
	g_assert_cmpuint(CALL_MEDIA(r.half, 4)->rtp.port, ==, 0);
	g_assert_cmpuint(CALL_MEDIA(r.half, 4)->index, ==, 4);
	call_half_free(r.half);
}

static void test_limits(void)
{
	GString *s = g_string_new("c=IN IP4 1.2.3.4\n");
	result r;

	for (unsigned i = 0; i < 100; i++)
		g_string_append(s, "m=audio 10 RTP/AVP 0\n" CRYPTOS);
	r = read_sdp(s->str);
	g_assert_cmpint(r.verdict, ==, TAP_SDP_OK);
	g_assert_cmpuint(r.half->media->len, ==, TAP_SDP_MEDIA_MAX);
	g_assert_cmpuint(r.count.n[TAP_N_SDP_MEDIA], ==, 1);
	call_half_free(r.half);
	g_string_assign(s, "c=IN IP4 1.2.3.4\nm=audio 10 RTP/AVP 0\n");
	for (unsigned i = 0; i < 1000; i++)
		g_string_append(s, CRYPTOS "a=candidate:1 1 UDP 1 1.2.3.4 5 "
					   "typ host\n");
	r = read_sdp(s->str);
	g_assert_cmpuint(CALL_MEDIA(r.half, 0)->cands->len, ==,
			 TAP_SDP_CANDS_MAX);
	g_assert_cmpuint(CALL_MEDIA(r.half, 0)->cryptos->len, ==,
			 TAP_SDP_CRYPTOS_MAX);
	call_half_free(r.half);
	g_string_free(s, TRUE);
}

static void test_bad(void)
{
	static const char *const bad[] = {
		"c=IN IP4 1.2.3.4\nm=audio\n",
		"c=IN IP4 1.2.3.4\nm=audio 70000 RTP/AVP 0\n",
		"c=IN IP4 1.2.3.4\nm=audio x RTP/AVP 0\n",
		"m=audio 10 RTP/AVP 0\nc=IN IP4\n",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		result r = read_sdp(bad[i]);

		g_test_message("%s", bad[i]);
		g_assert_cmpint(r.verdict, ==, TAP_SDP_BAD);
		g_assert_cmpuint(r.count.n[TAP_N_SDP_BAD], ==, 1);
		call_half_free(r.half);
	}
}

/* What a rewriter does leaves the version; new keys do not. */
static void test_version(void)
{
	g_autofree char *moved = g_strdup(v19), *keyed = g_strdup(v19);
	result a = read_sdp(v19), b, c;

	memcpy(strstr(moved, "m=audio 59224"), "m=audio 11111", 13);
	memcpy(strstr(moved, "a=candidate:1"), "a=xxxxxxxxx:1", 13);
	memcpy(strstr(keyed, "/llL"), "/llM", 4);
	b = read_sdp(moved);
	c = read_sdp(keyed);
	g_assert_true(tap_digest_same(&a.about.version, &b.about.version));
	g_assert_false(tap_digest_same(&a.about.body, &b.about.body));
	g_assert_false(tap_digest_same(&a.about.version, &c.about.version));
	call_half_free(a.half);
	call_half_free(b.half);
	call_half_free(c.half);
}

/* The alternatives inside another multipart body, as a fax beside them makes
 * it: RFC 5621 3.1. */
static void test_nested(void)
{
	g_autofree char *inner = multipart(v06, v19);
	g_autofree char *body = g_strconcat(
		"--out\r\nContent-Type: text/plain\r\n\r\nv=0\r\n"
		"--out\r\nContent-Type: multipart/alternative;boundary=xx"
		"\r\n\r\n", inner, "\r\n--out--\r\n", NULL);
	result flat = read_as("multipart/mixed;boundary=xx", inner);
	result deep = read_as("multipart/mixed;boundary=out", body);

	g_assert_cmpint(deep.verdict, ==, TAP_SDP_OK);
	g_assert_cmpuint(deep.half->media->len, ==, flat.half->media->len);
	offer_is(CALL_MEDIA(deep.half, 0));
	g_assert_cmpuint(CALL_MEDIA(deep.half, 1)->part, ==, 1);
	g_assert_true(tap_digest_same(&deep.about.version,
				      &flat.about.version));
	call_half_free(flat.half);
	call_half_free(deep.half);
}

/* Bodies inside bodies end somewhere. */
static void test_deep(void)
{
	g_autofree char *body = g_strdup(v19);
	g_autofree char *type = g_strdup("application/sdp");

	for (unsigned depth = 1; depth <= TAP_SDP_DEPTH_MAX + 1; depth++) {
		char *in = body, *of = type;
		result r;

		body = g_strdup_printf("--b%u\r\nContent-Type: %s\r\n\r\n%s"
				       "\r\n--b%u--\r\n", depth, of, in,
				       depth);
		type = g_strdup_printf("multipart/mixed;boundary=b%u", depth);
		g_free(in);
		g_free(of);
		r = read_as(type, body);
		g_assert_cmpint(r.verdict, ==, depth <= TAP_SDP_DEPTH_MAX ?
				TAP_SDP_OK : TAP_SDP_BAD);
		g_assert_cmpuint(r.half->media->len, ==,
				 depth <= TAP_SDP_DEPTH_MAX);
		call_half_free(r.half);
	}
}

/* RFC 4566 5.7 allows a name; keys and candidates are read all the same. */
static void test_host_name(void)
{
	result r = read_sdp("c=IN IP4 192.0.2.1\nm=audio 10 RTP/SAVP 0\n"
			    "c=IN IP4 relay.example.com\n"
			    "a=rtcp:11 IN IP4 relay.example.com\n"
			    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"
			    "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\n"
			    "a=candidate:1 1 UDP 9 192.0.2.1 4000 typ host\n");
	const call_media *m = CALL_MEDIA(r.half, 0);

	g_assert_cmpint(r.verdict, ==, TAP_SDP_OK);
	g_assert_cmpuint(m->rtp.family, ==, 0);
	g_assert_cmpuint(m->rtp.port, ==, 10);
	g_assert_cmpuint(m->rtcp.port, ==, 11);
	g_assert_cmpuint(m->flow, ==, CALL_SENDRECV);
	g_assert_cmpuint(m->cryptos->len, ==, 1);
	g_assert_cmpuint(m->cands->len, ==, 1);
	call_half_free(r.half);
}

static void test_fragment(void)
{
	result r = read_as("application/trickle-ice-sdpfrag",
		"a=ice-ufrag:0RVp\r\na=ice-pwd:x\r\n"
		"m=audio 9 RTP/AVP 0\r\na=mid:1\r\n"
		"a=candidate:1 1 UDP 9 192.0.2.1 4000 typ host\r\n"
		"m=video 9 RTP/AVP 0\r\n"
		"a=candidate:2 1 UDP 1 203.0.113.1 5000 typ relay "
		"raddr 192.0.2.1 rport 4002\r\na=end-of-candidates\r\n");

	g_assert_cmpint(r.verdict, ==, TAP_SDP_OK);
	g_assert_true(r.about.fragment);
	g_assert_cmpuint(r.half->media->len, ==, 2);
	g_assert_cmpstr(CALL_MEDIA(r.half, 0)->ufrag, ==, "0RVp");
	g_assert_cmpuint(CALL_MEDIA(r.half, 1)->cands->len, ==, 1);
	call_half_free(r.half);
	/* without any m= line: the only stream's */
	r = read_as("application/trickle-ice-sdpfrag",
		    "a=candidate:1 1 UDP 9 192.0.2.1 4000 typ host\r\n"
		    "a=candidate:1 2 UDP 8 192.0.2.1 4001 typ host\r\n");
	g_assert_cmpuint(r.half->media->len, ==, 1);
	g_assert_cmpuint(CALL_MEDIA(r.half, 0)->cands->len, ==, 2);
	call_half_free(r.half);
	/* In a description they would belong to no stream. */
	r = read_sdp("v=0\r\n"
		     "a=candidate:1 1 UDP 9 192.0.2.1 4000 typ host\r\n");
	g_assert_cmpuint(r.half->media->len, ==, 0);
	call_half_free(r.half);
}

static void test_cut(void)
{
	g_autofree char *body = multipart(v06, v19);

	for (gsize n = 0; n <= strlen(body); n++) {
		g_autofree char *copy = g_memdup2(body, n ? n : 1);
		g_autoptr(call_half) h = call_half_new();
		tap_counters count = {{0}};
		tap_sdp_about about;

		if (tap_sdp_read(span_str("multipart/mixed;boundary=xx"),
				 span_of(copy, n), h, &about, &count) ==
		    TAP_SDP_OK)
			g_assert_cmpuint(h->media->len, <=, 2);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/sdp/offer", test_offer);
	g_test_add_func("/tap/sdp/fallback", test_fallback);
	g_test_add_func("/tap/sdp/dummy", test_dummy);
	g_test_add_func("/tap/sdp/flows", test_flows);
	g_test_add_func("/tap/sdp/rtcp", test_rtcp);
	g_test_add_func("/tap/sdp/limits", test_limits);
	g_test_add_func("/tap/sdp/bad", test_bad);
	g_test_add_func("/tap/sdp/version", test_version);
	g_test_add_func("/tap/sdp/nested", test_nested);
	g_test_add_func("/tap/sdp/deep", test_deep);
	g_test_add_func("/tap/sdp/host-name", test_host_name);
	g_test_add_func("/tap/sdp/fragment", test_fragment);
	g_test_add_func("/tap/sdp/cut", test_cut);
	return g_test_run();
}
