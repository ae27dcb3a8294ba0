/* reach.h - up to when the journals are complete, and which of them have news:
 * words in RUN that capture and the tap write and render looks at. Without them
 * render could only guess how far those are; on a machine that is too busy, or
 * with a disk that hangs, the guess is wrong, and sound that is safe in the
 * journal would come too late for its file. News are for haste only: who is
 * told of none sees the file itself in time. */
#pragma once
#include <glib.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "core/clock.h"
#include "core/fdstore.h"

enum {
	/* For so long no file goes further than a capture that stands still,
	 * or whose rings are kept for the next one ... */
	REACH_STANDS_MS = 120000,
	/* ... and for so long further than one that is gone, ring and all:
	 * longer than a start takes. */
	REACH_GONE_MS = 15000,
};

typedef enum reach_word {
	REACH_MEDIA,	/* all that capture saw before is written; 0: unknown */
	REACH_SESSION,	/* the oldest event that the tap has not written; 0:
			 * there is none */
} reach_word;

/* The writers' side: monotonic nanoseconds, for the life of the process. NULL
 * on failure. MAIN. */
_Atomic int64_t *reach_share(const char *run, reach_word which, GError **err);
/* Capture's, before it forks: from now on render knows that what capture has
 * seen may still be written, whatever keeps it from doing so. That is over when
 * the last of its processes has ended, and the service manager, if it keeps
 * capture's rings (`with`; or NULL), has let go of them too. MAIN. */
bool reach_live(const char *run, fdstore *with, GError **err);
/* The tap's: counters of what it wrote, for the life of the process. NULL on
 * failure. MAIN. */
typedef _Atomic uint32_t reach_news;
reach_news *reach_share_news(const char *run, GError **err);
/* This call's session file has grown. Any thread. */
void reach_tell(reach_news *news, const char *call);

/* Render's side. */
typedef struct reach reach;

reach *reach_new(const char *run);
void reach_free(reach *r);
/* No record from before this time is still to be written. Where nobody tells,
 * or nothing can be expected of who told, it is what `now` leaves a healthy
 * writer to write. */
clk_mono reach_get(reach *r, clk_mono now);
/* Whether capture has written since this was last so. */
bool reach_moved(reach *r);
/* Another number than before: the session file of this call, or of one that
 * shares its counter, has grown in between. `hash`: g_str_hash() of its name;
 * it is asked for each call many times a second. */
uint32_t reach_told(const reach *r, uint32_t hash);
