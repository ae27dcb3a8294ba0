/* sender.h - a sender's clock, measured against ours. Pure.
 *
 * ours - theirs = how far its clock is behind + how long the message took
 *
 * The smallest difference seen lately is taken for the first term; the rest is
 * how long ago, on our clock, the sender saw the message. So calls keep the
 * time of the host that hears their media, whatever the Front Ends' clocks
 * say. */
#pragma once
#include <stdbool.h>

#include "core/clock.h"

enum {
	TAP_SENDER_WINDOW_S = 60,	/* length of one of two windows for the
					 * smallest difference */
	TAP_SENDER_LAG_MS = 1000,	/* in transit; longer: a clock has
					 * jumped */
	TAP_SENDER_SKEW_MS = 1000,	/* a difference worth reporting */
};

typedef struct tap_sender {
	bool any;
	clk_mono begun;		/* of the newer window */
	int64_t least[2];	/* ours less theirs, ns: newer and older */
} tap_sender;

/* When, on our clock, the sender saw a message for which it gives the time
 * `theirs`, and which may have waited for us since `since` (a host that stood
 * still reads late). Begins as {0}. `*stepped`: one of the clocks has jumped,
 * and measuring starts again. */
clk_both tap_sender_time(tap_sender *s, clk_wall theirs, clk_mono since,
			 clk_both now, bool *stepped);
/* How far its clock is ahead of ours, in ns; the message's transit time makes
 * it less. */
int64_t tap_sender_ahead(const tap_sender *s);
