/* limit.h - holds peaks down to full scale without a click. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mix_limit mix_limit;

/* Delays by mix_limit_delay() samples. Free with mix_limit_free(). */
mix_limit *mix_limit_new(uint32_t rate);
/* One in the same state. */
mix_limit *mix_limit_copy(const mix_limit *l);
void mix_limit_free(mix_limit *l);
size_t mix_limit_delay(const mix_limit *l);
/* n samples in, n samples out, full scale 32768. Samples within it pass
 * unchanged. Returns the number of samples above full scale. */
size_t mix_limit_run(mix_limit *l, const float *in, float *out, size_t n);
