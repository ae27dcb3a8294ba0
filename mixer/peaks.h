/* peaks.h - the loudness of a call for a picture, in bounded memory. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum {
	MIX_PEAKS_LANES = 2,
	MIX_PEAKS_BUCKETS = 4096,	/* then two become one */
};

typedef struct mix_peaks mix_peaks;

/* `first` samples make a bucket at the start. Free with mix_peaks_free(). */
mix_peaks *mix_peaks_new(uint32_t first);
void mix_peaks_free(mix_peaks *p);
/* The same n samples of both lanes. */
void mix_peaks_add(mix_peaks *p, const int16_t *const lane[MIX_PEAKS_LANES],
		   size_t n);
/* Buckets so far; the last may be short. */
size_t mix_peaks_count(const mix_peaks *p);
uint64_t mix_peaks_bucket(const mix_peaks *p);	/* samples in each */
/* The greatest magnitude, 0 to 32768, in a bucket. */
int mix_peaks_at(const mix_peaks *p, unsigned lane, size_t i);
