/* media.h - the phone's voice: WAV files, a codec, RTP and SRTP (libsrtp2). */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/phone/opts.h"
#include "tools/phone/sdp.h"

typedef struct phone_media phone_media;

typedef struct phone_media_count {
	unsigned sent, received;	/* RTP packets, verified ones */
	unsigned reports_sent, reports_received;	/* RTCP */
	unsigned refused;		/* authentication or replay */
	unsigned unsent;		/* the socket did not take them */
} phone_media_count;

typedef bool phone_media_send(void *ctx, unsigned component, const void *data,
			      size_t n);

/* Reads the WAV to play and makes a key. */
phone_media *phone_media_new(const phone_opts *o, phone_media_send *send,
			     void *ctx, GError **err);
void phone_media_free(phone_media *m);

/* Our payload types and our key, into an offer (far NULL) or an answer. False
 * when `far` offers nothing that we have. */
bool phone_media_describe(phone_media *m, const phone_sdp *far, phone_sdp *s,
			  GError **err);
/* The far end's answer or offer: which codec and key it will use. */
bool phone_media_agree(phone_media *m, const phone_sdp *far, GError **err);
/* Sends what is due; call it every few milliseconds once media may flow. */
void phone_media_tick(phone_media *m);
void phone_media_take(phone_media *m, const uint8_t *data, size_t n);
/* Writes the WAV of what was heard; gaps are silence. */
bool phone_media_save(phone_media *m, GError **err);

phone_media_count phone_media_counts(const phone_media *m);
const char *phone_media_codec(const phone_media *m);
