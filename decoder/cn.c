#include "decoder/cn.h"

enum { ONE = 1 << 15 };	/* 1.0 in Q15 */

/* RFC 3389 3: the level with its top bit zero, then quantised coefficients. */
dec_verdict dec_cn_parse(span in, dec_cn *out)
{
	uint8_t v;

	if (!span_u8(&in, &v))
		return DEC_SHORT;
	if (v & 0x80)
		return DEC_BAD;
	out->level = v;
	out->order = 0;
	while (out->order < DEC_CN_ORDER && span_u8(&in, &v))
		out->k[out->order++] = v == 255 ? 258 * 127 : 258 * (v - 127);
	return DEC_OK;
}

static uint64_t root(uint64_t v)
{
	uint64_t r = 0;

	for (uint64_t bit = 1ULL << 62; bit; bit >>= 2) {
		if (v >= r + bit) {
			v -= r + bit;
			r = (r >> 1) + bit;
		} else {
			r >>= 1;
		}
	}
	return r;
}

/* 0 dBov is the power of a full-scale square wave: 32768 as an RMS value. Each
 * step takes 10^(-1/20) = 0.891250938 off. Q16. */
static int64_t rms(unsigned level)
{
	int64_t v = 32768LL << 16;

	while (level--)
		v = v * 956973408LL >> 30;
	return v;
}

/* The lattice raises the power by 1 / prod(1 - k^2). */
static int64_t gain(const dec_cn *cn)
{
	uint64_t power = 1ULL << 30;

	for (unsigned i = 0; i < cn->order; i++) {
		const int64_t k2 = (int64_t)cn->k[i] * cn->k[i];

		power = power * (uint64_t)((1LL << 30) - k2) >> 30;
	}
	return rms(cn->level) * (int64_t)root(power << 30) >> 30;
}

void dec_noise_shape(dec_noise *n, const dec_cn *cn)
{
	for (unsigned i = cn->order + 1u; i <= DEC_CN_ORDER; i++)
		n->back[i] = 0;
	n->shape = *cn;
	n->gain = gain(cn);
}

/* Uniform, variance one: sqrt(3) times -1..1, in Q15. */
static int64_t white(dec_noise *n)
{
	int64_t v;

	n->seed = n->seed * 6364136223846793005ULL + 1442695040888963407ULL;
	v = (int64_t)(n->seed >> 48) - ONE;
	return v * 113512 >> 16;
}

static int16_t clip(int64_t v)
{
	v = (v + ONE) >> 16;
	if (v > INT16_MAX)
		return INT16_MAX;
	return v < INT16_MIN ? INT16_MIN : (int16_t)v;
}

/* Far beyond any sound: a change of shape may leave more in the lattice than
 * the new one would ever hold. */
static int64_t bound(int64_t v)
{
	const int64_t most = 1LL << 40;

	if (v > most)
		return most;
	return v < -most ? -most : v;
}

void dec_noise_make(dec_noise *n, int16_t *out, size_t frames)
{
	for (size_t i = 0; i < frames; i++) {
		int64_t f = n->gain * white(n) >> 15;

		for (unsigned j = n->shape.order; j-- > 0;) {
			const int64_t k = n->shape.k[j];

			f = bound(f - (k * n->back[j] >> 15));
			n->back[j + 1] = bound(n->back[j] + (k * f >> 15));
		}
		n->back[0] = f;
		out[i] = clip(f);
	}
}
