/* The SRTP transform and libsrtp2's: what either protects, both open. */
#include <glib.h>
#include <srtp2/srtp.h>

#include "decoder/srtp.h"
#include "decoder/srtp_lib.h"
#include "tests/support/hex.h"
#include "tests/support/sender.h"

static const char *const suites[] = {
	"AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32",
	"AES_256_CM_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_32",
	"AEAD_AES_128_GCM",	   "AEAD_AES_256_GCM",
	"NULL_HMAC_SHA1_80",	   "NULL_HMAC_SHA1_32",
};

static dec_srtp *receiver(const sender *s, bool libsrtp)
{
	secret master;

	g_assert_true(secret_set(&master, span_of(s->key, s->key_len)));
	if (libsrtp) {
		dec_srtp_lib *l = dec_srtp_lib_new(dec_suite_find(s->suite),
						   &master);

		g_assert_nonnull(l);
		dec_srtp_lib_free(l);
	}
	return dec_srtp_new(dec_suite_find(s->suite), &master, 0, libsrtp);
}

/* A packet cut anywhere, or with one octet changed, does not open. */
static void damage(dec_srtp *k, const pkt *p)
{
	uint8_t in[256], out[256];
	size_t n;
	dec_rtp h;

	memcpy(in, p->bytes.p, p->bytes.left);
	for (size_t cut = 0; cut < p->bytes.left; cut++)
		if (dec_rtp_parse(span_of(in, cut), &h) == DEC_OK)
			g_assert_false(dec_srtp_open_rtp(k, span_of(in, cut),
							 &h, 0, 0, out, &n));
	for (size_t i = 0; i < p->bytes.left; i++) {
		in[i] ^= 0x10;
		if (dec_rtp_parse(span_of(in, p->bytes.left), &h) == DEC_OK)
			g_assert_false(dec_srtp_open_rtp(
				k, span_of(in, p->bytes.left), &h, 0, 0, out,
				&n));
		in[i] ^= 0x10;
	}
}

static void damage_rtcp(dec_srtp *k, const pkt *p)
{
	uint8_t in[256], out[256];
	uint32_t index;
	size_t n;

	memcpy(in, p->bytes.p, p->bytes.left);
	for (size_t cut = 0; cut < p->bytes.left; cut++)
		g_assert_false(dec_srtp_open_rtcp(k, span_of(in, cut), 0, out,
						  &n, &index));
	for (size_t i = 0; i < p->bytes.left; i++) {
		in[i] ^= 0x10;
		g_assert_false(dec_srtp_open_rtcp(k,
						  span_of(in, p->bytes.left),
						  0, out, &n, &index));
		in[i] ^= 0x10;
	}
}

/* What libsrtp2 protects, both transforms open. */
static void one_peer(const char *suite, uint8_t mki, bool libsrtp)
{
	uint8_t out[256];
	uint32_t index;
	dec_srtp *k;
	size_t n;
	sender s;
	pkt p;

	sender_init(&s, suite, CALL_CALLER, 5);
	s.mki_len = mki;
	k = receiver(&s, libsrtp);
	for (int i = 0; i < 5; i++) {
		dec_rtp h;

		p = sender_rtp(&s, "some octets of payload", 22);
		g_assert_cmpint(dec_rtp_parse(p.bytes, &h), ==, DEC_OK);
		g_assert_true(dec_srtp_open_rtp(k, p.bytes, &h, mki, 0, out,
						&n));
		g_assert_cmpmem(out + 12, n - 12, "some octets of payload", 22);
	}
	if (!mki && !libsrtp)
		damage(k, &p);
	for (uint32_t i = 1; i < 5; i++) {
		p = sender_report(&s, 7);
		g_assert_true(dec_srtp_open_rtcp(k, p.bytes, mki, out, &n,
						 &index));
		g_assert_cmpuint(index, ==, i);
		g_assert_cmpuint(n, ==, 28);
	}
	if (!mki && !libsrtp)
		damage_rtcp(k, &p);
	dec_srtp_free(k);
	sender_clear(&s);
}

static void test_peer(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(suites); i++)
		for (uint8_t mki = 0; mki <= DEC_MKI_MAX; mki++) {
			one_peer(suites[i], mki, false);
			one_peer(suites[i], mki, true);
		}
}

/* Two contributors and an extension of one word: in clear, and covered by the
 * tag; the cipher begins behind them. */
static void one_head(const char *suite, bool libsrtp)
{
	static const char head[] = "920000050000001000001005"
				   "0000000a0000000bbede000110ff0000";
	static const char text[] = "behind the extension";
	uint8_t packet[128], out[128];
	sender s;
	dec_srtp *k;
	dec_rtp h;
	size_t n;
	int len;

	sender_init(&s, suite, CALL_CALLER, 5);
	k = receiver(&s, libsrtp);
	s.session = sender_receiver(&s, 0);
	n = hex_read(head, packet, sizeof(packet));
	memcpy(packet + n, text, sizeof(text));
	len = (int)(n + sizeof(text));
	g_assert_cmpint(srtp_protect(s.session, packet, &len), ==, 0);
	g_assert_cmpint(dec_rtp_parse(span_of(packet, (size_t)len), &h), ==,
			DEC_OK);
	g_assert_true(dec_srtp_open_rtp(k, span_of(packet, (size_t)len), &h, 0,
					0, out, &n));
	hex_same(out, head);
	g_assert_cmpmem(out + h.head, n - h.head, text, sizeof(text));
	packet[h.head - 1] ^= 1;
	g_assert_false(dec_srtp_open_rtp(k, span_of(packet, (size_t)len), &h,
					 0, 0, out, &n));
	dec_srtp_free(k);
	sender_clear(&s);
}

