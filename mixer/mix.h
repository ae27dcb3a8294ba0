/* mix.h - a call's decoded sound in, aligned recordings and a timeline out.
 *
 * The bytes of every file are a function of what was handed in between
 * mix_call_begin() and mix_call_finish(), never of when mix_call_advance() was
 * called: a live render and a replay of its journal leave the same files. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "core/call.h"
#include "core/pcm.h"
#include "mixer/marker.h"
#include "mixer/output.h"

typedef struct mix_call mix_call;

#define MIX_ERROR (mix_error_quark())
typedef enum mix_error {
	MIX_ERROR_PLAN,		/* the outputs asked for make no sense */
	MIX_ERROR_OPEN,
	MIX_ERROR_DISK,		/* writing, syncing or renaming failed */
	MIX_ERROR_ENCODER,
} mix_error;
GQuark mix_error_quark(void);

enum {
	MIX_LOOKAHEAD_MS = 1000, /* files are this far behind the capture */
	MIX_QUANTUM_MS = 100,	/* and grow in steps of this */
};

/* WORKER, as all of mix_call_*. NULL: the plan makes no sense. No file is
 * touched before there is something to write. Free with mix_call_free(). */
mix_call *mix_call_new(const mix_plan *plan, GError **err);
/* Once, first: where the recording starts on the capture's clock. */
void mix_call_begin(mix_call *m, clk_mono start);
/* In order of release to within 2 s. */
void mix_call_block(mix_call *m, const pcm_block *b);
void mix_call_report(mix_call *m, const pcm_report *r);
void mix_call_mark(mix_call *m, const mix_mark *k);
/* The stream is no part of the call from `at` on, which is now, or it is one
 * again: it leaves no sound, only its lines in the timeline. */
void mix_call_leave_out(mix_call *m, uint32_t stream, clk_mono at, bool out);
/* Everything released before `horizon` has been handed in: writes what is
 * final. No later than MIX_LOOKAHEAD_MS after the end, or the recording gets
 * longer than the call. Files are playable afterwards. After a failure only
 * mix_call_free() may follow. */
bool mix_call_advance(mix_call *m, clk_mono horizon, GError **err);
/* Writes the rest up to `end` and syncs. The files are whole, and keep their
 * .part; `out` tells the names they will have: where one was there before, or a
 * NAME.json, "-2", "-3" ... was added to all. */
bool mix_call_seal(mix_call *m, clk_mono end, mix_totals *out, GError **err);
/* Instead: nothing of it is kept. `out` tells only the name that the files
 * would have had, which is nobody else's before mix_call_publish(): that takes
 * away what was written, and what an earlier render of the call has left. */
bool mix_call_drop(mix_call *m, mix_totals *out, GError **err);
/* Then: the files take their names, durably, as is all that was put into their
 * directory before. No file is replaced. */
bool mix_call_publish(mix_call *m, GError **err);
/* Both. */
bool mix_call_finish(mix_call *m, clk_mono end, mix_totals *out, GError **err);
/* Hz that would lose nothing of what was handed in so far, where the rate that
 * the beginning settled does. 0: nothing is lost, or the plan names a rate. */
uint32_t mix_call_rate_wanted(const mix_call *m);
/* The timeline so far, in order of time once finished; lent. */
const GArray *mix_call_markers(mix_call *m);	/* of mix_marker */
/* Uncommitted .part files are left for the next render, which overwrites them.
 * NULL is fine. */
void mix_call_free(mix_call *m);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(mix_call, mix_call_free)

/* ANY. Everything written into `dir`, also by files that still grow, is on the
 * disk afterwards. */
bool mix_files_sync(const char *dir, GError **err);
