/* replay.h - a capture of the edge and its signalling into call journals, by
 * the code of the live recorder. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "core/clock.h"
#include "core/seal.h"

typedef struct replay_plan {
	char **signalling;	/* NULL-terminated; NULL: it is in `media` */
	char **media;		/* NULL-terminated, or NULL: none */
	const char *tls_keys;	/* a key log file, or NULL */
	const char *work;	/* directory of the journals */
	const seal_key *key;	/* they are sealed to it */
	int64_t offset_ns;	/* added to the signalling's times */
	const char *call;	/* NULL, or a Call-ID with * and ? */
	clk_wall from, to;	/* only calls that began in this time; 0: no
				 * limit */
	bool progress;		/* on standard error */
} replay_plan;

typedef struct replay_totals {
	uint64_t frames;
	unsigned messages;	/* SIP */
	unsigned calls;		/* that were chosen */
	GPtrArray *troubles;	/* of char *: damaged inputs, a sentence each */
	GPtrArray *notes;	/* of char *: what may be meant so */
} replay_totals;

/* False when an input cannot be read at all; damaged ones are read as far as
 * they go. `out` is filled in either case; free both its lists. */
bool replay_run(const replay_plan *plan, replay_totals *out, GError **err);
