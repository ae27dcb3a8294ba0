/* hmac.h - HMAC-SHA1 (RFC 2104) whose key is hashed once: what a packet costs
 * is its own octets and one block more. */
#pragma once
#include "core/span.h"

enum { DEC_HMAC_KEY = 20, DEC_HMAC_TAG = 20 };

typedef struct dec_hmac {
	uint32_t inner[5], outer[5];	/* SHA-1 after the padded key */
} dec_hmac;

void dec_hmac_init(dec_hmac *m, const uint8_t key[static DEC_HMAC_KEY]);
/* The tag of `text` followed by `word` in network order. */
void dec_hmac_sum(const dec_hmac *m, span text, uint32_t word,
		  uint8_t tag[static DEC_HMAC_TAG]);
