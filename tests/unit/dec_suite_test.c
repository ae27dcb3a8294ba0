#include <glib.h>

#include "decoder/suite.h"

static void test_names(void)
{
	g_assert_cmpuint(dec_suite_find("AES_CM_128_HMAC_SHA1_32")->rtp_tag,
			 ==, 4);
	g_assert_cmpuint(dec_suite_find("AES_CM_128_HMAC_SHA1_32")->rtcp_tag,
			 ==, 10);
	g_assert_null(dec_suite_find("F8_128_HMAC_SHA1_80"));
	g_assert_null(dec_suite_find("aes_cm_128_hmac_sha1_80"));
}

/* RFC 4568 6.2, RFC 6188 4, RFC 7714 12; octets. */
static void test_sizes(void)
{
	static const struct {
		const char *name;
		unsigned key, salt, rtp_tag, rtcp_tag;
	} want[] = {
		{"AES_CM_128_HMAC_SHA1_80", 16, 14, 10, 10},
		{"AES_CM_128_HMAC_SHA1_32", 16, 14, 4, 10},
		{"AES_192_CM_HMAC_SHA1_80", 24, 14, 10, 10},
		{"AES_192_CM_HMAC_SHA1_32", 24, 14, 4, 10},
		{"AES_256_CM_HMAC_SHA1_80", 32, 14, 10, 10},
		{"AES_256_CM_HMAC_SHA1_32", 32, 14, 4, 10},
		{"AEAD_AES_128_GCM", 16, 12, 16, 16},
		{"AEAD_AES_256_GCM", 32, 12, 16, 16},
		{"NULL_HMAC_SHA1_80", 16, 14, 10, 10},
		{"NULL_HMAC_SHA1_32", 16, 14, 4, 10},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(want); i++) {
		const dec_suite *s = dec_suite_find(want[i].name);

		g_assert_cmpuint(s->key, ==, want[i].key);
		g_assert_cmpuint(s->salt, ==, want[i].salt);
		g_assert_cmpuint(s->rtp_tag, ==, want[i].rtp_tag);
		g_assert_cmpuint(s->rtcp_tag, ==, want[i].rtcp_tag);
	}
}

/* Head, 3 octets of body, MKI, tag, in the order of RFC 3711 3.1. */
static void test_rtp(void)
{
	const dec_suite *s = dec_suite_find("AES_CM_128_HMAC_SHA1_80");
	const span in = span_str("HHHHHHHHHHHHbbbMttttTTTTTT");
	dec_parts p;

	g_assert_cmpint(dec_parts_rtp(s, in, 12, 1, &p), ==, DEC_OK);
	g_assert_true(span_eq(p.body, "bbb"));
	g_assert_true(span_eq(p.mki, "M"));
	g_assert_true(span_eq(p.tag, "ttttTTTTTT"));
	g_assert_true(span_eq(p.covered, "HHHHHHHHHHHHbbb"));
	for (size_t cut = 0; cut < 12 + 1 + 10; cut++)
		g_assert_cmpint(dec_parts_rtp(s, span_of(in.p, cut), 12, 1, &p),
				==, DEC_SHORT);
}

/* RFC 7714 9.2: the tag belongs to the cipher text, the MKI comes last. */
static void test_gcm(void)
{
	const dec_suite *s = dec_suite_find("AEAD_AES_128_GCM");
	const span rtp = span_str("HHHHHHHHHHHHbbbttttttttttttttttMM");
	const span rtcp = span_str("HHHHHHHHbbbttttttttttttttttEIIIM");
	dec_parts p;

	g_assert_cmpint(dec_parts_rtp(s, rtp, 12, 2, &p), ==, DEC_OK);
	g_assert_true(span_eq(p.body, "bbbtttttttttttttttt"));
	g_assert_true(span_eq(p.mki, "MM"));
	g_assert_cmpuint(p.tag.left, ==, 0);
	g_assert_cmpint(dec_parts_rtcp(s, rtcp, 1, &p), ==, DEC_OK);
	g_assert_true(span_eq(p.body, "bbbtttttttttttttttt"));
	g_assert_true(span_eq(p.word, "EIII"));
	for (size_t cut = 0; cut < 12 + 16 + 2; cut++)
		g_assert_cmpint(dec_parts_rtp(s, span_of(rtp.p, cut), 12, 2,
					      &p), ==, DEC_SHORT);
}

static void test_rtcp(void)
{
	const dec_suite *s = dec_suite_find("AES_CM_128_HMAC_SHA1_32");
	const span in = span_str("HHHHHHHHbbEIIIMMttttTTTTTT");
	dec_parts p;

	g_assert_cmpint(dec_parts_rtcp(s, in, 2, &p), ==, DEC_OK);
	g_assert_true(span_eq(p.head, "HHHHHHHH"));
	g_assert_true(span_eq(p.body, "bb"));
	g_assert_true(span_eq(p.word, "EIII"));
	g_assert_true(span_eq(p.mki, "MM"));
	g_assert_true(span_eq(p.tag, "ttttTTTTTT"));
	g_assert_true(span_eq(p.covered, "HHHHHHHHbbEIII"));
	for (size_t cut = 0; cut < 8 + 4 + 2 + 10; cut++)
		g_assert_cmpint(dec_parts_rtcp(s, span_of(in.p, cut), 2, &p),
				==, DEC_SHORT);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/suite/names", test_names);
	g_test_add_func("/decoder/suite/sizes", test_sizes);
	g_test_add_func("/decoder/suite/rtp", test_rtp);
	g_test_add_func("/decoder/suite/gcm", test_gcm);
	g_test_add_func("/decoder/suite/rtcp", test_rtcp);
	return g_test_run();
}
