/* captured.h - what capture did for a call, and what else it saw meanwhile:
 * sums over all its processes. Each wrote a media file of its own, and counted
 * from nought. */
#pragma once
#include "core/record.h"

typedef struct captured_sums {
	rec_tally all;		/* `from`: the first one's */
	uint64_t lost[REC_PLACES];	/* of all interfaces */
} captured_sums;

typedef struct captured captured;

captured *captured_new(void);
void captured_free(captured *c);
/* A flow, loss or tally of file number `file`; others are not looked at. */
void captured_take(captured *c, unsigned file, const jrn_rec *rec);
void captured_sum(const captured *c, captured_sums *out);
/* In all places. */
uint64_t captured_lost(const captured_sums *s);
/* Adds each path once (rec_flow), though it came in several files. */
void captured_paths(const captured *c, GArray *to);
/* "kernel", "card", ... */
const char *captured_place_name(unsigned place);
/* "from-client", ... */
const char *captured_leg_name(uint8_t leg);
