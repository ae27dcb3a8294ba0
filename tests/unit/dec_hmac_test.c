#include <glib.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "decoder/hmac.h"
#include "tests/support/hex.h"

/* The last four octets of the text go in as the word. */
static void sum(const uint8_t key[20], const uint8_t *text, size_t n,
		uint8_t tag[20])
{
	span end = span_of(text + n - 4, 4);
	uint32_t word;
	dec_hmac m;

	g_assert_true(span_u32(&end, &word));
	dec_hmac_init(&m, key);
	dec_hmac_sum(&m, span_of(text, n - 4), word, tag);
}

/* RFC 2202 3, cases 1 and 3: those with a key of 20 octets. */
static void test_vectors(void)
{
	uint8_t key[20], text[50], tag[20];

	memset(key, 0x0b, sizeof(key));
	sum(key, (const uint8_t *)"Hi There", 8, tag);
	hex_same(tag, "b617318655057264e28bc0b6fb378c8ef146be00");
	memset(key, 0xaa, sizeof(key));
	memset(text, 0xdd, sizeof(text));
	sum(key, text, sizeof(text), tag);
	hex_same(tag, "125d7342b9ac11cd91a39af48aa17b4f63f175d3");
}

/* Every length across some blocks, against OpenSSL's HMAC. */
static void test_lengths(void)
{
	uint8_t key[20], text[400], tag[20], want[20];
	unsigned n;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 7);
	memcpy(key, text + 100, sizeof(key));
	for (size_t len = 4; len <= sizeof(text); len++) {
		sum(key, text, len, tag);
		g_assert_nonnull(HMAC(EVP_sha1(), key, sizeof(key), text, len,
				      want, &n));
		g_assert_cmpmem(tag, sizeof(tag), want, n);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/hmac/vectors", test_vectors);
	g_test_add_func("/decoder/hmac/lengths", test_lengths);
	return g_test_run();
}
