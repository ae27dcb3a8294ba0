/* digest.h - 128 bits that stand for a text, so that texts need not be kept.
 * Truncated SHA-256: a party of a call cannot make two that collide. */
#pragma once
#include "core/span.h"

typedef struct tap_digest {
	uint8_t b[16];
} tap_digest;

/* The digest of all texts so far, of which `d` stands for the earlier ones;
 * it begins as all zero. */
void tap_digest_add(tap_digest *d, span text);

static inline bool tap_digest_same(const tap_digest *a, const tap_digest *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}
