/* siren_mlt.h - the inverse lapped transform of Siren: spectrum to samples. */
#pragma once
#include <libavutil/tx.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	DEC_SIREN_N = 320,	/* samples and coefficients of a frame */
	DEC_SIREN_HALF = DEC_SIREN_N / 2,
};

typedef struct dec_siren_mlt {
	AVTXContext *tx;
	av_tx_fn run;
	float window[DEC_SIREN_N];	/* a quarter of a sine */
	float old[DEC_SIREN_HALF]; /* left over from the last frame for this
				    * one */
} dec_siren_mlt;

/* False if libavutil has no such transform. */
bool dec_siren_mlt_init(dec_siren_mlt *m);
void dec_siren_mlt_clear(dec_siren_mlt *m);
/* Forgets the frame before. */
void dec_siren_mlt_reset(dec_siren_mlt *m);
/* Transforms, overlaps with the frame before and rounds. */
void dec_siren_mlt_run(dec_siren_mlt *m, float spectrum[static DEC_SIREN_N],
		       int16_t out[static DEC_SIREN_N]);
