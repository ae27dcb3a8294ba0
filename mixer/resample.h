/* resample.h - one stream's samples brought to the recording's rate. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "mixer/wave.h"

/* Plain memory; starts as all zero. */
typedef struct mix_resample {
	struct soxr *soxr;	/* NULL while the rates are the same */
	uint32_t from, to;
} mix_resample;

/* Begins a run; what an earlier one left inside is forgotten. */
void mix_resample_begin(mix_resample *r, uint32_t from, uint32_t to);
void mix_resample_push(mix_resample *r, const int16_t *in, size_t n,
		       mix_wave *out);
/* Ends the run: the rest comes out. */
void mix_resample_flush(mix_resample *r, mix_wave *out);
void mix_resample_clear(mix_resample *r);
