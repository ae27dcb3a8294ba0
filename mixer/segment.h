/* segment.h - stretches of a stream in which its timestamps run steadily. */
#pragma once
#include <glib.h>

#include "mixer/place.h"
#include "mixer/timeline.h"

/* While it is not sure that the sender's clock jumped (the network may have
 * held packets back) a segment is on trial and `old` places its blocks. */
typedef struct mix_segment mix_segment;
struct mix_segment {
	mix_place place;
	int64_t ts0;
	uint32_t clock;
	int64_t unit_ns;	/* of the clock, 0 if that is no whole number */
	int64_t begun;		/* arrival of its first packet */
	mix_segment *old;	/* on trial, or found to be no jump */
	bool trial;
	const mix_segment *behind; /* its sound follows that one's at once */
};

/* Plain memory but for the list; starts as all zero. */
typedef struct mix_segments {
	GPtrArray *list;	/* of mix_segment, owned */
	mix_segment *now;
	/* of the last packet */
	int64_t arrival;
	int64_t end;
	int64_t late;		/* behind where its segment put it */
} mix_segments;

typedef struct mix_packet {
	int64_t ts, end;	/* of its first sample, and behind its last */
	uint32_t clock;
	bool follows;		/* as pcm_block has it */
	int64_t arrival;
} mix_packet;

void mix_segments_clear(mix_segments *s);
/* Gives the packet's segment, never NULL; news go to the timeline. */
mix_segment *mix_segments_packet(mix_segments *s, const mix_packet *p,
				 mix_timeline *news, uint8_t side);
/* All packets before `now` (arrival) have been told: a trial that has lasted
 * its time is decided for the jump. */
void mix_segments_look(mix_segments *s, int64_t now, mix_timeline *news,
		       uint8_t side);

/* Media time of a timestamp: ns since the segment's first. */
int64_t mix_segment_media(const mix_segment *s, int64_t ts);
/* Capture time of a timestamp. */
int64_t mix_segment_at(const mix_segment *s, int64_t ts);
/* The segment whose line counts. */
const mix_segment *mix_segment_real(const mix_segment *s);
