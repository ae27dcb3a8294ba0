/* dial.h - tones of keys (ITU-T Q.23), made where only their events came.
 *
 * Most senders that report keys by RFC 4733 send no sound meanwhile, or that of
 * the microphone. Sound that was sent stays; where it already has the key's
 * tone, none is added. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct mix_dial mix_dial;

/* A press. Times are ns since the begin. */
typedef struct mix_press {
	char key;		/* a key without a tone is ignored */
	uint8_t volume;		/* -dBm0, both parts of the tone together */
	int64_t at;		/* by the capture's clock */
	int64_t soonest;	/* what is before this may have been written */
	uint32_t stream;	/* that told it */
	uint32_t clock;		/* of `ts`, or 0 */
	int64_t ts;		/* by the sender's clock */
} mix_press;

/* What is known of the streams. */
typedef struct mix_dial_host {
	void *user;
	/* The place of the press's timestamp. False: unknown. */
	bool (*place)(void *user, const mix_press *p, int64_t *at);
	/* The samples of the party that pressed it, full scale 32768. */
	float *(*bus)(void *user, uint32_t stream);
} mix_dial_host;

/* Free with mix_dial_free(). */
mix_dial *mix_dial_new(void);
void mix_dial_free(mix_dial *d);
/* It sounds until mix_dial_stop(), which gives its end by the capture's
 * clock. */
void mix_dial_start(mix_dial *d, const mix_press *p);
void mix_dial_stop(mix_dial *d, int64_t at, int64_t soonest);
/* Adds the tones to samples [from, from + n) and forgets presses that end
 * before. A press's place is fixed when it comes near, by the sender's clock if
 * that agrees with the capture's. */
void mix_dial_run(mix_dial *d, uint32_t rate, int64_t from, size_t n,
		  const mix_dial_host *host);
