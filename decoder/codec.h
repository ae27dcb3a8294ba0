/* codec.h - one RTP payload format: the bytes of a packet in, PCM out.
 *
 * A dec_codec belongs to one RTP source and one thread. Opening it allocates;
 * decoding and concealing do not. docs/codecs.md lists what is decoded by
 * which library. RED, CN and telephone-event are not codecs: see dec.h. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/call.h"
#include "core/span.h"

typedef struct dec_codec dec_codec;
typedef struct dec_plugins dec_plugins;	/* plugin.h */

enum {
	DEC_PCM_MS = 480,	/* a longer packet is DEC_CODEC_BAD */
	DEC_PCM_SAMPLES = 48000 * 2 / 1000 * DEC_PCM_MS,
	DEC_CONCEAL_MS = 80,	/* longer made-up speech is worse than silence:
				 * the caller stops asking */
};

/* The output of one call. Keep one per thread: it is too big for a stack. */
typedef struct dec_pcm {
	size_t frames;		/* samples per channel */
	size_t concealed;	/* of these, made up inside a damaged packet */
	unsigned channels;	/* 1, or 2 interleaved; may change by packet */
	int16_t s[DEC_PCM_SAMPLES];
} dec_pcm;

typedef enum dec_codec_verdict {
	DEC_CODEC_OK,
	DEC_CODEC_DAMAGED,	/* right length, but see `concealed` */
	DEC_CODEC_BAD,		/* not this format: no frames, state
				 * unchanged */
} dec_codec_verdict;

#define DEC_CODEC_ERROR (dec_codec_error_quark())
typedef enum dec_codec_error {
	DEC_CODEC_ERROR_UNKNOWN,	/* nothing here decodes that name */
	DEC_CODEC_ERROR_FORMAT,		/* known, but not with this clock,
					 * channels or fmtp */
	DEC_CODEC_ERROR_LIBRARY,	/* its library failed to start */
} dec_codec_error;
GQuark dec_codec_error_quark(void);

/* WORKER. By rtpmap and fmtp; an empty name means the static payload type (RFC
 * 3551 6). Plug-ins (may be NULL, must outlive the codec) are asked first. NULL
 * if there is no decoder, with an error that names the codec. Free with
 * dec_codec_close(). */
dec_codec *dec_codec_open(const call_payload *p, const dec_plugins *plugins,
			  GError **err);
/* NULL is fine. */
void dec_codec_close(dec_codec *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(dec_codec, dec_codec_close)

/* ANY. The i-th encoding name that is decoded without plug-ins, NULL after the
 * last. */
const char *dec_codec_name(unsigned i);
/* ANY. Name, clock and channels of a static payload type (RFC 3551 6) into
 * `out`; false for a dynamic or reserved one, or for video. */
bool dec_codec_static(uint8_t pt, call_payload *out);

/* WORKER. Samples per second of the output; G.722 has 16,000 at an RTP clock
 * of 8,000. */
uint32_t dec_codec_rate(const dec_codec *c);
/* WORKER. RTP timestamp units per second. */
uint32_t dec_codec_clock(const dec_codec *c);
/* WORKER. Samples by which the output lags the RTP time, including the
 * encoder's delay. */
unsigned dec_codec_delay(const dec_codec *c);
/* WORKER. RTP timestamp units that the payload spans; 0 if it is not of this
 * format. `ts_step` as for dec_codec_decode(). */
uint32_t dec_codec_ticks(const dec_codec *c, span payload, uint32_t ts_step);

/* WORKER. One RTP payload. `ts_step` is the step to the next packet's
 * timestamp, 0 if unknown: payload type 117 carries mono or stereo, and only
 * the time distinguishes them. */
dec_codec_verdict dec_codec_decode(dec_codec *c, span payload,
				   uint32_t ts_step, dec_pcm *out);
/* WORKER. Makes `frames` samples per channel (or as many as `out` holds) in
 * place of a lost packet. `next` is the first payload after the hole, or empty,
 * and `distance` its distance from the lost one in packets (1: the next one):
 * some formats carry a second copy there. All of it is marked as concealed. If
 * the sender has said that it is silent (a SID frame, DTX), it is comfort
 * noise, for as long as nothing is sent. */
void dec_codec_conceal(dec_codec *c, span next, unsigned distance,
		       size_t frames, dec_pcm *out);
/* WORKER. As if just opened; for a jump in time or a new speaker. */
void dec_codec_reset(dec_codec *c);
