/* The SRTP transform against published vectors (RFC 3711, 6188, 7714) and
 * against OpenSSL's own counter mode. */
#include <glib.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/put.h"
#include "decoder/hmac.h"
#include "decoder/kdf.h"
#include "decoder/srtp.h"
#include "tests/support/hex.h"

static const char key_128[] = "000102030405060708090a0b0c0d0e0f";
static const char key_256[] = "000102030405060708090a0b0c0d0e0f"
			      "101112131415161718191a1b1c1d1e1f";
static const char salt[] = "517569642070726f2071756f";

static dec_srtp *keyed(const char *suite, const char *key, const char *with)
{
	dec_session s = {0};

	hex_read(key, s.key, sizeof(s.key));
	hex_read(with, s.salt, sizeof(s.salt));
	memset(s.auth, 0x61, sizeof(s.auth));
	return dec_srtp_new_session(dec_suite_find(suite), &s, &s);
}

static void open_rtp(const char *suite, const char *key, const char *packet,
		     const char *want)
{
	uint8_t in[128], out[128];
	const size_t n = hex_read(packet, in, sizeof(in));
	dec_srtp *k = keyed(suite, key, salt);
	size_t got = 0;
	dec_rtp h;

	g_assert_cmpint(dec_rtp_parse(span_of(in, n), &h), ==, DEC_OK);
	g_assert_true(dec_srtp_open_rtp(k, span_of(in, n), &h, 0, 0, out,
					&got));
	g_assert_cmpuint(got, ==, strlen(want) / 2);
	hex_same(out, want);
	g_assert_false(dec_srtp_open_rtp(k, span_of(in, n), &h, 0, 1, out,
					 &got));
	in[n / 2] ^= 1;
	g_assert_false(dec_srtp_open_rtp(k, span_of(in, n), &h, 0, 0, out,
					 &got));
	dec_srtp_free(k);
}

/* RFC 7714 16.1.2 and 16.2.2 */
static void test_gcm_rtp(void)
{
	static const char clear[] =
		"8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064"
		"697669736120696e207061727465732074726573";

	open_rtp("AEAD_AES_128_GCM", key_128,
		 "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe63"
		 "3bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf"
		 "765ee4390cce", clear);
	open_rtp("AEAD_AES_256_GCM", key_256,
		 "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab180"
		 "12389a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb"
		 "7878d7a76c13", clear);
}

static void open_rtcp(const char *suite, const char *key, const char *packet)
{
	static const char clear[] =
		"81c8000d4d6172734e5450314e545032525450200000042a0000e9304c75"
		"6e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef";
	uint8_t in[128], out[128];
	const size_t n = hex_read(packet, in, sizeof(in));
	dec_srtp *k = keyed(suite, key, salt);
	uint32_t index = 0;
	size_t got = 0;

	g_assert_true(dec_srtp_open_rtcp(k, span_of(in, n), 0, out, &got,
					 &index));
	g_assert_cmpuint(index, ==, 0x5d4);
	g_assert_cmpuint(got, ==, strlen(clear) / 2);
	hex_same(out, clear);
	for (size_t i = 0; i < n; i++) {
		in[i] ^= 4;
		g_assert_false(dec_srtp_open_rtcp(k, span_of(in, n), 0, out,
						  &got, &index));
		in[i] ^= 4;
	}
	dec_srtp_free(k);
}

/* RFC 7714 17.2 (one of 128 bits, one of 256) and 17.3, not encrypted. */
static void test_gcm_rtcp(void)
{
	open_rtcp("AEAD_AES_128_GCM", key_128,
		  "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06"
		  "f32dc676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2f"
		  "c5abf87245d9eade800005d4");
	open_rtcp("AEAD_AES_256_GCM", key_256,
		  "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe"
		  "0a50a2eaa5c1110555be8415f658c61de0476f1b6fad1d1eb30c4446839f"
		  "57ff6f6cb26ac3be800005d4");
	open_rtcp("AEAD_AES_128_GCM", key_128,
		  "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c75"
		  "6e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef841dd9683dd78ec9"
		  "2ae58790125f62b3000005d4");
}

