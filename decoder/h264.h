/* h264.h - H.264 and X-H264UC video: takes RTP payloads of one side of an m=
 * line, returns access units of the base layer.
 *
 * X-H264UC (MS-H264PF) sends each layer of H.264 SVC on an SSRC of its own; a
 * PACSI before each gives its place in decoding order. The base layer, which
 * every H.264 decoder understands, is assembled here, and the rest is left out.
 * Of simulcast streams one is returned. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "core/span.h"

typedef struct dec_h264 dec_h264;

typedef struct dec_h264_unit {
	int64_t ts;	/* extended RTP timestamp, 90 kHz */
	bool key;	/* has an IDR picture */
	bool whole;	/* no packet between its first and last is missing */
	span data;	/* NAL units, each after 00 00 00 01; lent */
} dec_h264_unit;

/* Units come in increasing `ts`, except after a restart of the sender's
 * clock. */
typedef void dec_h264_sink(void *user, const dec_h264_unit *unit);

typedef enum dec_h264_verdict {
	DEC_H264_OK,
	DEC_H264_DUPLICATE,
	DEC_H264_LATE,	/* its access unit has already been returned */
	DEC_H264_BAD,	/* not H.264, or a unit of too many packets */
} dec_h264_verdict;

/* WORKER. `window` is how long, in 90 kHz units, an access unit waits for
 * packets out of order. Free with dec_h264_free(). */
dec_h264 *dec_h264_new(uint32_t window, dec_h264_sink *sink, void *user);
/* Waiting units are dropped. NULL is fine. */
void dec_h264_free(dec_h264 *h);
/* WORKER. One payload, in any order. The sink may be called. */
dec_h264_verdict dec_h264_packet(dec_h264 *h, uint32_t ssrc, uint16_t seq,
				 uint32_t ts, span payload);
/* Streams sent beside the one that is returned (the same camera, encoded
 * again). They are left out. */
unsigned dec_h264_others(const dec_h264 *h);
/* WORKER. Returns everything that waits. */
void dec_h264_flush(dec_h264 *h);
