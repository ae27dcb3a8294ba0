/* sender.h - a sender's clock, measured against ours. Pure.
 *
 *	ours - theirs = what its clock is behind + how long the message took
 *
 * The least that was seen lately is taken for the first term, so that the
 * second is how long ago, on our clock, the sender saw the message: calls keep
 * the time of the host that hears their media, whatever the Front Ends say. */
#pragma once
#include <stdbool.h>

#include "core/clock.h"

enum {
	TAP_SENDER_WINDOW_S = 60,	/* of two, for the least */
	TAP_SENDER_LAG_MS = 1000,	/* longer: a clock has stepped */
	TAP_SENDER_SKEW_MS = 1000,	/* more is worth a word */
};

typedef struct tap_sender {
	bool any;
	clk_mono begun;		/* of the newer window */
	int64_t least[2];	/* ours less theirs, ns: newer and older */
} tap_sender;

/* When the sender saw a message that it says it saw at `theirs`. Begins as {0}.
 * `*stepped`: one of the clocks has jumped, and measuring begins anew. */
clk_both tap_sender_time(tap_sender *s, clk_wall theirs, clk_both now,
			 bool *stepped);
/* How far its clock is before ours, ns; the way there makes it less. */
int64_t tap_sender_ahead(const tap_sender *s);