/* An all-zero body under its right tag: what comes out is the key stream. */
static void key_stream(dec_srtp *k, const uint8_t auth[20], uint8_t *out,
		       size_t n)
{
	g_autofree uint8_t *packet = g_malloc0(12 + n + 10);
	g_autofree uint8_t *clear = g_malloc(12 + n + 10);
	uint8_t tag[DEC_HMAC_TAG];
	dec_hmac m;
	dec_rtp h;
	size_t got;

	packet[0] = 0x80;
	dec_hmac_init(&m, auth);
	dec_hmac_sum(&m, span_of(packet, 12 + n), 0, tag);
	memcpy(packet + 12 + n, tag, 10);
	g_assert_cmpint(dec_rtp_parse(span_of(packet, 12 + n + 10), &h), ==,
			DEC_OK);
	g_assert_true(dec_srtp_open_rtp(k, span_of(packet, 12 + n + 10), &h, 0,
					0, clear, &got));
	g_assert_cmpuint(got, ==, 12 + n);
	memcpy(out, clear + 12, n);
}

static void stream_is(const char *suite, const char *key, const char *want)
{
	dec_srtp *k = keyed(suite, key, "F0F1F2F3F4F5F6F7F8F9FAFBFCFD");
	uint8_t auth[20], got[48];

	memset(auth, 0x61, sizeof(auth));
	key_stream(k, auth, got, sizeof(got));
	hex_same(got, want);
	dec_srtp_free(k);
}

/* RFC 3711 B.2, RFC 6188 7.3 and 7.1: SSRC, sequence number and rollover
 * counter zero. */
static void test_cm(void)
{
	stream_is("AES_CM_128_HMAC_SHA1_80", "2B7E151628AED2A6ABF7158809CF4F3C",
		  "E03EAD0935C95E80E166B16DD92B4EB4"
		  "D23513162B02D0F72A43A2FE4A5F97AB"
		  "41E95B3BB0A2E8DD477901E4FCA894C0");
	stream_is("AES_192_CM_HMAC_SHA1_80",
		  "eab234764e517b2d3d160d587d8c86219740f65f99b6bcf7",
		  "35096cba4610028dc1b57503804ce37c"
		  "5de986291dcce161d5165ec4568f5c9a"
		  "474a40c77894bc17180202272a4c264d");
	stream_is("AES_256_CM_HMAC_SHA1_80",
		  "57f82fe3613fd170a85ec93c40b1f092"
		  "2ec4cb0dc025b58272147cc438944a98",
		  "92bdd28a93c3f52511c677d08b5515a4"
		  "9da71b2378a854f67050756ded165bac"
		  "63c4868b7096d88421b563b8c94c9a31");
}

/* Every length up to some strides, against OpenSSL's own counter mode. */
static void test_cm_lengths(void)
{
	static const char with[] = "F0F1F2F3F4F5F6F7F8F9FAFBFCFD";
	dec_srtp *k = keyed("AES_192_CM_HMAC_SHA1_80",
			    "000102030405060708090a0b0c0d0e0f1011121314151617",
			    with);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t key[24], iv[16] = {0}, auth[20], got[2000], want[2000] = {0};
	int n;

	memset(auth, 0x61, sizeof(auth));
	for (int i = 0; i < 24; i++)
		key[i] = (uint8_t)i;
	hex_read(with, iv, sizeof(iv));
	g_assert_true(EVP_EncryptInit_ex(ctx, EVP_aes_192_ctr(), NULL, key,
					 iv) &&
		      EVP_EncryptUpdate(ctx, want, &n, want, sizeof(want)));
	for (size_t len = 0; len <= sizeof(got); len += len < 600 ? 1 : 97) {
		key_stream(k, auth, got, len);
		g_assert_cmpmem(got, len, want, len);
	}
	EVP_CIPHER_CTX_free(ctx);
	dec_srtp_free(k);
}

