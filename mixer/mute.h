/* mute.h - stretches of time in which a side is to be silent. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct mix_mute mix_mute;

enum { MIX_MUTE_RAMP_MS = 5 };

/* `soft`: silence comes within the ramp behind its beginning, and sound within
 * the ramp behind its end, so that neither clicks. Free with mix_mute_free(). */
mix_mute *mix_mute_new(bool soft);
void mix_mute_free(mix_mute *m);
/* All times in ns since the begin. Silence from `from` on, until
 * mix_mute_stop() of the same `why`. */
void mix_mute_start(mix_mute *m, unsigned why, int64_t from);
void mix_mute_stop(mix_mute *m, unsigned why, int64_t to);
void mix_mute_add(mix_mute *m, int64_t from, int64_t to);
/* Silences samples [from, from + n) of `bus`. */
void mix_mute_apply(const mix_mute *m, uint32_t rate, int64_t from, float *bus,
		    size_t n);
/* All of [from, from + n) is silenced: of one that is not soft. */
bool mix_mute_covers(const mix_mute *m, uint32_t rate, int64_t from, size_t n);
/* What ends before sample `to` is not asked for any more. */
void mix_mute_forget(mix_mute *m, uint32_t rate, int64_t to);
