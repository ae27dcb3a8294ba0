#include "signaling_tap/digest.h"

#include <openssl/sha.h>

static void flush(tap_hash *h)
{
	uint8_t out[SHA256_DIGEST_LENGTH];

	SHA256(h->text, h->n, out);
	memcpy(h->text, out, TAP_HASH_KEPT);
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
	uint8_t out[SHA256_DIGEST_LENGTH];
	tap_digest d;

	SHA256(text.p, text.left, out);
	memcpy(d.b, out, sizeof(d.b));
	return d;
}
