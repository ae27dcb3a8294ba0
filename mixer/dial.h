/* dial.h - tones of keys (ITU-T Q.23) made where only their events came.
 *
 * A sender that tells its keys by RFC 4733 mostly sends no sound meanwhile, or
 * goes on with the microphone's. What it does send stays; a tone that it
 * already holds is not made a second time. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct mix_dial mix_dial;

/* Free with mix_dial_free(). */
mix_dial *mix_dial_new(void);
void mix_dial_free(mix_dial *d);
/* Times in ns since the begin. The tone of `key` at -`volume` dBm0, both its
 * parts together, from `from` on until mix_dial_stop(). What has no tone (a
 * hook flash, NUL) is passed over. */
void mix_dial_start(mix_dial *d, char key, uint8_t volume, int64_t from);
void mix_dial_stop(mix_dial *d, int64_t to);
/* Adds the tones to samples [from, from + n) of `bus`, full scale 32768; what
 * is before their end is forgotten. */
void mix_dial_run(mix_dial *d, uint32_t rate, int64_t from, float *bus,
		  size_t n);
