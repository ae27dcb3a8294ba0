#include "core/span.h"

#include <glib.h>

/* SIP and SDP are mostly comparisons of names: no call for each letter. */
static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool caseeq(const uint8_t *p, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (lower(p[i]) != lower((uint8_t)s[i]))
			return false;
	return true;
}

bool span_caseeq(span a, const char *s)
{
	return a.left == strlen(s) && caseeq(a.p, s, a.left);
}

bool span_starts(span a, const char *s)
{
	size_t n = strlen(s);

	return a.left >= n && (!n || !memcmp(a.p, s, n));
}

bool span_casestarts(span a, const char *s)
{
	size_t n = strlen(s);

	return a.left >= n && caseeq(a.p, s, n);
}

static bool blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

span span_trim(span a)
{
	while (a.left && blank(a.p[0])) {
		a.p++;
		a.left--;
	}
	while (a.left && blank(a.p[a.left - 1]))
		a.left--;
	return a;
}

bool span_until(span *in, uint8_t c, span *out)
{
	const uint8_t *hit = in->left ? memchr(in->p, c, in->left) : NULL;
	size_t n;

	if (!hit)
		return false;
	n = (size_t)(hit - in->p);
	return span_cut(in, n, out) && span_skip(in, 1);
}

bool span_word(span *in, span *out)
{
	span s = *in;
	size_t n = 0;

	while (s.left && blank(s.p[0])) {
		s.p++;
		s.left--;
	}
	while (n < s.left && !blank(s.p[n]))
		n++;
	if (n == 0 || !span_cut(&s, n, out))
		return false;
	*in = s;
	return true;
}

bool span_line(span *in, span *out)
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

bool span_decimal(span *in, uint64_t max, uint64_t *v)
{
	const uint64_t tens = max / 10, ones = max % 10;
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < in->left && g_ascii_isdigit((char)in->p[i]); i++) {
		unsigned d = in->p[i] - (unsigned)'0';

		if (n > tens || (n == tens && d > ones))
			return false;
		n = n * 10 + d;
	}
	if (i == 0)
		return false;
	*v = n;
	in->p += i;
	in->left -= i;
	return true;
}

bool span_number(span in, uint64_t max, uint64_t *v)
{
	return span_decimal(&in, max, v) && in.left == 0;
}

char *span_dup(span a)
{
	char *s = g_malloc(a.left + 1);

	span_copy(a, s, a.left + 1);
	return s;
}

void span_copy(span a, char *to, size_t size)
{
	size_t n = MIN(a.left, size - 1);

	if (n)
		memcpy(to, a.p, n);
	for (char *nul = to; (nul = memchr(nul, 0, (size_t)(to + n - nul)));)
		*nul = '?';
	to[n] = '\0';
}
