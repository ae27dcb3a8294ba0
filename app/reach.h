/* reach.h - up to when the journals hold all that capture saw: a word in RUN
 * that capture moves on with each write and render looks at. Without it render
 * could only guess how far capture is; on a machine that is too busy, or with
 * a disk that hangs, the guess is wrong and sound that is safe in the journal
 * would come too late for its file. */
#pragma once
#include <glib.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "core/clock.h"

/* Capture's side: monotonic nanoseconds, for the life of the process. NULL on
 * failure. MAIN, before the role is confined. */
_Atomic int64_t *reach_share(const char *run, GError **err);

/* Render's side. */
typedef struct reach reach;

reach *reach_new(const char *run);
void reach_free(reach *r);
/* No record from before this time is still to be written. Where no capture
 * tells, or one has hung for longer than its queue lasts, it is what `now`
 * leaves a healthy one to write. */
clk_mono reach_get(reach *r, clk_mono now);
/* Whether capture has written since this was last so. */
bool reach_moved(reach *r);
