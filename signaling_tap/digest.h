/* digest.h - 128 bits that stand for texts, so that the texts need not be kept.
 * Truncated SHA-256, so that a party of a call cannot make a collision. */
#pragma once
#include "core/span.h"

typedef struct tap_digest {
	uint8_t b[16];
} tap_digest;

enum { TAP_HASH_TEXT = 512, TAP_HASH_KEPT = 16 };

/* Short texts are collected, because each hashing has a fixed cost. When the
 * buffer is full, its first octets are replaced by the digest of all before.
 * Begins as {.n = 0}. */
typedef struct tap_hash {
	size_t n;		/* octets in `text` */
	uint8_t text[TAP_HASH_TEXT];
} tap_hash;

void tap_hash_add(tap_hash *h, span text);
/* The digest of all texts and the borders between them; `h` cannot be used
 * afterwards. */
tap_digest tap_hash_done(tap_hash *h);
tap_digest tap_digest_of(span text);

static inline bool tap_digest_same(const tap_digest *a, const tap_digest *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}
