/* The newer interface looks its algorithm up by name for each text, which
 * costs more than hashing one of a few octets. */
#define OPENSSL_API_COMPAT 10100

#include "signaling_tap/digest.h"

#include <openssl/sha.h>

static void hash(span text, uint8_t to[static TAP_HASH_KEPT])
{
	uint8_t out[SHA256_DIGEST_LENGTH];
	SHA256_CTX c;

	SHA256_Init(&c);
	SHA256_Update(&c, text.p, text.left);
	SHA256_Final(out, &c);
	memcpy(to, out, TAP_HASH_KEPT);
}

static void flush(tap_hash *h)
{
	hash(span_of(h->text, h->n), h->text);
	h->n = TAP_HASH_KEPT;
}

void tap_hash_add(tap_hash *h, span text)
{
	const uint8_t length[2] = {(uint8_t)(text.left >> 8),
				   (uint8_t)text.left};
	tap_digest d;

	if (text.left > TAP_HASH_TEXT - TAP_HASH_KEPT - sizeof(length)) {
		d = tap_digest_of(text);
		text = span_of(d.b, sizeof(d.b));
	}
	if (h->n + sizeof(length) + text.left > sizeof(h->text))
		flush(h);
	memcpy(h->text + h->n, length, sizeof(length));
	h->n += sizeof(length);
	if (text.left)
		memcpy(h->text + h->n, text.p, text.left);
	h->n += text.left;
}

tap_digest tap_hash_done(tap_hash *h)
{
	tap_digest d;

	flush(h);
	memcpy(d.b, h->text, sizeof(d.b));
	return d;
}

tap_digest tap_digest_of(span text)
{
	tap_digest d;

	hash(text, d.b);
	return d;
}
