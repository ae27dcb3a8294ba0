/* ends.h - the ends of calls that capture may have missed, because it was away,
 * or the tap died before it sent the message. They are sent again to each
 * capture that connects, for as long as render waits for one. MAIN. */
#pragma once
#include <glib.h>

#include "core/clock.h"
#include "core/span.h"

enum {
	ENDS_KEPT_S = 150,	/* 120 for one that stands still, 15 until the
				 * next one has begun, 15 until it writes */
	ENDS_MAX = 4096,	/* the oldest go first */
};

typedef struct ends ends;

ends *ends_new(void);
void ends_free(ends *e);
/* `message` as rec_arm_put() made it; copied. */
void ends_add(ends *e, clk_mono now, const char *call, span message);
/* Those of the last ENDS_KEPT_S, the oldest first. */
void ends_each(ends *e, clk_mono now,
	       void (*tell)(void *user, const char *call, span message),
	       void *user);
