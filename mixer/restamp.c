#include "mixer/restamp.h"

#include <ogg/ogg.h>
#include <string.h>

#include "core/span.h"

enum {
	HEAD = 27,		/* octets before the segment table */
	SERIAL_AT = 14,
};

/* Length of the page at the front, its header in *head; 0: not whole yet. */
static size_t page_length(span in, size_t *head)
{
	uint8_t segments, v;
	span fixed;
	size_t body = 0;

	if (!span_cut(&in, HEAD - 1, &fixed) || !span_u8(&in, &segments) ||
	    in.left < segments)
		return 0;
	for (unsigned i = 0; i < segments; i++) {
		if (!span_u8(&in, &v))
			return 0;
		body += v;
	}
	*head = HEAD + (size_t)segments;
	return in.left < body ? 0 : *head + body;
}

static void stamp(uint8_t *p, size_t head, size_t length, uint32_t serial)
{
	ogg_page page = {p, (long)head, p + head, (long)(length - head)};

	serial = GUINT32_TO_LE(serial);
	memcpy(p + SERIAL_AT, &serial, sizeof(serial));
	ogg_page_checksum_set(&page);
}

void mix_restamp(GByteArray *held, const uint8_t *p, size_t n, uint32_t serial,
		 GByteArray *out)
{
	size_t head, length;

	g_byte_array_append(held, p, (guint)n);
	while (held->len >= 4) {
		if (memcmp(held->data, "OggS", 4)) {
			g_byte_array_append(out, held->data, held->len);
			g_byte_array_set_size(held, 0);
			return;
		}
		length = page_length(span_of(held->data, held->len), &head);
		if (!length)
			return;
		stamp(held->data, head, length, serial);
		g_byte_array_append(out, held->data, (guint)length);
		g_byte_array_remove_range(held, 0, (guint)length);
	}
}
