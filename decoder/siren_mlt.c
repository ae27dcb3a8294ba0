#include "decoder/siren_mlt.h"

#include <math.h>
#include <string.h>

/* G.722.1 4.6: the transform is a DCT-IV, y. libavutil's half-length inverse
 * MDCT of N coefficients is the same DCT-IV read backwards: t[i] = y[N-1-i].
 * So the standard's
 *	out[i]     = w[i]   y[159-i] + w[319-i] old[i]
 *	out[160+i] = w[160+i] y[i]   - w[159-i] old[159-i],   old[i] = y[160+i]
 * becomes what stands in dec_siren_mlt_run(), with the halves of t. */

bool dec_siren_mlt_init(dec_siren_mlt *m)
{
	const float scale = sqrtf(2.0f / DEC_SIREN_N);

	memset(m, 0, sizeof *m);
	for (int i = 0; i < DEC_SIREN_N; i++)
		m->window[i] = (float)sin(M_PI / 2 * (i + 0.5) / DEC_SIREN_N);
	return av_tx_init(&m->tx, &m->run, AV_TX_FLOAT_MDCT, 1, DEC_SIREN_N,
			  &scale, AV_TX_UNALIGNED) >= 0;
}

void dec_siren_mlt_clear(dec_siren_mlt *m)
{
	av_tx_uninit(&m->tx);
}

void dec_siren_mlt_reset(dec_siren_mlt *m)
{
	memset(m->old, 0, sizeof m->old);
}

static int16_t to_sample(float v)
{
	if (v >= INT16_MAX)
		return INT16_MAX;
	if (v <= INT16_MIN)
		return INT16_MIN;
	return (int16_t)lrintf(v);
}

void dec_siren_mlt_run(dec_siren_mlt *m, float spectrum[static DEC_SIREN_N],
		       int16_t out[static DEC_SIREN_N])
{
	float t[DEC_SIREN_N];
	const float *w = m->window, *old = m->old;

	m->run(m->tx, t, spectrum, sizeof *spectrum);
	for (int i = 0; i < DEC_SIREN_HALF; i++) {
		int j = DEC_SIREN_HALF - 1 - i;

		out[i] = to_sample(w[i] * t[DEC_SIREN_HALF + i] +
				   w[DEC_SIREN_HALF + j] * old[j]);
		out[DEC_SIREN_HALF + i] = to_sample(
			w[DEC_SIREN_HALF + i] * t[DEC_SIREN_HALF + j] -
			w[j] * old[i]);
	}
	memcpy(m->old, t, sizeof m->old);
}
