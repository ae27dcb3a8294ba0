/* mix.h - a call's decoded sound in, aligned recordings and a timeline out.
 *
 * The bytes of every file depend on what was put in between mix_call_begin()
 * and mix_call_finish(), never on when mix_call_advance() was called. So a live
 * render and a replay of its journal make the same files. */
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

/* WORKER, as all of mix_call_*. NULL: the plan is invalid. No file is touched
 * before there is something to write. Free with mix_call_free(). */
mix_call *mix_call_new(const mix_plan *plan, GError **err);
/* Once, and first: where the recording starts on the capture's clock. */
void mix_call_begin(mix_call *m, clk_mono start);
/* In order of release to within 2 s. */
void mix_call_block(mix_call *m, const pcm_block *b);
void mix_call_report(mix_call *m, const pcm_report *r);
void mix_call_mark(mix_call *m, const mix_mark *k);
/* Takes the stream out of the call from `at`, which is now, or puts it back.
 * Out of the call it makes no sound, only entries in the timeline. */
void mix_call_leave_out(mix_call *m, uint32_t stream, clk_mono at, bool out);
/* Everything released before `horizon` has been put in: writes what is final.
 * To be called no later than MIX_LOOKAHEAD_MS after the end, or the recording
 * gets longer than the call. The files can be played afterwards. After a
 * failure only mix_call_free() may follow. */
bool mix_call_advance(mix_call *m, clk_mono horizon, GError **err);
/* Writes the rest up to `end` and syncs. The files are complete and still
 * called .part; `out` has their future names: if one of them, or NAME.json,
 * exists already, "-2", "-3" ... is added to all. */
bool mix_call_seal(mix_call *m, clk_mono end, mix_totals *out, GError **err);
/* Instead of that: keeps nothing. `out` has only the name that the files would
 * have got, which nobody else can take before mix_call_publish(); that removes
 * what was written and what an earlier render of the call has left. */
bool mix_call_drop(mix_call *m, mix_totals *out, GError **err);
/* After either: the files get their names, durably, with everything put into
 * their directory before. No file is replaced. */
bool mix_call_publish(mix_call *m, GError **err);
/* Both. */
bool mix_call_finish(mix_call *m, clk_mono end, mix_totals *out, GError **err);
/* The rate in Hz that would lose nothing of what was put in so far, if the rate
 * chosen at the beginning does. 0: nothing is lost, or the plan gives a
 * rate. */
uint32_t mix_call_rate_wanted(const mix_call *m);
/* The timeline so far, sorted by time once finished; lent. */
const GArray *mix_call_markers(mix_call *m);	/* of mix_marker */
/* Uncommitted .part files are left for the next render, which overwrites them.
 * NULL is fine. */
void mix_call_free(mix_call *m);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(mix_call, mix_call_free)

/* ANY. Puts everything written into `dir` onto disk, also by files that still
 * grow. */
bool mix_files_sync(const char *dir, GError **err);
