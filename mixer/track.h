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
	GHashTable *left_out;	/* stream + 1 -> mix_mute: when it is no part
				 * of the call */
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
mix_track *mix_track_new(mix_desk *desk, uint32_t stream, uint32_t ssrc,
			 uint8_t side);
void mix_track_free(mix_track *t);
uint32_t mix_track_stream(const mix_track *t);
uint32_t mix_track_ssrc(const mix_track *t);
uint8_t mix_track_side(const mix_track *t);
/* Of what was looked at, the samples [*from, *to) still to be rendered; they
 * may have holes. False: nothing. */
bool mix_track_known(const mix_track *t, int64_t *from, int64_t *to);
/* Who is named by the next packet, or 0. */
uint32_t mix_track_next_talker(const mix_track *t);
/* Its sound is a mix whose packets name contributors. */
bool mix_track_mixed(const mix_track *t);
/* Who speaks in sample `at` of what was rendered last, and until which sample.
 * 0: it was never told. */
uint32_t mix_track_talker(const mix_track *t, int64_t at, int64_t *until);
/* The samples are copied. */
void mix_track_block(mix_track *t, const pcm_block *b);
void mix_track_report(mix_track *t, const pcm_report *r);
/* Looks at what was released before `cutoff` (ns since the begin), which
 * settles where it belongs. */
void mix_track_look(mix_track *t, int64_t cutoff);
/* Where a timestamp of the stream belongs, ns since the begin, as far as that
 * is settled. False when it is not, or the stream has another clock now. */
bool mix_track_at(const mix_track *t, int64_t ts, uint32_t clock, int64_t *at);
/* Adds the stream's samples to the step's bus. Steps follow one another. */
void mix_track_render(mix_track *t, const mix_step *s);
/* Until the next step its working memory is another's. */
void mix_track_sleep(mix_track *t);
