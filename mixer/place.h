/* place.h - where on the capture's clock a stream's media time belongs.
 *
 * Private to mixer/. Times are nanoseconds: media time since the segment's
 * first timestamp, capture time since the recording's begin. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum {
	MIX_PLACE_HIST = 24,	/* windows through which the line is fitted */
	MIX_PLACE_REPORTS = 32,
};

typedef struct mix_point {
	double t;		/* media time, ns */
	double d;		/* delay, ns: capture minus media time */
} mix_point;

typedef enum mix_place_news {
	MIX_PLACE_SAME,
	MIX_PLACE_STEPPED,	/* the delay changed; the line does not
				 * follow */
	MIX_PLACE_MOVED,	/* the line was moved: see mix_place.news_ns */
} mix_place_news;

/* Plain memory; starts as all zero. */
typedef struct mix_place {
	bool begun;
	int64_t base;		/* delay of the first packet, subtracted from
				 * all others to keep doubles exact */
	int64_t window;		/* number of the 5-s window being filled */
	mix_point least;	/* its least delayed packet */
	mix_point hist[MIX_PLACE_HIST]; /* of past windows, steps taken off */
	unsigned n_hist;
	double step;		/* sum of the steps now taken off */
	unsigned far;		/* windows in a row in which it was too large */
	double news_ns;
	mix_point report[MIX_PLACE_REPORTS]; /* media time, NTP minus it */
	unsigned n_reports;
	uint64_t ntp0;
	mix_point at;		/* the line: through this point ... */
	double slope;		/* ... with this slope: the sender's drift */
	bool refused;		/* a slope beyond 500 ppm was seen */
} mix_place;

/* A packet whose last sample has media time `end` was captured at `arrival`. */
mix_place_news mix_place_packet(mix_place *p, int64_t end, int64_t arrival);
/* RFC 3550 6.4.1: at NTP time `ntp` the sender's media time was `media`. */
void mix_place_report(mix_place *p, int64_t media, uint64_t ntp);
/* Capture time of a media time; the segment has seen a packet. */
int64_t mix_place_at(const mix_place *p, int64_t media);
