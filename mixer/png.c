#include "mixer/png.h"

#include <string.h>
#include <zlib.h>

enum {
	DEPTH = 8,
	PALETTE = 3,		/* colour type */
};

static void append_u32(GByteArray *to, uint32_t v)
{
	v = GUINT32_TO_BE(v);
	g_byte_array_append(to, (const uint8_t *)&v, sizeof(v));
}

/* Length, type, data, CRC of the last two (ISO/IEC 15948, 5.3). */
static void append_chunk(GByteArray *to, const char *type, const void *data,
			 size_t n)
{
	guint from = to->len + 4;

	append_u32(to, (uint32_t)n);
	g_byte_array_append(to, (const uint8_t *)type, 4);
	if (n)
		g_byte_array_append(to, data, (guint)n);
	append_u32(to, (uint32_t)crc32(0, to->data + from, to->len - from));
}

static void append_header(GByteArray *to, uint32_t width, uint32_t height)
{
	static const uint8_t rest[] = {DEPTH, PALETTE, 0, 0, 0};
	g_autoptr(GByteArray) head = g_byte_array_new();

	append_u32(head, width);
	append_u32(head, height);
	g_byte_array_append(head, rest, sizeof(rest));
	append_chunk(to, "IHDR", head->data, head->len);
}

static void append_palette(GByteArray *to, const uint32_t *colours, size_t n)
{
	uint8_t rgb[3 * 256];

	for (size_t i = 0; i < n; i++) {
		rgb[3 * i] = (uint8_t)(colours[i] >> 16);
		rgb[3 * i + 1] = (uint8_t)(colours[i] >> 8);
		rgb[3 * i + 2] = (uint8_t)colours[i];
	}
	append_chunk(to, "PLTE", rgb, 3 * n);
}

/* Each line is led by its filter, which is none. */
static void append_pixels(GByteArray *to, const uint8_t *pixels,
			  uint32_t width, uint32_t height)
{
	size_t n = (size_t)(width + 1) * height;
	g_autofree uint8_t *raw = g_malloc(n);
	uLongf packed = compressBound((uLong)n);
	g_autofree uint8_t *out = g_malloc(packed);

	for (uint32_t y = 0; y < height; y++) {
		raw[(size_t)y * (width + 1)] = 0;
		memcpy(raw + (size_t)y * (width + 1) + 1,
		       pixels + (size_t)y * width, width);
	}
	/* The buffer is large enough by zlib's own word. */
	g_assert(compress2(out, &packed, raw, (uLong)n, 9) == Z_OK);
	append_chunk(to, "IDAT", out, packed);
}

GByteArray *mix_png(const uint8_t *pixels, uint32_t width, uint32_t height,
		    const uint32_t *colours, size_t n_colours)
{
	static const uint8_t magic[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a,
					'\n'};
	GByteArray *png = g_byte_array_new();

	g_assert(n_colours && n_colours <= 256);
	g_byte_array_append(png, magic, sizeof(magic));
	append_header(png, width, height);
	append_palette(png, colours, n_colours);
	append_pixels(png, pixels, width, height);
	append_chunk(png, "IEND", NULL, 0);
	return png;
}
