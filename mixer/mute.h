/* mute.h - stretches of time in which a side is to be silent. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct mix_mute mix_mute;

enum { MIX_MUTE_RAMP_MS = 5 };

/* `soft`: silence and sound fade in within a ramp, so that neither clicks. Free
 * with mix_mute_free(). */
mix_mute *mix_mute_new(bool soft);
void mix_mute_free(mix_mute *m);
/* All times in ns since the beginning. Silence from `from` on, until
 * mix_mute_stop() with the same `why`. */
void mix_mute_start(mix_mute *m, unsigned why, int64_t from);
void mix_mute_stop(mix_mute *m, unsigned why, int64_t to);
void mix_mute_add(mix_mute *m, int64_t from, int64_t to);
/* Silences samples [from, from + n) of `bus`. */
void mix_mute_apply(const mix_mute *m, uint32_t rate, int64_t from, float *bus,
		    size_t n);
/* Whether all of [from, from + n) is silenced; not for a soft one. */
bool mix_mute_covers(const mix_mute *m, uint32_t rate, int64_t from, size_t n);
/* What ends before sample `to` is no longer needed. */
void mix_mute_forget(mix_mute *m, uint32_t rate, int64_t to);
