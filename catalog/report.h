/* report.h - sums over the ledger, and its comparison with an outside
 * witness. */
#pragma once
#include "catalog/ledger.h"

/* One owner on one day (local time). */
typedef struct cat_cover {
	char day[11];		/* YYYY-MM-DD */
	char *owner;
	int64_t calls, answered, announce, outcome[CAT_EXEMPT + 1];
	int64_t unanswered;	/* of those not recorded: nobody answered */
	int64_t gaps, gap_ms, recorded_ms;
} cat_cover;

/* Of cat_cover, by day and owner. Times in ms; to 0: until now. `owner` NULL:
 * all, else a part of one. Free the array. */
GArray *cat_report_cover(cat_db *db, int64_t from_ms, int64_t to_ms,
			 const char *owner, GError **err);

/* One gap with its call. */
typedef struct cat_gap_of {
	char *call;
	int64_t begun_ms;
	cat_gap gap;
} cat_gap_of;
/* Of cat_gap_of, the longest first. */
GArray *cat_report_gaps(cat_db *db, int64_t from_ms, int64_t to_ms,
			unsigned limit, GError **err);
/* A source of calls: a Front End or a gateway. */
typedef struct cat_source {
	char *name;
	int64_t calls, last_ms;	/* when its latest call began */
} cat_source;
/* Of cat_source, the one that has been silent longest first: those that
 * reported a call since `heard_ms`, with how many in this time. */
GArray *cat_report_sources(cat_db *db, int64_t heard_ms, int64_t from_ms,
			   int64_t to_ms, GError **err);
/* Of cat_entry: calls without an outcome, the oldest first. */
GPtrArray *cat_report_unresolved(cat_db *db, unsigned limit, GError **err);

/* From when to when (ms) no tap listened: calls of that time may be missing. */
typedef struct cat_away {
	int64_t from_ms, to_ms;
	char *why;		/* a few words */
} cat_away;
bool cat_away_add(cat_db *db, const cat_away *a, GError **err);
/* Of cat_away that touch this time, the oldest first. */
GArray *cat_report_away(cat_db *db, int64_t from_ms, int64_t to_ms,
			GError **err);

/* The time (s) of the newest row of ledger or audit log; 0: there is none. */
bool cat_report_newest(cat_db *db, int64_t *at, GError **err);

/* A call as an outside witness saw it: the record of a gateway or PBX. */
typedef struct cat_cdr {
	unsigned line;
	int64_t begun_ms, duration_ms;
	char *caller, *callee;	/* identities */
	char *call_id;		/* or NULL */
} cat_cdr;
/* CSV with the columns start (ISO 8601, or seconds since 1970), caller,
 * callee, and optionally duration (s) and call_id. NULL: `err` names the
 * line. */
GArray *cat_cdr_read(span text, GError **err);

typedef enum cat_match {
	CAT_CDR_MATCHED,	/* there is one row for it */
	CAT_CDR_DIFFERS,	/* but its length differs by some seconds */
	CAT_CDR_MISSING,	/* a rule names it, and there is no row */
	CAT_CDR_UNCONCERNED,	/* no rule names it, and there is no row */
	CAT_CDR_UNWITNESSED,	/* an answered call that the witness did not
				 * see */
} cat_match;
const char *cat_match_name(cat_match m);

typedef struct cat_finding {
	cat_match match;
	const cat_cdr *cdr;	/* lent; NULL for UNWITNESSED */
	cat_entry *entry;	/* or NULL */
} cat_finding;
/* Of cat_finding: first each record in its order, then rows of the same time
 * span that match no record. A record matches a row with the same Call-ID, or
 * one between the same parties that began within `tolerance_ms`. */
GArray *cat_cdr_compare(cat_db *db, const cat_policy *p, const GArray *cdr,
			int64_t tolerance_ms, GError **err);
