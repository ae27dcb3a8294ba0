/* resume.h - the calls that were in progress when an earlier tap ended. */
#pragma once
#include "app/book.h"
#include "app/session.h"
#include "core/conf.h"

/* All lent. */
typedef struct resume_from {
	const conf *conf;
	tap_calls *calls;
	session_writer *sessions;
	book *book;
} resume_from;

/* Journals that are left for later. */
typedef struct resume_old resume_old;

/* MAIN, before the first message is read: out of the journals, and out of the
 * notes what those had not got. Waits at most half a second for the disk.
 * Journals stay for years, and to look into each takes longer than calls can
 * wait for a tap that was restarted: those of calls that began more than a week
 * ago, and are not in the notes, are left. */
resume_old *resume_calls(const resume_from *r);
/* MAIN. Some of these, within milliseconds; false: that were all. */
bool resume_more(resume_old *o, const resume_from *r);
void resume_old_free(resume_old *o);
