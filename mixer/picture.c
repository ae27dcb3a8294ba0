#include "mixer/picture.h"

#include <math.h>
#include <string.h>

#include "mixer/png.h"

enum colour {
	GROUND,
	AXIS,
	GRID,
	LANE,			/* one for each lane */
	COLOURS = LANE + MIX_PEAKS_LANES,
};

static const uint32_t colours[COLOURS] = {
	[GROUND] = 0xffffff,
	[AXIS] = 0xb0b8c0,
	[GRID] = 0xe8ecf0,
	[LANE] = 0x1f6fb4,
	[LANE + 1] = 0xc8641e,
};

enum {
	LANE_HEIGHT = MIX_PICTURE_HEIGHT / MIX_PEAKS_LANES,
	MIDDLE = LANE_HEIGHT / 2,
	REACH = MIDDLE - 4,	/* pixels of full scale */
	TENTHS = 10,
};

/* Pixels for a magnitude: 48 dB are seen, for speech spans that much. */
static int bar(int peak)
{
	double db = 20 * log10(MAX(peak, 1) / 32768.0);

	return (int)lrint(fmax(0, 1 + db / 48) * REACH);
}

static int loudest(const mix_peaks *p, unsigned lane, size_t from, size_t to)
{
	int top = 0;

	for (size_t i = from; i < to; i++)
		top = MAX(top, mix_peaks_at(p, lane, i));
	return top;
}

static void draw_ground(uint8_t *px)
{
	memset(px, GROUND, MIX_PICTURE_WIDTH * MIX_PICTURE_HEIGHT);
	for (int x = MIX_PICTURE_WIDTH / TENTHS; x < MIX_PICTURE_WIDTH;
	     x += MIX_PICTURE_WIDTH / TENTHS) {
		for (int y = 0; y < MIX_PICTURE_HEIGHT; y++)
			px[y * MIX_PICTURE_WIDTH + x] = GRID;
	}
	for (int lane = 0; lane < MIX_PEAKS_LANES; lane++)
		memset(px + (lane * LANE_HEIGHT + MIDDLE) * MIX_PICTURE_WIDTH,
		       AXIS, MIX_PICTURE_WIDTH);
}

static void draw_lane(uint8_t *px, const mix_peaks *p, unsigned lane)
{
	size_t n = mix_peaks_count(p);
	int middle = (int)lane * LANE_HEIGHT + MIDDLE;

	for (size_t x = 0; x < MIX_PICTURE_WIDTH; x++) {
		size_t from = x * n / MIX_PICTURE_WIDTH;
		size_t to = (x + 1) * n / MIX_PICTURE_WIDTH;
		int high = bar(loudest(p, lane, from, MAX(to, from + 1)));

		for (int y = middle - high; high && y <= middle + high; y++)
			px[(size_t)y * MIX_PICTURE_WIDTH + x] =
				(uint8_t)(LANE + lane);
	}
}

GByteArray *mix_picture(const mix_peaks *p)
{
	g_autofree uint8_t *px = g_malloc(MIX_PICTURE_WIDTH *
					  MIX_PICTURE_HEIGHT);

	draw_ground(px);
	for (unsigned lane = 0; lane < MIX_PEAKS_LANES && mix_peaks_count(p);
	     lane++)
		draw_lane(px, p, lane);
	return mix_png(px, MIX_PICTURE_WIDTH, MIX_PICTURE_HEIGHT, colours,
		       COLOURS);
}
