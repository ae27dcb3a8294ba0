/* tones.h - the tones of a telephone's keys (ITU-T Q.23), found in sound.
 *
 * Made to leave nothing of a tone, not to read it: what is a tone by Q.24 is
 * told within MIX_TONES_WITHIN_MS of its first sample. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MIX_TONES_WITHIN_MS = 80 };

typedef struct mix_tones mix_tones;

/* `at` is where the tone began or ended, in samples since the first one
 * heard. What begins also ends; at the end of the sound it may not. */
typedef void mix_tones_sink(void *user, bool on, int64_t at);

/* 8,000 samples a second or more. Free with mix_tones_free(). */
mix_tones *mix_tones_new(uint32_t rate);
void mix_tones_free(mix_tones *t);
/* The next n samples, full scale 32768. */
void mix_tones_hear(mix_tones *t, const float *in, size_t n,
		    mix_tones_sink *sink, void *user);
