/* put.h - the writing counterpart of span: appends in network byte order,
 * within bounds. An overflow sets `full` and writes nothing more; check it once
 * at the end. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/span.h"

typedef struct put {
	uint8_t *p;	/* start of the buffer; the caller owns it */
	size_t n;	/* bytes written */
	size_t size;	/* bytes the buffer holds */
	bool full;	/* something did not fit */
} put;

static inline put put_into(void *buf, size_t size)
{
	return (put){buf, 0, size, false};
}

static inline void put_bytes(put *o, const void *from, size_t n)
{
	if (o->full || n > o->size - o->n) {
		o->full = true;
		return;
	}
	if (n)
		memcpy(o->p + o->n, from, n);
	o->n += n;
}

static inline void put_u8(put *o, uint8_t v)
{
	put_bytes(o, &v, 1);
}

static inline void put_u16(put *o, uint16_t v)
{
	const uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};

	put_bytes(o, b, 2);
}

static inline void put_u32(put *o, uint32_t v)
{
	const uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16),
			      (uint8_t)(v >> 8), (uint8_t)v};

	put_bytes(o, b, 4);
}

static inline void put_u64(put *o, uint64_t v)
{
	const uint8_t b[8] = {(uint8_t)(v >> 56), (uint8_t)(v >> 48),
			      (uint8_t)(v >> 40), (uint8_t)(v >> 32),
			      (uint8_t)(v >> 24), (uint8_t)(v >> 16),
			      (uint8_t)(v >> 8), (uint8_t)v};

	put_bytes(o, b, 8);
}

static inline void put_span(put *o, span s)
{
	put_bytes(o, s.p, s.left);
}

static inline span put_done(const put *o)
{
	return span_of(o->p, o->n);
}
