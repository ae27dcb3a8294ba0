/* bits.h - reads a span bit by bit, most significant bit first.
 *
 * Past the end it reads zeros and `left` becomes negative: check that once,
 * where it matters. */
#pragma once
#include "core/span.h"

typedef struct dec_bits {
	span in;	/* octets not yet taken */
	uint64_t held;	/* the next bits, from the top */
	int count;	/* of them in `held` */
	long left;	/* bits not yet read */
} dec_bits;

static inline dec_bits dec_bits_of(span in)
{
	return (dec_bits){.in = in, .left = (long)in.left * 8};
}

static inline void dec_bits_fill(dec_bits *b)
{
	uint8_t octet;

	while (b->count <= 56 && span_u8(&b->in, &octet)) {
		b->held |= (uint64_t)octet << (56 - b->count);
		b->count += 8;
	}
	if (b->count < 32)
		b->count = 64;	/* the end: the rest is zeros */
}

/* n is 1 to 32. */
static inline uint32_t dec_bits_get(dec_bits *b, int n)
{
	uint32_t v;

	if (b->count < n)
		dec_bits_fill(b);
	v = (uint32_t)(b->held >> (64 - n));
	b->held <<= n;
	b->count -= n;
	b->left -= n;
	return v;
}
