/* sinc.h - reads a wave between its samples: fine shifts against drift. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { MIX_SINC_TAPS = 48 };	/* samples around the place that is read */

typedef struct mix_sinc mix_sinc;

/* Free with mix_sinc_free(). */
mix_sinc *mix_sinc_new(void);
void mix_sinc_free(mix_sinc *s);
/* Adds n samples to `out`, read from `in` at *pos, *pos + step, ...; positions
 * are samples in 32.32 fixed point. `in` must hold MIX_SINC_TAPS / 2 samples
 * before the first and after the last place. Moves *pos on. */
void mix_sinc_add(const mix_sinc *s, const float *in, int64_t *pos,
		  int64_t step, float *out, size_t n);
