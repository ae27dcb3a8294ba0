/* hex.h - octets of published vectors, written as hexadecimal text. */
#pragma once
#include <glib.h>
#include <stdint.h>

/* Octets of `text`, blanks skipped; returns how many. Aborts when it is not
 * hexadecimal or longer than `size`. */
static inline size_t hex_read(const char *text, uint8_t *to, size_t size)
{
	size_t n = 0;

	for (; *text; text += 2) {
		while (*text == ' ')
			text++;
		g_assert_true(g_ascii_isxdigit(text[0]) &&
			      g_ascii_isxdigit(text[1]) && n < size);
		to[n++] = (uint8_t)(g_ascii_xdigit_value(text[0]) << 4 |
				    g_ascii_xdigit_value(text[1]));
	}
	return n;
}

static inline void hex_same(const uint8_t *got, const char *want)
{
	uint8_t b[512];
	const size_t n = hex_read(want, b, sizeof(b));

	g_assert_cmpmem(got, n, b, n);
}
