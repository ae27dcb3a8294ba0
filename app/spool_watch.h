/* spool_watch.h - which calls are new in the spool. It holds the journals of
 * years, so it is read once; then the kernel tells what comes (inotify(7)). */
#pragma once
#include <glib.h>

typedef struct spool_watch spool_watch;
/* A name that a call may have. Its directory may be empty so far. */
typedef void spool_watch_found(void *user, const char *name);

spool_watch *spool_watch_new(const char *spool);
void spool_watch_free(spool_watch *w);
/* Never waits. All names in the first look, then those that came since the last
 * one; all of them again when the kernel lost count or the spool is another
 * directory, so whoever asks must know what it knows. Of such a reading names
 * of old calls come later, some in each look, so that the years before do not
 * hold up today. Without a watch all is read again, for a tenth of the time at
 * most, and one warning says why. */
void spool_watch_look(spool_watch *w, spool_watch_found *found, void *user);
/* Names begin with the time of the call, in UTC: those below it (strcmp) are of
 * calls that began more than a week ago. */
enum { SPOOL_WATCH_DAY = 9 };	/* YYYYMMDD */
void spool_watch_old_before(char to[static SPOOL_WATCH_DAY]);
