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

/* A press. Times are ns since the begin. */
typedef struct mix_press {
	char key;		/* one that has no tone is passed over */
	uint8_t volume;		/* -dBm0, both parts of the tone together */
	int64_t at;		/* by the capture's clock */
	int64_t soonest;	/* what is before may have been written */
	uint32_t stream;	/* that told it */
	uint32_t clock;		/* of `ts`, or 0 */
	int64_t ts;		/* by the sender's clock */
} mix_press;

/* What is known of the streams. */
typedef struct mix_dial_host {
	void *user;
	/* Where the press's timestamp belongs. False: not known. */
	bool (*place)(void *user, const mix_press *p, int64_t *at);
	/* The samples of who pressed it, full scale 32768. */
	float *(*bus)(void *user, uint32_t stream);
} mix_dial_host;

/* Free with mix_dial_free(). */
mix_dial *mix_dial_new(void);
void mix_dial_free(mix_dial *d);
/* It sounds until mix_dial_stop(), which has its end by the capture's clock. */
void mix_dial_start(mix_dial *d, const mix_press *p);
void mix_dial_stop(mix_dial *d, int64_t at, int64_t soonest);
/* Adds the tones to samples [from, from + n); what is before their end is
 * forgotten. Their place is settled when it comes near, by the sender's clock
 * if that agrees with the capture's. */
void mix_dial_run(mix_dial *d, uint32_t rate, int64_t from, size_t n,
		  const mix_dial_host *host);
