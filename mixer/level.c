#include "mixer/level.h"

#include <glib.h>
#include <math.h>

/* The RMS of what is louder than a pause, averaged over some seconds of
 * speech, is brought to -23 dB of full scale, the target of EBU R 128 (there
 * with a weighting by frequency that speech of a telephone hardly needs). The
 * gain moves by 0.5 dB in 100 ms at most; the limiter comes after it. */
enum { BLOCKS_PER_S = 10, MEMORY = 30 /* blocks */ };
#define TARGET (32768 * 0.0708)		/* -23 dB */
#define PAUSE (32768 * 0.00316)		/* -50 dB: not speech */
#define GAIN_MIN 0.25			/* -12 dB */
#define GAIN_MAX 8.0			/* +18 dB */
#define STEP 1.0593			/* 0.5 dB */

struct mix_level {
	size_t block, filled;
	double sum;		/* of squares in this block */
	double mean;		/* square of speech */
	unsigned blocks;	/* in the mean, up to MEMORY */
	float gain, slope;	/* now; a sample */
};

mix_level *mix_level_new(uint32_t rate)
{
	mix_level *l = g_new0(mix_level, 1);

	l->block = rate / BLOCKS_PER_S;
	l->gain = 1;
	return l;
}

void mix_level_free(mix_level *l)
{
	g_free(l);
}

/* At a block's end: where the gain is to be at the end of the next. */
static void steer(mix_level *l)
{
	double square = l->sum / (double)l->block;
	double want, to;

	l->sum = 0;
	l->filled = 0;
	l->slope = 0;
	if (square < PAUSE * PAUSE)
		return;
	l->blocks = MIN(l->blocks + 1, MEMORY);
	l->mean += (square - l->mean) / l->blocks;
	want = CLAMP(TARGET / sqrt(l->mean), GAIN_MIN, GAIN_MAX);
	to = CLAMP(want, l->gain / STEP, l->gain * STEP);
	l->slope = (float)((to - l->gain) / (double)l->block);
}

void mix_level_run(mix_level *l, float *bus, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		l->sum += (double)bus[i] * bus[i];
		bus[i] *= l->gain;
		l->gain += l->slope;
		if (++l->filled == l->block)
			steer(l);
	}
}
