/* latency.h - how long verdicts took inside the tap: a histogram.
 *
 * A verdict's time starts at the earliest moment at which its message can have
 * arrived. If the loop slept, that is when it woke up; if it was busy, when it
 * last looked. So a thread that does too much else between two rounds shows in
 * the histogram. */
#pragma once
#include "core/clock.h"

enum { TAP_LATENCY_BUCKETS = 20 };

typedef struct tap_latency {
	uint64_t n[TAP_LATENCY_BUCKETS]; /* the last: beyond all bounds */
} tap_latency;

void tap_latency_add(tap_latency *l, int64_t ns, unsigned verdicts);
/* Upper bound of bucket i in microseconds; 0 after the last bucket that has
 * one. */
unsigned tap_latency_bound(unsigned i);
/* How many verdicts took at most tap_latency_bound(i). */
uint64_t tap_latency_within(const tap_latency *l, unsigned i);

/* The rounds of a main loop. Begins as zero. */
typedef struct tap_rounds {
	clk_mono asleep;	/* when the loop began to wait */
	clk_mono woke;		/* when it continued */
	clk_mono since;		/* what is here now did not arrive before
				 * this */
} tap_rounds;

void tap_rounds_sleep(tap_rounds *r, clk_mono now);
void tap_rounds_wake(tap_rounds *r, clk_mono now);