static void test_head(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(suites); i++) {
		one_head(suites[i], false);
		one_head(suites[i], true);
	}
}

/* A sender under libsrtp2's transforms and not those that the suite has there;
 * gives its receiver. */
static dec_srtp *odd_sender(sender *s, const char *suite,
			    const srtp_crypto_policy_t *rtp,
			    const srtp_crypto_policy_t *rtcp, bool libsrtp)
{
	srtp_policy_t policy = {.ssrc = {ssrc_any_outbound, 0},
				.rtp = *rtp, .rtcp = *rtcp};
	srtp_t session;

	sender_init(s, suite, CALL_CALLER, 5);
	policy.key = s->key;
	g_assert_cmpint(srtp_create(&session, &policy), ==, 0);
	s->session = session;
	return receiver(s, libsrtp);
}

/* RFC 3711 3.4: without the E flag a report is authentic and in clear. */
static void one_clear_report(bool libsrtp)
{
	srtp_crypto_policy_t rtp, rtcp;
	uint8_t out[256];
	uint32_t index;
	dec_srtp *k;
	sender s;
	size_t n;
	pkt p;

	srtp_crypto_policy_set_rtp_default(&rtp);
	rtcp = rtp;
	rtcp.sec_serv = sec_serv_auth;
	k = odd_sender(&s, suites[0], &rtp, &rtcp, libsrtp);
	p = sender_report(&s, 0x0123456789abcdef);
	hex_same(p.bytes.p + 8, "0123456789abcdef");
	g_assert_true(dec_srtp_open_rtcp(k, p.bytes, 0, out, &n, &index));
	g_assert_cmpmem(out, n, p.bytes.p, 28);
	g_assert_cmpuint(index, ==, 1);
	if (!libsrtp)
		damage_rtcp(k, &p);
	dec_srtp_free(k);
	sender_clear(&s);
}

static void test_clear_report(void)
{
	one_clear_report(false);
	one_clear_report(true);
}

/* RFC 4568 6.3.2: RTP is in clear, reports may be encrypted all the same. */
static void one_hidden_report(bool libsrtp)
{
	srtp_crypto_policy_t rtp, rtcp;
	uint8_t out[256];
	uint32_t index;
	dec_srtp *k;
	sender s;
	size_t n;
	pkt p;

	srtp_crypto_policy_set_null_cipher_hmac_sha1_80(&rtp);
	srtp_crypto_policy_set_rtp_default(&rtcp);
	k = odd_sender(&s, "NULL_HMAC_SHA1_80", &rtp, &rtcp, libsrtp);
	p = sender_report(&s, 0x0123456789abcdef);
	g_assert_cmpuint(p.bytes.p[28] >> 7, ==, 1);
	g_assert_true(dec_srtp_open_rtcp(k, p.bytes, 0, out, &n, &index));
	hex_same(out + 8, "0123456789abcdef");
	dec_srtp_free(k);
	sender_clear(&s);
}

static void test_hidden_report(void)
{
	one_hidden_report(false);
	one_hidden_report(true);
}

/* libsrtp2 is told which counter to assume as freely as our own. */
static void test_lib_any_counter(void)
{
	static const uint32_t rocs[] = {0, 5, 4, 5, 0, 65535, 1};
	sender s;
	dec_srtp *k;

	sender_init(&s, suites[0], CALL_CALLER, 5);
	k = receiver(&s, true);
	for (size_t i = 0; i < G_N_ELEMENTS(rocs); i++) {
		uint8_t out[256];
		dec_rtp h;
		size_t n;
		pkt p;

		sender_seek(&s, (uint64_t)rocs[i] << 16 | 77);
		p = sender_rtp(&s, "x", 1);
		g_assert_cmpint(dec_rtp_parse(p.bytes, &h), ==, DEC_OK);
		g_assert_false(dec_srtp_open_rtp(k, p.bytes, &h, 0,
						 rocs[i] + 1, out, &n));
		g_assert_true(dec_srtp_open_rtp(k, p.bytes, &h, 0, rocs[i],
						out, &n));
	}
	dec_srtp_free(k);
	sender_clear(&s);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/srtp/peer", test_peer);
	g_test_add_func("/decoder/srtp/head", test_head);
	g_test_add_func("/decoder/srtp/clear-report", test_clear_report);
	g_test_add_func("/decoder/srtp/hidden-report", test_hidden_report);
	g_test_add_func("/decoder/srtp/lib-any-counter", test_lib_any_counter);
	return g_test_run();
}
