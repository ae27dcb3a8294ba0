/* strip.h - one speaker's sound between its tracks and the mix: key tones and
 * what is to be silent taken out, the level evened out. */
#pragma once
#include "mixer/marks.h"

typedef struct mix_strip mix_strip;

/* The plan says what is to be done; at most `quantum` samples come at a time,
 * the first of them is number `at` of the recording. All lent for its life.
 * Free with mix_strip_free(). */
mix_strip *mix_strip_new(const mix_plan *plan, uint32_t rate, size_t quantum,
			 uint8_t side, const mix_mute *mute, mix_timeline *t,
			 int64_t at);
void mix_strip_free(mix_strip *s);
/* Samples by which the strip's output is behind: what precedes a tone by which
 * the tone is recognised must not be out before. */
size_t mix_strip_delay(const mix_strip *s);
/* Samples of the recording that were given. */
int64_t mix_strip_out(const mix_strip *s);
/* The next n samples, in place. */
void mix_strip_run(mix_strip *s, float *bus, size_t n);
