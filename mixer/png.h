/* png.h - a picture as a PNG file. */
#pragma once
#include <glib.h>
#include <stdint.h>


/* An 8-bit palette picture (ISO/IEC 15948), `width` * `height` indices into
 * `colours` (0xRRGGBB, at most 256). The same input gives the same bytes. */
GByteArray *mix_png(const uint8_t *pixels, uint32_t width, uint32_t height,
		    const uint32_t *colours, size_t n_colours);
