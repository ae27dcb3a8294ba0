/* OpenSSL 3 can save a digest's state through EVP only by allocating a copy.
 * The older interface keeps it in a struct of ours; it runs the same code. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "decoder/hmac.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

enum { BLOCK = SHA_CBLOCK };

static void state_put(SHA_CTX *c, const uint32_t h[static 5], uint32_t octets)
{
	c->h0 = h[0];
	c->h1 = h[1];
	c->h2 = h[2];
	c->h3 = h[3];
	c->h4 = h[4];
	c->Nl = octets * 8;
	c->Nh = 0;
	c->num = 0;
}

static void state_get(const SHA_CTX *c, uint32_t h[static 5])
{
	h[0] = c->h0;
	h[1] = c->h1;
	h[2] = c->h2;
	h[3] = c->h3;
	h[4] = c->h4;
}

static void be32(uint8_t *to, uint32_t v)
{
	to[0] = (uint8_t)(v >> 24);
	to[1] = (uint8_t)(v >> 16);
	to[2] = (uint8_t)(v >> 8);
	to[3] = (uint8_t)v;
}

static void key_block(const uint8_t *key, uint8_t pad, uint32_t out[static 5])
{
	uint8_t block[BLOCK];
	SHA_CTX c;

	memset(block, pad, sizeof(block));
	for (size_t i = 0; i < DEC_HMAC_KEY; i++)
		block[i] ^= key[i];
	SHA1_Init(&c);
	SHA1_Transform(&c, block);
	state_get(&c, out);
	OPENSSL_cleanse(block, sizeof(block));
	OPENSSL_cleanse(&c, sizeof(c));
}

void dec_hmac_init(dec_hmac *m, const uint8_t key[static DEC_HMAC_KEY])
{
	key_block(key, 0x36, m->inner);
	key_block(key, 0x5c, m->outer);
}

/* The outer hash has one block, always of the same shape (FIPS 180-4 5.1.1):
 * a digest, a one bit, zeroes, and the length with the key block in bits. */
static void outer(const uint32_t from[static 5], const SHA_CTX *in,
		  uint8_t tag[static DEC_HMAC_TAG])
{
	uint8_t block[BLOCK] = {0};
	uint32_t h[5];
	SHA_CTX c;

	state_get(in, h);
	for (size_t i = 0; i < 5; i++)
		be32(block + 4 * i, h[i]);
	block[DEC_HMAC_TAG] = 0x80;
	be32(block + BLOCK - 4, (BLOCK + DEC_HMAC_TAG) * 8);
	state_put(&c, from, BLOCK);
	SHA1_Transform(&c, block);
	state_get(&c, h);
	for (size_t i = 0; i < 5; i++)
		be32(tag + 4 * i, h[i]);
}

/* The last one or two blocks: what is left of the text, the word, a one bit,
 * zeroes, the length in bits. */
static void finish(SHA_CTX *c, span rest, uint32_t word, uint32_t octets)
{
	uint8_t tail[2 * BLOCK] = {0};
	const size_t n = rest.left + 4;
	const size_t whole = n + 9 > BLOCK ? 2 * BLOCK : BLOCK;

	memcpy(tail, rest.p, rest.left);
	be32(tail + rest.left, word);
	tail[n] = 0x80;
	be32(tail + whole - 4, octets * 8);
	SHA1_Transform(c, tail);
	if (whole > BLOCK)
		SHA1_Transform(c, tail + BLOCK);
}

void dec_hmac_sum(const dec_hmac *m, span text, uint32_t word,
		  uint8_t tag[static DEC_HMAC_TAG])
{
	const uint32_t octets = (uint32_t)text.left + 4 + BLOCK;
	const size_t blocks = text.left / BLOCK * BLOCK;
	span rest = span_of(text.p + blocks, text.left - blocks);
	SHA_CTX c;

	state_put(&c, m->inner, BLOCK);
	if (blocks)
		SHA1_Update(&c, text.p, blocks);
	finish(&c, rest, word, octets);
	outer(m->outer, &c, tag);
}
