/* digest.h - 128 bits that stand for texts, so that texts need not be kept.
 * Truncated SHA-256: a party of a call cannot make two that collide. */
#pragma once
#include "core/span.h"

typedef struct tap_digest {
	uint8_t b[16];
} tap_digest;

enum { TAP_HASH_TEXT = 512, TAP_HASH_KEPT = 16 };

/* Short texts are gathered, since each hashing has its price. When there is no
 * room the first octets come to stand for all before. Begins as {.n = 0}. */
typedef struct tap_hash {
	size_t n;		/* octets in `text` */
	uint8_t text[TAP_HASH_TEXT];
} tap_hash;

void tap_hash_add(tap_hash *h, span text);
/* Of all texts and their borders; `h` is used up. */
tap_digest tap_hash_done(tap_hash *h);
tap_digest tap_digest_of(span text);

static inline bool tap_digest_same(const tap_digest *a, const tap_digest *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}
