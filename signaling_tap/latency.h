/* latency.h - how long verdicts took inside the tap: a histogram.
 *
 * What an answer cost is counted from the moment the message can have been
 * here at the earliest. While the loop sleeps that is when it wakes; what came
 * while it was busy may have come when it was last awake, so a thread that
 * does too much else between two rounds shows. */
#pragma once
#include "core/clock.h"

enum { TAP_LATENCY_BUCKETS = 20 };

typedef struct tap_latency {
	uint64_t n[TAP_LATENCY_BUCKETS]; /* the last: beyond all bounds */
} tap_latency;

void tap_latency_add(tap_latency *l, int64_t ns, unsigned verdicts);
/* Upper bound of bucket i in microseconds; 0 behind the last that has one. */
unsigned tap_latency_bound(unsigned i);
/* How many took at most tap_latency_bound(i). */
uint64_t tap_latency_within(const tap_latency *l, unsigned i);

/* The rounds of a main loop. Begins as zero. */
typedef struct tap_rounds {
	clk_mono asleep;	/* when the loop began to wait */
	clk_mono woke;		/* when it went on */
	clk_mono since;		/* what is here now did not come before */
} tap_rounds;

void tap_rounds_sleep(tap_rounds *r, clk_mono now);
void tap_rounds_wake(tap_rounds *r, clk_mono now);