/* A packet of RFC 6188 7.4's master key, put together by OpenSSL from the
 * session keys that stand there: libsrtp2 derives others for 192 bits. */
static void aes_192_packet(uint32_t roc, uint8_t packet[static 62])
{
	const uint8_t counter[] = {0, 0, 0, (uint8_t)roc};
	uint8_t key[24], iv[16] = {0}, auth[20], text[56], tag[20];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	put o = put_into(packet, 62);
	unsigned tag_len;
	int n;

	hex_read("31874736a8f1143870c26e4857d8a5b2c4a354407faadabb", key,
		 sizeof(key));
	hex_read("355b10973cd95b9eacf4061c7e1a7151e7cfbfcb", auth,
		 sizeof(auth));
	hex_read("2372b82d639b6d8503a47adc0a6c", iv, sizeof(iv));
	put_u32(&o, 0x80001234);
	put_u32(&o, 160);
	put_u32(&o, 0xcafebabe);
	/* RFC 3711 4.1.1: the SSRC at octet 4, the index at octet 8. */
	for (int i = 0; i < 4; i++)
		iv[4 + i] ^= packet[8 + i];
	iv[11] ^= (uint8_t)roc;
	iv[12] ^= 0x12;
	iv[13] ^= 0x34;
	memset(text, 0x5a, 40);
	g_assert_true(EVP_EncryptInit_ex(ctx, EVP_aes_192_ctr(), NULL, key,
					 iv) &&
		      EVP_EncryptUpdate(ctx, packet + 12, &n, text, 40));
	memcpy(text, packet, 52);
	memcpy(text + 52, counter, 4);
	g_assert_nonnull(HMAC(EVP_sha1(), auth, sizeof(auth), text, 56, tag,
			      &tag_len));
	memcpy(packet + 52, tag, 10);
	EVP_CIPHER_CTX_free(ctx);
}

static void test_aes_192(void)
{
	uint8_t packet[62], out[62], master[38], want[40];
	secret m;
	dec_srtp *k;
	dec_rtp h;
	size_t n;

	hex_read("73edc66c4fa15776fb57f9505c17136550ffda71f3e8e5f1"
		 "c8522f3acd4ce86d5add78edbb11", master, sizeof(master));
	memset(want, 0x5a, sizeof(want));
	g_assert_true(secret_set(&m, span_of(master, sizeof(master))));
	k = dec_srtp_new(dec_suite_find("AES_192_CM_HMAC_SHA1_80"), &m, 0,
			 false);
	for (uint32_t roc = 0; roc < 3; roc++) {
		const span in = span_of(packet, sizeof(packet));

		aes_192_packet(roc, packet);
		g_assert_cmpint(dec_rtp_parse(in, &h), ==, DEC_OK);
		g_assert_false(dec_srtp_open_rtp(k, in, &h, 0, roc + 1, out,
						 &n));
		g_assert_true(dec_srtp_open_rtp(k, in, &h, 0, roc, out, &n));
		g_assert_cmpmem(out + 12, n - 12, want, sizeof(want));
	}
	dec_srtp_free(k);
}

/* Packets under a key derivation rate, made by tests/support/kdr.py. */
typedef struct rated {
	uint64_t index;
	const char *packet;
} rated;

static const char rated_key[] = "E1F97A0D3E018BE0D64FA32C06DE4139"
				"0EC675AD498AFEEBB6960B3AABE6";

static const rated rated_rtp[] = {
	{0, "8000000000000000cafebabefbe2b4fda515c368b1270d0a34a9"},
	{7, "8000000700000000cafebabe1ef5abc922551f6ee624f9bcf424"},
	{8, "8000000800000000cafebabe8729998cb3a1b35b5959981ad1c6"},
	{65535, "8000ffff00000000cafebabe3aae855ee10ef0932e134b7ce3d5"},
	{65536, "8000000000000000cafebabe41c7ccf4e55e5f863ac65c1f8811"},
	{1099511627776, "8000000000000000cafebabe1c0f483bd8fd853b25765e4daad9"},
};

