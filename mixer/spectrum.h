/* spectrum.h - which frequencies were heard when, in bounded memory. */
#pragma once
#include <glib.h>
#include <stdint.h>

enum {
	MIX_SPECTRUM_LANES = 2,
	MIX_SPECTRUM_MAX = 2400,	/* columns; then two become one */
	MIX_SPECTRUM_BINS = 128, /* from 0 to half the rate, each 1/256 of it */
};

typedef struct mix_spectrum mix_spectrum;

/* Free with mix_spectrum_free(). */
mix_spectrum *mix_spectrum_new(void);
void mix_spectrum_free(mix_spectrum *s);
/* The same n samples of both lanes. */
void mix_spectrum_add(mix_spectrum *s,
		      const int16_t *const lane[MIX_SPECTRUM_LANES], size_t n);
/* A PNG: the caller above, the callee below, the call across, low frequencies
 * below high ones. Free with g_byte_array_unref(). */
GByteArray *mix_spectrum_picture(const mix_spectrum *s);
