/* officer.h - what the commands of officers and administrators share: the
 * catalog, who is asking, times as people write them, output formats. */
#pragma once
#include "app/app.h"
#include "app/table.h"
#include "catalog/audit.h"
#include "catalog/ledger.h"
#include "catalog/rules.h"
#include "catalog/users.h"

/* One verb of a command. argv[0] is the verb itself. */
typedef struct officer officer;
typedef struct officer_verb {
	const char *name, *args, *help;
	int least, most;	/* arguments; most -1: any number */
	int (*run)(officer *o, char **args, GError **err);
	/* The long names of those of the command's own options that it takes;
	 * NULL: all of them. Others are an error: nobody should believe that
	 * they had an effect. */
	const char *options;
} officer_verb;

struct officer {
	const char *command;
	conf *conf;
	cat_db *db;
	cat_actor actor;
	table_form form;
	int64_t now;		/* s UTC */
	int n_args;
	table *done;		/* for --json and --csv, see officer_done() */
};

/* Parses the common options (-c, --json, --csv, --reason) and `entries`, finds
 * the verb (the first one when none is given and it takes none), opens the
 * catalog and runs it. Returns the exit status. Verbs fail by `err`. */
int officer_run(const char *command, const char *help,
		const officer_verb *verbs, size_t n_verbs,
		const GOptionEntry *entries, int argc, char **argv);
/* Says `why`; the exit status for a command that was given wrongly. */
int officer_misused(const officer *o, const char *why);
/* False, with a message, if an answer is asked for as JSON or CSV although
 * `what` leaves no room for one. */
bool officer_form_free(const officer *o, const char *what);
/* Says that something was changed, "alice" "is added": a line for people, and a
 * row of what the command answers to a program. */
void officer_done(officer *o, const char *what, const char *result);
/* False, with a message, unless `n` is from 1 to INT_MAX. */
bool officer_count(const officer *o, const char *option, int n);
/* How many rows to ask for, so that officer_cut() sees whether there are
 * more. */
unsigned officer_one_more(int limit);
/* True if there are more than `limit`; unless the officer said how many, a note
 * tells it. */
bool officer_cut(const officer *o, guint n, int limit, int limit_default);
/* "2026-11-21", "2026-11-21 14:00", with seconds, with Z or an offset (else
 * local time), "today", "yesterday", "now", "3d", "2h" (ago),
 * "+3d" (to come). */
bool officer_time(const char *text, int64_t now, int64_t *out, GError **err);
/* "2026-11-21 14:00:00", local time, for a sentence. Free it. */
char *officer_when(int64_t at);
/* "90", "90s", "5m", "2h", "1d" -> milliseconds. */
bool officer_span(const char *text, int64_t *ms, GError **err);
/* A file, or "-" for standard input. Free it. */
char *officer_read(const char *path, gsize *n, GError **err);
/* The caller's words as one text with blanks between them. Free it. */
char *officer_join(char **words);
