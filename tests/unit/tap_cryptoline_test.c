#include "signaling_tap/sdp.h"

#define KEY "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"

typedef struct line_case {
	const char *line;
	bool scale;
	unsigned keys;		/* that can be read */
	bool rest;		/* something is left that cannot */
	uint32_t tag, mki;
	uint8_t mki_len;
	size_t octets;
} line_case;

static const line_case lines[] = {
	/* RFC 4568 9.1 and A.1 */
	{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|2^20|1:4", false, 1, false,
	 1, 1, 4, 30},
	{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|2^20|1:4;inline:" KEY
	 "|2^20|2:4 FEC_ORDER=FEC_SRTP", false, 2, false, 1, 2, 4, 30},
	{"2 F8_128_HMAC_SHA1_80 inline:" KEY "|1048576", false, 1, false, 2, 0,
	 0, 30},
	{"3 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|66051:4", false, 1, false,
	 3, 66051, 4, 30},
	{"999999999 X inline:" KEY, false, 1, false, 999999999, 0, 0, 30},
	{"1 client AES_CM_128_HMAC_SHA1_80 inline:" KEY "|2^31|1:1", true, 1,
	 false, 1, 1, 1, 30},
	{"1 SERVER X inline:" KEY, true, 1, false, 1, 0, 0, 30},
	/* RFC 6188: 46 octets with two and without padding */
	{"1 AES_256_CM_HMAC_SHA1_80 inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	 "AAAAAAAAAAAAAAAAAAAAAAAAAA==", false, 1, false, 1, 0, 0, 46},
	{"1 AES_256_CM_HMAC_SHA1_80 inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	 "AAAAAAAAAAAAAAAAAAAAAAAAAA", false, 1, false, 1, 0, 0, 46},
	{"1 X inline:" KEY ";outline:" KEY, false, 1, true, 1, 0, 0, 30},
	{"1 X inline:" KEY "|1:5", false, 0, true, 0, 0, 0, 0},
	{"1 X inline:" KEY "|256:1", false, 0, true, 0, 0, 0, 0},
	{"1 X inline:" KEY "|1:0", false, 0, true, 0, 0, 0, 0},
	{"1 X inline:" KEY "|x:1", false, 0, true, 0, 0, 0, 0},
	{"1 X inline:" KEY "||", false, 0, true, 0, 0, 0, 0},
	{"1 X inline:", false, 0, true, 0, 0, 0, 0},
	{"1 X inline:!!!!", false, 0, true, 0, 0, 0, 0},
	{"1 X inline:AAA=A", false, 0, true, 0, 0, 0, 0},
};

static void test_lines(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		const line_case *c = &lines[i];
		call_crypto k, last = {0};
		tap_crypto_line l;
		unsigned n = 0;

		g_test_message("%s", c->line);
		g_assert_true(tap_crypto_read(span_str(c->line), c->scale,
					      &l));
		while (tap_crypto_next(&l, &k)) {
			last = k;
			n++;
		}
		g_assert_cmpuint(n, ==, c->keys);
		g_assert_cmpint(l.keys.left > 0, ==, c->rest);
		g_assert_cmpuint(last.tag, ==, c->tag);
		g_assert_cmpuint(last.mki, ==, c->mki);
		g_assert_cmpuint(last.mki_len, ==, c->mki_len);
		g_assert_cmpuint(last.key.len, ==, c->octets);
	}
}

static void test_bad(void)
{
	static const char *const bad[] = {
		"", "1", "1 X", "x X inline:" KEY, "-1 X inline:" KEY,
		"1000000000 X inline:" KEY,
		"1 A-suite-name-of-more-than-31-chars inline:" KEY,
	};
	tap_crypto_line l;

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(tap_crypto_read(span_str(bad[i]), false, &l));
	g_assert_false(tap_crypto_read(span_str("1 X inline:" KEY), true, &l));
}

/* RFC 4568 6.3: of the session parameters two change what a packet is. */
static void test_parameters(void)
{
	static const struct {
		const char *line, *suite;
	} cases[] = {
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " UNENCRYPTED_SRTP",
		 "NULL_HMAC_SHA1_80"},
		{"1 AES_CM_128_HMAC_SHA1_32 inline:" KEY
		 "|2^31 WSH=64 UNENCRYPTED_SRTP", "NULL_HMAC_SHA1_32"},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY
		 " UNENCRYPTED_SRTCP WSH=64", "AES_CM_128_HMAC_SHA1_80"},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|2^31|1:1 KDR=6"
		 " FEC_ORDER=SRTP_FEC FEC_KEY=inline:" KEY,
		 "AES_CM_128_HMAC_SHA1_80 KDR=6"},
		{"1 AES_256_CM_HMAC_SHA1_80 inline:" KEY " kdr=24",
		 "AES_256_CM_HMAC_SHA1_80 KDR=24"},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY
		 " KDR=1 UNENCRYPTED_SRTP", "NULL_HMAC_SHA1_80 KDR=1"},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY
		 " KDR=0 UNAUTHENTICATED_SRTP -x=y", "AES_CM_128_HMAC_SHA1_80"},
	};
	tap_crypto_line l;

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_assert_true(tap_crypto_read(span_str(cases[i].line), false,
					      &l));
		g_assert_cmpstr(l.common.suite, ==, cases[i].suite);
	}
	g_assert_false(tap_crypto_read(
		span_str("1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " KDR=25"),
		false, &l));
	g_assert_false(tap_crypto_read(
		span_str("1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " KDR="),
		false, &l));
	g_assert_false(tap_crypto_read(
		span_str("1 AEAD_AES_128_GCM inline:" KEY " UNENCRYPTED_SRTP"),
		false, &l));
}

/* No piece of a line gives the whole key. */
static void test_cut(void)
{
	static const char text[] = "1 X inline:" KEY "|2^31|1:1";

	for (gsize n = 0; n < sizeof(text) - 1; n++) {
		g_autofree char *copy = g_memdup2(text, n ? n : 1);
		tap_crypto_line l;
		call_crypto k;

		if (tap_crypto_read(span_of(copy, n), false, &l) &&
		    tap_crypto_next(&l, &k))
			g_assert_true(k.key.len < 30 || k.mki_len == 0);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/cryptoline/lines", test_lines);
	g_test_add_func("/tap/cryptoline/bad", test_bad);
	g_test_add_func("/tap/cryptoline/parameters", test_parameters);
	g_test_add_func("/tap/cryptoline/cut", test_cut);
	return g_test_run();
}
