/* stamp.h - when a frame came, on the monotonic clock. The kernel gives only
 * the wall clock's time, and that clock may be set while the frame waits to be
 * read; the difference between the two clocks is then no longer what it was.
 * CAPTURE thread. */
#pragma once
#include "core/clock.h"

typedef struct relay_stamp {
	clk_both now;		/* when the round began */
	clk_mono oldest;	/* almost everything that came earlier was read
				 * in an earlier round */
	int64_t between;	/* monotonic less wall, ns */
	int64_t before;		/* the same before the wall clock was last
				 * set */
} relay_stamp;

/* Begins a round that reads what came since `oldest` (0: unknown). For the
 * first round all of *s is 0. */
void relay_stamp_round(relay_stamp *s, clk_both now, clk_mono oldest);
/* A frame of this round that came at `wall`, ns, may have come after the clocks
 * were read: who was stopped, or had no processor, reads them again. */
static inline bool relay_stamp_is_old(const relay_stamp *s, int64_t wall)
{
	return wall > s->now.wall.ns;
}
void relay_stamp_again(relay_stamp *s, clk_both now);
/* When it came. */
clk_both relay_stamp_at(const relay_stamp *s, int64_t wall);
