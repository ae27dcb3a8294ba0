/* stamp.h - when a frame came, on the monotonic clock. The kernel tells the
 * wall clock's time of it alone, and that clock may be set while the frame
 * waits to be read: then what is between the two clocks now is not what was
 * between them then. CAPTURE thread. */
#pragma once
#include "core/clock.h"

typedef struct relay_stamp {
	clk_both now;		/* when the round began */
	clk_mono oldest;	/* what had come before then was read by an
				 * earlier round, but for a moment's worth */
	int64_t between;	/* monotonic less wall, ns */
	int64_t before;		/* the same until the wall clock was last set */
} relay_stamp;

/* A round begins that reads what came since `oldest`; 0: since whenever. The
 * first one finds all of *s 0. */
void relay_stamp_round(relay_stamp *s, clk_both now, clk_mono oldest);
/* A frame of this round that came at `wall`, ns. */
clk_both relay_stamp_at(const relay_stamp *s, int64_t wall);
