/* span.h - a bounded view of bytes that somebody else owns.
 *
 * Every byte from outside is read through a span. A failed read moves nothing,
 * so a parser is a chain of `||` after which the caller abandons the input. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_CHECK __attribute__((warn_unused_result))

typedef struct span {
	const uint8_t *p;
	size_t left;
} span;

static inline span span_of(const void *p, size_t n)
{
	return (span){p, n};
}

static inline span span_str(const char *s)
{
	return (span){(const uint8_t *)s, strlen(s)};
}

/* Cut n bytes off the front of `in` into `out`. On failure neither moves. */
MUST_CHECK static inline bool span_cut(span *in, size_t n, span *out)
{
	if (n > in->left)
		return false;
	*out = (span){in->p, n};
	if (n)		/* a span of nothing may be at NULL: 6.5.6p9 */
		in->p += n;
	in->left -= n;
	return true;
}

MUST_CHECK static inline bool span_skip(span *in, size_t n)
{
	span gone;

	return span_cut(in, n, &gone);
}

MUST_CHECK static inline bool span_u8(span *in, uint8_t *v)
{
	span s;

	if (!span_cut(in, 1, &s))
		return false;
	*v = s.p[0];
	return true;
}

/* Network byte order. */
MUST_CHECK static inline bool span_u16(span *in, uint16_t *v)
{
	span s;

	if (!span_cut(in, 2, &s))
		return false;
	*v = (uint16_t)(s.p[0] << 8 | s.p[1]);
	return true;
}

MUST_CHECK static inline bool span_u32(span *in, uint32_t *v)
{
	span s;

	if (!span_cut(in, 4, &s))
		return false;
	*v = (uint32_t)s.p[0] << 24 | (uint32_t)s.p[1] << 16 |
	     (uint32_t)s.p[2] << 8 | s.p[3];
	return true;
}

MUST_CHECK static inline bool span_u64(span *in, uint64_t *v)
{
	uint32_t hi, lo;

	if (in->left < 8)
		return false;
	if (!span_u32(in, &hi) || !span_u32(in, &lo))
		return false;
	*v = (uint64_t)hi << 32 | lo;
	return true;
}

MUST_CHECK static inline bool span_bytes(span *in, void *to, size_t n)
{
	span s;

	if (!span_cut(in, n, &s))
		return false;
	memcpy(to, s.p, n);
	return true;
}

/* What precedes and follows `in`, which is a part of `all`. */
static inline span span_before(span all, span in)
{
	return span_of(all.p, (size_t)(in.p - all.p));
}

static inline span span_behind(span all, span in)
{
	size_t n = (size_t)(in.p - all.p) + in.left;

	return span_of(all.p + n, all.left - n);
}

/* `in` was cut from `all`. */
static inline bool span_holds(span all, span in)
{
	return in.p >= all.p && in.p + in.left <= all.p + all.left;
}

/* ---- text ---- */

static inline bool span_eq(span a, const char *s)
{
	return a.left == strlen(s) && (!a.left || !memcmp(a.p, s, a.left));
}

static inline bool span_same(span a, span b)
{
	return a.left == b.left && (!a.left || !memcmp(a.p, b.p, a.left));
}

/* Equal except for the case of ASCII letters; the protocols' tokens are
 * ASCII. */
bool span_folds(const uint8_t *p, const char *s, size_t n);

/* Inline, so that the length of a constant is known. A line is compared with
 * many names; most differ in length already, and most that are equal also agree
 * in case. */
static inline bool span_caseeq(span a, const char *s)
{
	size_t n = strlen(s);

	return a.left == n &&
	       (!n || !memcmp(a.p, s, n) || span_folds(a.p, s, n));
}

static inline bool span_starts(span a, const char *s)
{
	size_t n = strlen(s);

	return a.left >= n && (!n || !memcmp(a.p, s, n));
}

static inline bool span_casestarts(span a, const char *s)
{
	size_t n = strlen(s);

	return a.left >= n && span_folds(a.p, s, n);
}

/* Space, tab, CR, LF. */
static inline bool span_blank(uint8_t c)
{
	return c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

/* Without blanks at both ends. */
static inline span span_trim(span a)
{
	while (a.left && span_blank(a.p[0])) {
		a.p++;
		a.left--;
	}
	while (a.left && span_blank(a.p[a.left - 1]))
		a.left--;
	return a;
}

/* Up to the first `c`, which is consumed; without one false, and nothing
 * moves. */
MUST_CHECK static inline bool span_until(span *in, uint8_t c, span *out)
{
	const uint8_t *hit = in->left ? memchr(in->p, c, in->left) : NULL;
	size_t n;

	if (!hit)
		return false;
	n = (size_t)(hit - in->p);
	return span_cut(in, n, out) && span_skip(in, 1);
}

/* The next word, after skipping blanks; false if only blanks are left. */
MUST_CHECK static inline bool span_word(span *in, span *out)
{
	span s = *in;
	size_t n = 0;

	while (s.left && span_blank(s.p[0])) {
		s.p++;
		s.left--;
	}
	while (n < s.left && !span_blank(s.p[n]))
		n++;
	if (n == 0 || !span_cut(&s, n, out))
		return false;
	*in = s;
	return true;
}

/* The next line without its CR LF or LF, which are consumed; the last line may
 * lack them. False at the end. */
MUST_CHECK static inline bool span_line(span *in, span *out)
{
	if (in->left == 0)
		return false;
	if (!span_until(in, '\n', out)) {
		*out = *in;
		in->p += in->left;
		in->left = 0;
	}
	if (out->left && out->p[out->left - 1] == '\r')
		out->left--;
	return true;
}

/* An unsigned decimal up to `max` at the front; its digits are consumed. */
MUST_CHECK static inline bool span_decimal(span *in, uint64_t max, uint64_t *v)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < in->left; i++) {
		unsigned d = in->p[i] - (unsigned)'0';

		if (d > 9)
			break;
		if (__builtin_mul_overflow(n, 10u, &n) ||
		    __builtin_add_overflow(n, d, &n) || n > max)
			return false;
	}
	if (i == 0)
		return false;
	*v = n;
	in->p += i;
	in->left -= i;
	return true;
}

/* All of `in` is a decimal up to `max`. */
MUST_CHECK static inline bool span_number(span in, uint64_t max, uint64_t *v)
{
	return span_decimal(&in, max, v) && in.left == 0;
}

/* A NUL-terminated copy; free with g_free(). NULs inside become '?'. */
char *span_dup(span a);

/* Bounded copy with a terminating NUL, cut if it does not fit. */
void span_copy(span a, char *to, size_t size);
