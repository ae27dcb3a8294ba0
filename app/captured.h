/* captured.h - what capture did for a call, and what else it saw meanwhile:
 * sums over all its processes, each of which wrote a media file of its own and
 * counted from zero. */
#pragma once
#include "core/record.h"

/* Capture was not there, nor the kernel's rings in its place. */
typedef struct captured_away {
	clk_mono from, to;
} captured_away;

typedef struct captured_sums {
	rec_tally all;		/* `from`: the first one's */
	uint64_t lost[REC_PLACES];	/* of all interfaces */
} captured_sums;

typedef struct captured captured;

captured *captured_new(void);
void captured_free(captured *c);
/* Any media record of file number `file`, a packet as well. */
void captured_take(captured *c, unsigned file, const jrn_rec *rec);
void captured_sum(const captured *c, captured_sums *out);
/* In all places. */
uint64_t captured_lost(const captured_sums *s);
/* False: no record says that capture was there at `at` or later, though capture
 * does write such records. */
bool captured_seen(const captured *c, clk_mono at);
/* Adds each captured_away between `begin` and `end`. */
void captured_aways(const captured *c, clk_mono begin, clk_mono end,
		    GArray *to);
/* Adds each path once (rec_flow), though it came in several files. */
void captured_paths(const captured *c, GArray *to);
/* "kernel", "card", ... */
const char *captured_place_name(unsigned place);
/* "from-client", ... */
const char *captured_leg_name(uint8_t leg);
