/* picture.h - the waveform of a call as a PNG. */
#pragma once
#include <glib.h>

#include "mixer/peaks.h"

enum { MIX_PICTURE_WIDTH = 1200, MIX_PICTURE_HEIGHT = 240 };

/* The caller above, the callee below, the whole call from left to right, with a
 * fainter line at each tenth. Free with g_byte_array_unref(). */
GByteArray *mix_picture(const mix_peaks *p);
