/* wave.h - samples waiting: a queue that is read as one flat array. */
#pragma once
#include <stddef.h>

typedef struct mix_wave {
	float *v;		/* v[from..to) */
	size_t from, to, size;
} mix_wave;

/* Plain memory; starts as all zero. */
void mix_wave_clear(mix_wave *w);
/* Room for n more samples at the end; valid until the next call. The caller
 * fills them and adds to `to`. */
float *mix_wave_room(mix_wave *w, size_t n);
/* No more memory than the samples need, until there is to be room again. */
void mix_wave_sleep(mix_wave *w);
void mix_wave_zeros(mix_wave *w, size_t n);
static inline size_t mix_wave_len(const mix_wave *w)
{
	return w->to - w->from;
}
