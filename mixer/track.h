/* track.h - one RTP source: its blocks, its place in time, its samples. */
#pragma once
#include "mixer/sinc.h"
#include "mixer/timeline.h"

/* What the tracks of one call share. */
typedef struct mix_desk {
	uint32_t rate;		/* of the recording */
	clk_mono begin;
	mix_timeline *timeline;
	mix_side_totals side[2];
	mix_sinc *sinc;		/* made when the first stream drifts */
} mix_desk;

/* One step of the call: samples [from, to) of the side's bus. */
typedef struct mix_step {
	int64_t from, to;
	float *bus;
	uint8_t *heard;		/* set to 1 where a stream covers a sample */
} mix_step;

typedef struct mix_track mix_track;

/* Free with mix_track_free(). */
mix_track *mix_track_new(mix_desk *desk, uint32_t stream, uint8_t side);
void mix_track_free(mix_track *t);
uint32_t mix_track_stream(const mix_track *t);
uint8_t mix_track_side(const mix_track *t);
/* The samples are copied. */
void mix_track_block(mix_track *t, const pcm_block *b);
void mix_track_report(mix_track *t, const pcm_report *r);
/* Looks at what was released before `cutoff` (ns since the begin), which
 * settles where it belongs. */
void mix_track_look(mix_track *t, int64_t cutoff);
/* Adds the stream's samples to the step's bus. Steps follow one another. */
void mix_track_render(mix_track *t, const mix_step *s);
