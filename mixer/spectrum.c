#include "mixer/spectrum.h"

#include <math.h>
#include <string.h>

#include "mixer/png.h"

enum {
	FRAME = 2 * MIX_SPECTRUM_BINS,
	LOG2_FRAME = 8,
	WIDTH = 1200,
	LANE_HEIGHT = MIX_SPECTRUM_BINS,
	GAP = 4,		/* lines between the lanes */
	HEIGHT = MIX_SPECTRUM_LANES * LANE_HEIGHT + GAP,
	SHADES = 64,
};
#define FLOOR_DB (-96.0)	/* the darkest shade */

struct mix_spectrum {
	unsigned per;		/* frames in a column */
	unsigned in;		/* of the last one */
	size_t n;		/* columns */
	size_t held;		/* samples of the next frame */
	int16_t frame[MIX_SPECTRUM_LANES][FRAME];
	float window[FRAME], cosine[FRAME], sine[FRAME];
	uint8_t shade[MIX_SPECTRUM_LANES][MIX_SPECTRUM_MAX][MIX_SPECTRUM_BINS];
};

mix_spectrum *mix_spectrum_new(void)
{
	mix_spectrum *s = g_new0(mix_spectrum, 1);

	s->per = 1;
	for (int i = 0; i < FRAME; i++) {
		double a = 2 * G_PI * i / FRAME;

		s->cosine[i] = (float)cos(a);
		s->sine[i] = (float)sin(a);
		s->window[i] = (float)(0.5 - 0.5 * cos(a));
	}
	return s;
}

void mix_spectrum_free(mix_spectrum *s)
{
	g_free(s);
}

static unsigned mirrored(unsigned i)
{
	unsigned to = 0;

	for (int b = 0; b < LOG2_FRAME; b++)
		to |= (i >> b & 1) << (LOG2_FRAME - 1 - b);
	return to;
}

/* One stage: butterflies over `half` of each 2 * half values. */
static void butterflies(const mix_spectrum *s, float *re, float *im, int half)
{
	for (int i = 0; i < FRAME; i += 2 * half) {
		for (int k = 0; k < half; k++) {
			int turn = k * (FRAME / 2 / half);
			int a = i + k, b = a + half;
			float c = s->cosine[turn], d = s->sine[turn];
			float x = re[b] * c + im[b] * d;
			float y = im[b] * c - re[b] * d;

			re[b] = re[a] - x;
			im[b] = im[a] - y;
			re[a] += x;
			im[a] += y;
		}
	}
}

static uint8_t shade_of(float re, float im)
{
	/* A full-scale sine gives FRAME / 4 behind this window. */
	double top = 32768.0 * FRAME / 4;
	double db = 20 * log10(hypotf(re, im) / top + 1e-9);

	return (uint8_t)lrint(CLAMP(1 - db / FLOOR_DB, 0, 1) * (SHADES - 1));
}

static void add_frame(mix_spectrum *s, unsigned lane)
{
	uint8_t *column = s->shade[lane][s->n - 1];
	float re[FRAME], im[FRAME] = {0};

	for (unsigned i = 0; i < FRAME; i++)
		re[mirrored(i)] = s->frame[lane][i] * s->window[i];
	for (int half = 1; half < FRAME; half *= 2)
		butterflies(s, re, im, half);
	for (int i = 0; i < MIX_SPECTRUM_BINS; i++)
		column[i] = MAX(column[i], shade_of(re[i], im[i]));
}

static void halve(mix_spectrum *s)
{
	for (unsigned l = 0; l < MIX_SPECTRUM_LANES; l++) {
		for (size_t i = 0; i < MIX_SPECTRUM_MAX; i++) {
			uint8_t *to = s->shade[l][i / 2];

			for (int k = 0; k < MIX_SPECTRUM_BINS; k++)
				to[k] = i & 1 ? MAX(to[k], s->shade[l][i][k])
					      : s->shade[l][i][k];
		}
		memset(s->shade[l][MIX_SPECTRUM_MAX / 2], 0,
		       sizeof(s->shade[l]) / 2);
	}
	s->n = MIX_SPECTRUM_MAX / 2;
	s->per *= 2;
}

static void open_column(mix_spectrum *s)
{
	if (s->n && s->in < s->per)
		return;
	if (s->n == MIX_SPECTRUM_MAX)
		halve(s);
	s->n++;
	s->in = 0;
}

void mix_spectrum_add(mix_spectrum *s,
		      const int16_t *const lane[MIX_SPECTRUM_LANES], size_t n)
{
	for (size_t at = 0; at < n;) {
		size_t take = MIN(n - at, FRAME - s->held);

		for (unsigned l = 0; l < MIX_SPECTRUM_LANES; l++)
			memcpy(s->frame[l] + s->held, lane[l] + at,
			       take * sizeof(int16_t));
		s->held += take;
		at += take;
		if (s->held < FRAME)
			return;
		open_column(s);
		for (unsigned l = 0; l < MIX_SPECTRUM_LANES; l++)
			add_frame(s, l);
		s->held = 0;
		s->in++;
	}
}

/* Black over violet and red to yellow and white. */
static void make_colours(uint32_t to[static SHADES])
{
	for (uint32_t i = 0; i < SHADES; i++) {
		uint32_t v = i * 255 / (SHADES - 1);
		uint32_t red = MIN(255, v * 2);
		uint32_t green = v < 128 ? 0 : (v - 128) * 2;
		uint32_t blue = v < 96 ? v : v < 192 ? 192 - v
						     : (v - 192) * 4;

		to[i] = red << 16 | green << 8 | MIN(255, blue);
	}
}

GByteArray *mix_spectrum_picture(const mix_spectrum *s)
{
	g_autofree uint8_t *px = g_malloc0(WIDTH * HEIGHT);
	uint32_t colours[SHADES];

	for (int y = 0; y < GAP; y++)
		memset(px + (LANE_HEIGHT + y) * WIDTH, SHADES - 1, WIDTH);
	for (size_t x = 0; x < WIDTH && s->n; x++) {
		for (size_t l = 0; l < MIX_SPECTRUM_LANES; l++) {
			size_t low = l * (LANE_HEIGHT + GAP) + LANE_HEIGHT - 1;
			const uint8_t *column =
				s->shade[l][x * s->n / WIDTH];

			for (size_t i = 0; i < MIX_SPECTRUM_BINS; i++)
				px[(low - i) * WIDTH + x] = column[i];
		}
	}
	make_colours(colours);
	return mix_png(px, WIDTH, HEIGHT, colours, SHADES);
}
