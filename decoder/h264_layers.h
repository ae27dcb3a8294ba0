/* h264_layers.h - which SSRCs of one m= line belong together, and which stream
 * is shown.
 *
 * MS-H264PF 3.1.5.3: a sender may encode one camera several times (simulcast).
 * Each stream can be decoded by itself, and each of its layers has an SSRC of
 * its own. Only the PRID of their PACSIs ties layers to a stream: it increases
 * from the base layer on, and the next stream's base begins above it. A base
 * layer is recognised by its key pictures. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { DEC_LAYERS_MAX = 128 };	/* a=x-ssrc-range of a client has 100 */

typedef struct dec_layer {
	uint32_t ssrc;
	uint8_t prid;
	bool base;		/* it had a key picture */
	bool other;		/* a base that was left out at some time */
	int64_t keyed;		/* timestamp of the last one */
	uint32_t octets;	/* of pictures in the unit at hand */
	uint32_t key_octets;	/* of which key pictures */
} dec_layer;

/* Plain memory; starts as all zero. */
typedef struct dec_layers {
	dec_layer list[DEC_LAYERS_MAX];
	unsigned n;
	bool shown;		/* `chosen` is somebody */
	unsigned chosen;	/* the base layer of the stream that is shown */
	int64_t last;		/* timestamp of its last picture */
	unsigned others;	/* streams that were left out beside it */
} dec_layers;

/* The layer with this SSRC, created if need be; the oldest one makes room. */
unsigned dec_layers_find(dec_layers *l, uint32_t ssrc);
/* A unit begins. */
void dec_layers_begin(dec_layers *l);
/* A slice of the layer is in it. */
void dec_layers_slice(dec_layers *l, unsigned layer, bool key, uint32_t octets);
/* The base layer of the stream to which the layer belongs; the layer itself if
 * no other is known. */
unsigned dec_layers_base(const dec_layers *l, unsigned layer);
/* To be called when all slices of the unit at `ts` have been reported: returns
 * the base layer of the stream to show. If several streams begin at once, it is
 * the one with the largest key picture; it stays until it has been silent for a
 * second and another one has a key picture. False: nothing of this unit. */
bool dec_layers_choose(dec_layers *l, int64_t ts, unsigned *base);