static const rated rated_rtcp[] = {
	{0, "80c90002cafebabe6856fe54800000002c820c9d12108d6419d6"},
	{7, "80c90002cafebabea03ca9e28000000794d8f085e8f876c3dd76"},
	{8, "80c90002cafebabec1a3abaf800000085249e2093ee0979cc54a"},
	{2147483647, "80c90002cafebabe49d6f4efffffffff5c0646c3328c8256a189"},
};

static void open_rated_rtp(dec_srtp *k, const rated *r)
{
	uint8_t in[64], out[64];
	const span p = span_of(in, hex_read(r->packet, in, sizeof(in)));
	const uint32_t roc = (uint32_t)(r->index >> 16);
	size_t n;
	dec_rtp h;

	g_assert_cmpint(dec_rtp_parse(p, &h), ==, DEC_OK);
	g_assert_false(dec_srtp_open_rtp(k, p, &h, 0, roc + 1, out, &n));
	g_assert_true(dec_srtp_open_rtp(k, p, &h, 0, roc, out, &n));
	g_assert_cmpmem(out + 12, n - 12, "rate", 4);
}

static void open_rated_rtcp(dec_srtp *k, const rated *r)
{
	uint8_t in[64], out[64];
	const span p = span_of(in, hex_read(r->packet, in, sizeof(in)));
	uint32_t index;
	size_t n;

	g_assert_true(dec_srtp_open_rtcp(k, p, 0, out, &n, &index));
	g_assert_cmpuint(index, ==, r->index);
	g_assert_cmpmem(out + 8, n - 8, "rate", 4);
}

/* RFC 3711 4.3.1, RFC 4568 6.3.1: in any order, and not by libsrtp2 even if
 * that is asked for. Under another rate only the first keys are the same. */
static void test_rate(void)
{
	const dec_suite *suite = dec_suite_find("AES_CM_128_HMAC_SHA1_80");
	uint8_t b[30], out[64], in[64];
	secret master;
	size_t n;
	dec_rtp h;
	dec_srtp *k;
	span p;

	hex_read(rated_key, b, sizeof(b));
	g_assert_true(secret_set(&master, span_of(b, sizeof(b))));
	k = dec_srtp_new(suite, &master, 3, true);
	for (size_t i = 0; i < G_N_ELEMENTS(rated_rtp); i++)
		open_rated_rtp(k, &rated_rtp[i]);
	for (size_t i = G_N_ELEMENTS(rated_rtp); i--;)
		open_rated_rtp(k, &rated_rtp[i]);
	for (size_t i = 0; i < G_N_ELEMENTS(rated_rtcp); i++)
		open_rated_rtcp(k, &rated_rtcp[i]);
	open_rated_rtp(k, &rated_rtp[2]);
	dec_srtp_free(k);
	k = dec_srtp_new(suite, &master, 4, false);
	open_rated_rtp(k, &rated_rtp[0]);
	p = span_of(in, hex_read(rated_rtp[2].packet, in, sizeof(in)));
	g_assert_cmpint(dec_rtp_parse(p, &h), ==, DEC_OK);
	g_assert_false(dec_srtp_open_rtp(k, p, &h, 0, 0, out, &n));
	dec_srtp_free(k);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/srtp/vectors/gcm-rtp", test_gcm_rtp);
	g_test_add_func("/decoder/srtp/vectors/gcm-rtcp", test_gcm_rtcp);
	g_test_add_func("/decoder/srtp/vectors/cm", test_cm);
	g_test_add_func("/decoder/srtp/vectors/cm-lengths", test_cm_lengths);
	g_test_add_func("/decoder/srtp/vectors/aes-192", test_aes_192);
	g_test_add_func("/decoder/srtp/vectors/rate", test_rate);
	return g_test_run();
}
