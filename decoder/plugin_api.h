/* plugin_api.h - what a codec plug-in exports; see docs/codec-plugin.md.
 *
 * Plain C and nothing of edgetape's: copy this one file to build a plug-in. A
 * plug-in is a shared object with the one symbol edgetape_codec_plugin. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Raised when an existing field changes its meaning. Fields are only added at
 * the end, and `size` tells which ones are there. */
#define EDGETAPE_CODEC_ABI 1

/* One payload type of the SDP. */
typedef struct edgetape_codec_format {
	const char *name;	/* a=rtpmap encoding name, as written */
	uint32_t clock;		/* Hz of the RTP timestamp */
	unsigned channels;
	const char *fmtp;	/* a=fmtp parameters, or "" */
} edgetape_codec_format;

typedef struct edgetape_codec {
	uint32_t abi;		/* EDGETAPE_CODEC_ABI */
	uint32_t size;		/* sizeof(edgetape_codec) */
	const char *name;	/* of the plug-in, for logs */

	/* Samples per second (8000 to 48000) that the plug-in would produce for
	 * the format; 0: not mine. */
	uint32_t (*match)(const edgetape_codec_format *format);

	/* State for one RTP source, or NULL. One thread uses it at a time, but
	 * different states may be used by different threads at once. */
	void *(*open)(const edgetape_codec_format *format);

	/* RTP timestamp units that a payload spans; 0: not of this format. Must
	 * not change the state. */
	uint32_t (*ticks)(void *state, const uint8_t *payload, size_t len);

	/* Decodes one payload into interleaved samples, at most `max` per
	 * channel. Returns samples per channel, or -1 for a damaged payload.
	 * The payload is whatever the network delivered. */
	int (*decode)(void *state, const uint8_t *payload, size_t len,
		      int16_t *pcm, size_t max);

	/* Makes `frames` samples per channel in place of a lost packet. `next`
	 * is the first payload after the hole (NULL: none), `offset` packets
	 * after the lost one. Returns 0 if it did; otherwise, or without this
	 * function, edgetape conceals the loss itself. */
	int (*conceal)(void *state, const uint8_t *next, size_t len,
		       unsigned offset, int16_t *pcm, size_t frames);

	void (*close)(void *state);

	unsigned delay;		/* samples by which the output is late */
} edgetape_codec;

/* The one exported symbol. What it returns must live as long as the program. */
const edgetape_codec *edgetape_codec_plugin(void);
