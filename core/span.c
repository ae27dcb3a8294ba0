#include "core/span.h"

#include <glib.h>

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

bool span_folds(const uint8_t *p, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != (uint8_t)s[i] &&
		    lower(p[i]) != lower((uint8_t)s[i]))
			return false;
	return true;
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
