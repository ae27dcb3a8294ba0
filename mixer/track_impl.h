/* track_impl.h - the insides of a track: track.c puts its samples at their
 * place, track_books.c tells what they were. */
#pragma once
#include "mixer/queue.h"
#include "mixer/resample.h"
#include "mixer/track.h"

/* A run: samples without a hole, on their way through one resampler. */
typedef struct mix_run {
	bool on, flushed, sliding;
	mix_segment *seg;
	int64_t ts;		/* of its first sample */
	int64_t next;		/* timestamp that would continue it */
	uint32_t clock, rate;
	int64_t base;		/* index in the run of wave.v[wave.from] */
	int64_t pos;		/* next place to read, from there, 32.32 */
	double speed;		/* deviation from 1 */
} mix_run;

struct mix_track {
	mix_desk *desk;
	uint32_t stream, ssrc;
	uint8_t side;
	char label[48];		/* "stream 1, 8000 Hz" */
	uint32_t label_rate;
	mix_queue queue;
	mix_run run;
	mix_wave wave;
	mix_resample rs;
	int64_t written;	/* the track has given samples up to here */
	const mix_segment *last; /* of the last block booked, or NULL */
	int64_t last_ts;	/* its end */
	int64_t last_at;	/* the same on the capture's clock */
	GArray *said;		/* the books'; NULL: no packet names anybody */
};

/* ns since the recording's begin, in its samples. */
int64_t mix_track_samples(const mix_track *t, int64_t ns);

static inline int64_t mix_block_ns(const mix_block *k)
{
	return (int64_t)k->frames * CLK_NS_PER_S / k->rate;
}

/* The block is put into the totals and the timeline: it is heard, or came too
 * late for that. */
void mix_track_book(mix_track *t, const mix_block *k);
void mix_track_book_late(mix_track *t, const mix_block *k);
