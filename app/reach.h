/* reach.h - up to when the journals are complete: two words in RUN that capture
 * and the tap write and render looks at. Without them render could only guess
 * how far those are; on a machine that is too busy, or with a disk that hangs,
 * the guess is wrong, and sound that is safe in the journal would come too late
 * for its file. */
#pragma once
#include <glib.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "core/clock.h"

typedef enum reach_word {
	REACH_MEDIA,	/* all that capture saw before is written; 0: unknown */
	REACH_SESSION,	/* the oldest event that the tap has not written; 0:
			 * there is none */
} reach_word;

/* The writers' side: monotonic nanoseconds, for the life of the process. NULL
 * on failure. MAIN. */
_Atomic int64_t *reach_share(const char *run, reach_word which, GError **err);

/* Render's side. */
typedef struct reach reach;

reach *reach_new(const char *run);
void reach_free(reach *r);
/* No record from before this time is still to be written. Where nobody tells,
 * or has not moved for longer than a capture's queue lasts, it is what `now`
 * leaves a healthy writer to write. */
clk_mono reach_get(reach *r, clk_mono now);
/* Whether capture has written since this was last so. */
bool reach_moved(reach *r);
