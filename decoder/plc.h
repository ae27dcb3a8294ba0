/* plc.h - conceals lost sound: its last pitch period continues, fading out, and
 * the sound after the hole is faded in. One channel. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum {
	DEC_PLC_RATE_MAX = 48000,
	DEC_PLC_PERIOD_MAX = DEC_PLC_RATE_MAX / 60,	/* samples */
	DEC_PLC_WINDOW_MAX = DEC_PLC_RATE_MAX / 50,
};

typedef struct dec_plc {
	size_t least, most;	/* period to look for, samples */
	size_t window;		/* over which two periods are compared */
	size_t fade;		/* samples until a concealment is silent */
	size_t made;		/* samples made up since the last real one */
	size_t period;		/* of what is being repeated */
	int16_t cycle[DEC_PLC_PERIOD_MAX];
	/* The last window + most samples, the newest at the end. */
	int16_t past[DEC_PLC_WINDOW_MAX + DEC_PLC_PERIOD_MAX];
} dec_plc;

/* `rate` is 8000 to DEC_PLC_RATE_MAX; `fade_ms` until silence. */
void dec_plc_init(dec_plc *p, uint32_t rate, unsigned fade_ms);
/* Takes note of n received samples, `step` apart; after a hole, their beginning
 * is changed. */
void dec_plc_heard(dec_plc *p, int16_t *s, size_t n, size_t step);
/* Makes up n samples. */
void dec_plc_fill(dec_plc *p, int16_t *s, size_t n, size_t step);
