/* lane.h - the loops over all samples, written so that compilers use vectors.
 *
 * Full scale is 32768. Pointers of one call do not overlap. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void mix_lane_read(const int16_t *from, float *to, size_t n);
/* to += from */
void mix_lane_add(float *to, const float *from, size_t n);
/* Some sample is beyond full scale. */
bool mix_lane_over(const float *in, size_t n);
/* To the nearest integer, limited to the range. Inputs are below 2^22 in
 * magnitude. */
void mix_lane_round(const float *from, int16_t *to, size_t n);
/* The greatest magnitude. */
int mix_lane_peak(const int16_t *in, size_t n);
/* Sum of squares. */
uint64_t mix_lane_energy(const int16_t *in, size_t n);
void mix_lane_weave(const int16_t *left, const int16_t *right, int16_t *to,
		    size_t n);
/* How many flags, each 0 or 1, are set. */
size_t mix_lane_count(const uint8_t *flags, size_t n);
