#include "mixer/sinc.h"

#include <glib.h>
#include <math.h>

/* A Kaiser window of beta 10 over 48 taps passes up to 0.85 of half the rate
 * and holds images about 100 dB down; 512 phases, linear between them, keep
 * the error of the table below that. Being a plain function of the position
 * it has no state: nothing to prime, flush or line up where reading between
 * the samples starts or stops. */
enum { PHASES = 512 };
#define BETA 10.0

struct mix_sinc {
	float tap[PHASES + 1][MIX_SINC_TAPS];
};

/* Modified Bessel function of the first kind, order 0. */
static double bessel_i0(double x)
{
	double sum = 1, term = 1;

	for (int k = 1; term > 1e-12 * sum; k++) {
		term *= x * x / (4.0 * k * k);
		sum += term;
	}
	return sum;
}

static double kernel(double x)
{
	double w = x / (MIX_SINC_TAPS / 2);

	if (fabs(x) < 1e-12)
		return 1;
	if (fabs(w) >= 1)
		return 0;
	return sin(G_PI * x) / (G_PI * x) * bessel_i0(BETA * sqrt(1 - w * w)) /
	       bessel_i0(BETA);
}

mix_sinc *mix_sinc_new(void)
{
	mix_sinc *s = g_new(mix_sinc, 1);

	for (int p = 0; p <= PHASES; p++) {
		for (int k = 0; k < MIX_SINC_TAPS; k++) {
			double x = k - (MIX_SINC_TAPS / 2 - 1) -
				   (double)p / PHASES;

			s->tap[p][k] = (float)kernel(x);
		}
	}
	return s;
}

void mix_sinc_free(mix_sinc *s)
{
	g_free(s);
}

void mix_sinc_add(const mix_sinc *s, const float *in, int64_t *pos,
		  int64_t step, float *out, size_t n)
{
	for (size_t i = 0; i < n; i++, *pos += step) {
		const float *x = in + (*pos >> 32) - (MIX_SINC_TAPS / 2 - 1);
		uint32_t frac = (uint32_t)*pos;
		const float *a = s->tap[frac / (UINT32_MAX / PHASES + 1)];
		float mix = (float)(frac % (UINT32_MAX / PHASES + 1)) /
			    (float)(UINT32_MAX / PHASES + 1);
		float lo = 0, hi = 0;

		for (int k = 0; k < MIX_SINC_TAPS; k++) {
			lo += x[k] * a[k];
			hi += x[k] * a[MIX_SINC_TAPS + k];
		}
		out[i] += lo + mix * (hi - lo);
	}
}
