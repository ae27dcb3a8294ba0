/* secret.h - key material: fixed size, wiped on clear, never printed. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/span.h"

enum {
	SECRET_MAX = 64,	/* octets; AES-256 key and salt are 46 */
};

typedef struct secret {
	uint8_t b[SECRET_MAX];
	size_t len;		/* octets in use, 0 when empty */
} secret;

/* ANY, all of these. False (and empty) if `from` is longer than SECRET_MAX. */
MUST_CHECK bool secret_set(secret *s, span from);
/* Overwrites the octets in a way that the compiler cannot remove. */
void secret_clear(secret *s);
/* Constant time. */
bool secret_same(const secret *a, const secret *b);

/* Valid until the secret changes. */
static inline span secret_peek(const secret *s)
{
	return span_of(s->b, s->len);
}
