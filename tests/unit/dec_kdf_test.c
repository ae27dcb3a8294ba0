#include <glib.h>
#include <openssl/evp.h>

#include "decoder/kdf.h"
#include "tests/support/hex.h"

static void master_set(secret *s, const char *key, const char *salt)
{
	uint8_t b[SECRET_MAX];
	size_t n = hex_read(key, b, sizeof(b));

	n += hex_read(salt, b + n, sizeof(b) - n);
	g_assert_true(secret_set(s, span_of(b, n)));
}

static void expect(const char *suite, const char *key, const char *salt,
		   const char *const want[3])
{
	const dec_suite *s = dec_suite_find(suite);
	dec_session rtp, rtcp;
	secret master;

	master_set(&master, key, salt);
	g_assert_true(dec_kdf(s, &master, false, 0, &rtp));
	g_assert_true(dec_kdf(s, &master, true, 0, &rtcp));
	hex_same(rtp.key, want[0]);
	hex_same(rtp.auth, want[1]);
	hex_same(rtp.salt, want[2]);
	g_assert_true(memcmp(rtp.key, rtcp.key, s->key) != 0);
}

/* RFC 3711 B.3 */
static void test_aes_128(void)
{
	static const char *const want[] = {
		"C61E7A93744F39EE10734AFE3FF7A087",
		"CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4",
		"30CBBC08863D8C85D49DB34A9AE1",
	};

	expect("AES_CM_128_HMAC_SHA1_80", "E1F97A0D3E018BE0D64FA32C06DE4139",
	       "0EC675AD498AFEEBB6960B3AABE6", want);
}

/* RFC 6188 7.4 */
static void test_aes_192(void)
{
	static const char *const want[] = {
		"31874736a8f1143870c26e4857d8a5b2c4a354407faadabb",
		"355b10973cd95b9eacf4061c7e1a7151e7cfbfcb",
		"2372b82d639b6d8503a47adc0a6c",
	};

	expect("AES_192_CM_HMAC_SHA1_80",
	       "73edc66c4fa15776fb57f9505c17136550ffda71f3e8e5f1",
	       "c8522f3acd4ce86d5add78edbb11", want);
}

/* RFC 6188 7.2 */
static void test_aes_256(void)
{
	static const char *const want[] = {
		("5ba1064e30ec51613cad926c5a28ef73"
		 "1ec7fb397f70a960653caf06554cd8c4"),
		"fd9c32d39ed5fbb5a9dc96b30818454d1313dc05",
		"fa31791685ca444a9e07c6c64e93",
	};

	expect("AES_256_CM_HMAC_SHA1_80",
	       "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1"
	       "b6",
	       "3b04803de51ee7c96423ab5b78d2", want);
}

/* RFC 3711 4.3.1 and 4.3.3 by OpenSSL's counter mode. */
static void derive(const secret *master, uint8_t label, uint8_t *out, int n)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t iv[16] = {0};

	memcpy(iv, master->b + 24, 14);
	iv[7] ^= label;
	memset(out, 0, (size_t)n);
	g_assert_true(EVP_EncryptInit_ex(ctx, EVP_aes_192_ctr(), NULL,
					 master->b, iv) &&
		      EVP_EncryptUpdate(ctx, out, &n, out, n));
	EVP_CIPHER_CTX_free(ctx);
}

/* The labels of SRTCP, of which no RFC has vectors, with 192 bits; the other
 * lengths are held against libsrtp2 in dec_srtp_test. */
static void test_rtcp(void)
{
	uint8_t key[24], auth[20], salt[14];
	dec_session rtcp;
	secret master;

	master_set(&master, "73edc66c4fa15776fb57f9505c17136550ffda71f3e8e5f1",
		   "c8522f3acd4ce86d5add78edbb11");
	g_assert_true(dec_kdf(dec_suite_find("AES_192_CM_HMAC_SHA1_80"),
			      &master, true, 0, &rtcp));
	derive(&master, 3, key, sizeof(key));
	derive(&master, 4, auth, sizeof(auth));
	derive(&master, 5, salt, sizeof(salt));
	g_assert_cmpmem(rtcp.key, sizeof(key), key, sizeof(key));
	g_assert_cmpmem(rtcp.auth, sizeof(auth), auth, sizeof(auth));
	g_assert_cmpmem(rtcp.salt, sizeof(salt), salt, sizeof(salt));
}

static void test_wrong_length(void)
{
	dec_session rtp;
	secret master = {.len = 29};

	g_assert_false(dec_kdf(dec_suite_find("AES_CM_128_HMAC_SHA1_80"),
			       &master, false, 0, &rtp));
	master.len = 31;
	g_assert_false(dec_kdf(dec_suite_find("AES_CM_128_HMAC_SHA1_80"),
			       &master, false, 0, &rtp));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/kdf/aes-128", test_aes_128);
	g_test_add_func("/decoder/kdf/aes-192", test_aes_192);
	g_test_add_func("/decoder/kdf/aes-256", test_aes_256);
	g_test_add_func("/decoder/kdf/rtcp", test_rtcp);
	g_test_add_func("/decoder/kdf/wrong-length", test_wrong_length);
	return g_test_run();
}
