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

/* MAIN, before the first message is read: out of the journals, and out of the
 * notes what those had not got. Waits at most half a second for the disk. */
void resume_calls(const resume_from *r);
