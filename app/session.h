/* session.h - the tap's events of a call on their way to its journal.
 *
 * A tap_sink. Calls that are not recorded leave no journal. A recorded one has
 * its keys sealed and its records written by a thread of their own, because
 * the tap must not wait for a disk; a replay writes them at once. */
#pragma once
#include <stdatomic.h>

#include "app/reach.h"
#include "core/seal.h"
#include "signaling_tap/tap.h"

typedef struct session_writer session_writer;

/* Told in MAIN, before the verdict leaves, what capture has to know: framed by
 * rec_arm_put(). `ended`: nothing more comes for this call. */
typedef void session_arm(void *user, const char *call, span message,
			 bool ended);

typedef struct session_config {
	const char *spool;	/* lent for the life of the writer */
	seal_box *box;		/* lent */
	bool thread;		/* false: write in the caller's thread */
	session_arm *arm;	/* NULL: nobody to tell */
	void *arm_user;
} session_config;

session_writer *session_writer_new(const session_config *cfg);
/* MAIN, before the start. Lends a word that tells others which time the
 * journals are complete up to: monotonic ns of the oldest event that has not
 * reached its file, 0 when there is none; and the counters of reach_tell(). */
void session_writer_tell_reach(session_writer *w, _Atomic int64_t *to,
			       reach_news *news);
/* MAIN, once, when the process is confined as it shall be: starts the thread,
 * if there is to be one. Nothing is written before. */
void session_writer_start(session_writer *w);
/* MAIN. Drains, writes, syncs. Calls still open get no JRN_END. */
void session_writer_free(session_writer *w);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(session_writer, session_writer_free)
/* A tap_sink; `user` is a session_writer. */
void session_writer_sink(void *user, uint64_t call, void **own,
			 const rec_event *e);
/* MAIN. A call whose journal an earlier tap has begun: its next file. `halves`
 * (of call_half) are what capture is told when it comes. Returns what the
 * sink's `*own` shall be. */
void *session_writer_resume(session_writer *w, const char *name, clk_both at,
			    const GPtrArray *halves);
/* MAIN. A call that is over, whose journal an earlier tap has written: what the
 * sink is still told of it, by JRN_CLOSE at the latest, goes to the next file.
 * Returns what its `*own` shall be. */
void *session_writer_late(session_writer *w, const char *name);
/* MAIN. A call that ended at `at` by what an earlier tap has written: capture
 * is told when it comes. */
void session_writer_over(session_writer *w, const char *name, clk_both at);
/* The journal's name of what the sink keeps in `*own`; "" for NULL. */
const char *session_name(const void *own);
/* MAIN. Events that were taken so far, and how many of them, the last ones, are
 * not on disk yet. */
uint64_t session_writer_told(const session_writer *w);
uint64_t session_writer_waiting(const session_writer *w);
/* MAIN. Events that found the queue full or the disk unwilling. */
uint64_t session_writer_lost(const session_writer *w);
/* MAIN. All live calls' arms again, for a capture that has just come, and that
 * these are all: it drops what else it knew. The latest ends, too: where there
 * are other taps, capture drops nothing that was not told to be over. */
void session_writer_rearm(session_writer *w);
