/* ledger.h - what the roles know of a call, as a row of the ledger. */
#pragma once
#include "app/render.h"
#include "catalog/ledger.h"
#include "core/conf.h"

/* The directory of the catalog, made if absent: where a role must be allowed
 * to write. NULL, and a warning, when there can be none. Free it. */
char *ledger_dir(const conf *c);

/* Parties, times, decision and end; the outcome stays open. */
cat_entry *ledger_from_story(const story *s);
/* And the outcome, its reason, gaps and files, out of a recording's sidecar.
 * NULL on error. */
cat_entry *ledger_from_sidecar(const char *path, GError **err);

/* How a recording was made, from its sidecar, to make it again. */
typedef struct ledger_told {
	int64_t begin_ms;	/* UTC, of the recording; 0: it does not tell */
	int64_t answered_ms;	/* UTC; 0: never */
	int64_t packets;	/* that became sound */
	unsigned undecodable;	/* codecs */
	bool mute_hold, mute_dtmf;	/* as in mix_plan */
} ledger_told;
bool ledger_told_read(const char *path, ledger_told *out, GError **err);

/* What capture counted. */
void ledger_counts(cat_entry *e, const captured_sums *c);
/* As render says it; a call that we refused was blocked. `why` may be NULL. */
void ledger_outcome(cat_entry *e, const char *outcome, const char *why);

/* For render: the rows of calls. Those that end in one step share a commit.
 * Opens the database at the first call, in the process that uses it. `path`
 * must outlive it. */
typedef struct ledger_pen {
	const char *path;
	cat_db *db;
	GPtrArray *rows;	/* of cat_entry, not written yet; or NULL */
} ledger_pen;
void ledger_pen_done(void *pen, const render_result *r);
void ledger_pen_flush(void *pen);
