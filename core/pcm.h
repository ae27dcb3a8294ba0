/* pcm.h - decoded sound on its way from the decoder to the mixer. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/clock.h"

typedef enum pcm_kind {
	PCM_DECODED,
	PCM_CONCEALED,	/* loss, made up by the codec or the PLC */
	PCM_COMFORT,	/* RFC 3389 noise: the sender was silent */
	PCM_UNDECODABLE,	/* silence of the right length: no decoder */
} pcm_kind;

/* A run of samples of one RTP source. The decoder delivers the blocks of a
 * stream in increasing `ts`, never the same instant twice; a hole between two
 * blocks is time in which nothing was received. */
typedef struct pcm_block {
	uint32_t stream;	/* the decoder's number of this RTP source */
	uint32_t ssrc;		/* kept by a source that restarts */
	uint32_t talker;	/* first contributor of its packet, in a
				 * conference's mix the loudest; 0: none */
	uint8_t side;		/* call_side that speaks; never unknown */
	uint8_t media;		/* index of the m= line */
	uint8_t kind;		/* pcm_kind */
	uint8_t channels;	/* 1, or 2 interleaved */
	bool follows;		/* nothing was lost between this packet and the
				 * one before, and the sender was not silent */
	uint32_t rate;		/* samples per second of `pcm` */
	uint32_t clock;		/* RTP timestamp units per second */
	int64_t ts;		/* extended RTP timestamp of the first sample,
				 * less the codec's delay */
	clk_mono arrival;	/* capture time of the packet with the block;
				 * for a made-up block, of the packet that ended
				 * the hole */
	clk_mono released;	/* capture time when it was certain that this
				 * block is next: `arrival` (also if 0), or when
				 * a missing packet came or was given up */
	const int16_t *pcm;	/* borrowed during the call */
	size_t frames;		/* samples per channel */
} pcm_block;

/* RFC 3550 6.4.1: one sender report, for the slope of the sender's clock. */
typedef struct pcm_report {
	uint32_t stream;
	int64_t ts;		/* extended RTP timestamp */
	uint64_t ntp;		/* 32.32 as sent */
	clk_mono arrival;
} pcm_report;
