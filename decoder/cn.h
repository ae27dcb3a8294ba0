/* cn.h - comfort noise (RFC 3389): parsing and synthesis.
 *
 * Integers only, so that the same packets give the same noise everywhere. */
#pragma once
#include "decoder/rtp.h"

enum { DEC_CN_ORDER = 24 };	/* coefficients used; more are left out */

typedef struct dec_cn {
	uint8_t level;		/* -dBov, 0..127 */
	uint8_t order;
	int32_t k[DEC_CN_ORDER];	/* reflection coefficients, Q15 */
} dec_cn;

MUST_CHECK dec_verdict dec_cn_parse(span in, dec_cn *out);

typedef struct dec_noise {
	dec_cn shape;
	int64_t gain;		/* of the white noise, Q16 */
	uint64_t seed;
	int64_t back[DEC_CN_ORDER + 1];	/* lattice, Q16 */
} dec_noise;

/* Takes the new shape; the noise continues without a click. */
void dec_noise_shape(dec_noise *n, const dec_cn *cn);
void dec_noise_make(dec_noise *n, int16_t *out, size_t frames);
