/* ledger.h - the outcome of each call of a recorded user.
 *
 * One row per call, named like its journal. The tap writes it when the call
 * begins and ends, render when the recording exists. Each writes what it knows;
 * writing the same twice changes nothing. */
#pragma once
#include "catalog/cat.h"

typedef enum cat_outcome {
	CAT_PENDING,		/* in progress, or nobody has reported yet */
	CAT_RECORDED,
	CAT_PARTIAL,
	CAT_NOT_RECORDED,
	CAT_BLOCKED,
	CAT_EXEMPT,
} cat_outcome;
const char *cat_outcome_name(cat_outcome o);
MUST_CHECK bool cat_outcome_parse(const char *text, cat_outcome *out);

/* How the dialog ended; distinguishes calls that nobody answered. */
typedef enum cat_end {
	CAT_END_UNKNOWN,
	CAT_END_BYE,
	CAT_END_CANCELLED,
	CAT_END_UNANSWERED,	/* failed, busy, declined */
	CAT_END_REFUSED,	/* by us */
	CAT_END_TIMEOUT,
	CAT_END_REPLACED,
} cat_end;
const char *cat_end_name(cat_end e);

/* The cause of an EXEMPT call on demand that nobody asked to keep. */
#define CAT_CAUSE_UNASKED "not asked for"

typedef struct cat_gap {
	uint8_t side;		/* cat_side */
	char *cause;
	int64_t at_ms, length_ms;	/* from the recording's beginning */
	int64_t packets;
} cat_gap;

typedef struct cat_file {
	char *name;		/* path */
	char *sha256;
	int64_t bytes;
	unsigned channels;
} cat_file;

/* Counts of capture for the call: "stored", "copies", "lost-kernel", ... */
typedef struct cat_count {
	char *what;
	int64_t packets;
} cat_count;

/* How a call refers to calls that belong to it. The last two are statements of
 * this call's caller, and name somebody with whom he had another call. */
typedef enum cat_link_kind {
	CAT_LINK_CONFERENCE,	/* identifier; `conference` of the entry */
	CAT_LINK_CONVERSATION,	/* identifier of the parties' programs */
	CAT_LINK_REPLACES,	/* SIP Call-ID of the call that it replaces */
	CAT_LINK_TRANSFER,	/* identity of who sent the caller here */
	CAT_LINK_DIVERSION,	/* identity of who was called before */
} cat_link_kind;
const char *cat_link_name(cat_link_kind k);

typedef struct cat_link {
	cat_link_kind kind;
	char *value;
} cat_link;

/* Unknown texts are NULL and unknown numbers 0; the row then keeps its
 * value. */
typedef struct cat_entry {
	char *name;		/* of the journal's directory; the key */
	char *call_id, *source, *conference;
	char *caller, *caller_name, *callee, *callee_name;	/* identities */
	int64_t begun_ms, answered_ms, ended_ms;	/* UTC */
	int64_t duration_ms;	/* of the recording, else of the dialog */
	cat_end end;
	uint16_t end_status;
	cat_outcome outcome;
	char *cause, *reason;	/* a word, and a sentence */
	char *rule, *mode;
	char *scope;		/* "internal", "federated", ... */
	uint32_t keep_days;	/* from the end of the call; 0: for ever */
	char *class;		/* of retention */
	bool announce;		/* the rules expect an announcement */
	char *sidecar;
	GPtrArray *owners;	/* of char *: "user:KEY" or an identity */
	GPtrArray *ids;		/* of char *: all identities of both parties;
				 * empty lists leave what the row has */
	GArray *gaps;		/* of cat_gap; NULL: not known */
	GArray *files;		/* of cat_file; NULL: not known */
	GArray *counts;		/* of cat_count; NULL: not known */
	GArray *links;		/* of cat_link; written only */
	/* read only; see keep.h and cat_ledger_linked() */
	const char *linked;
	unsigned holds;
	int64_t keep_until_ms, expired_ms;
} cat_entry;

cat_entry *cat_entry_new(const char *name);
void cat_entry_free(cat_entry *e);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cat_entry, cat_entry_free)
/* Gaps, files and counts are known from now on, even if there are none. */
void cat_entry_known(cat_entry *e);
void cat_entry_gap(cat_entry *e, uint8_t side, const char *cause,
		   int64_t at_ms, int64_t length_ms, int64_t packets);
void cat_entry_file(cat_entry *e, const char *name, const char *sha256,
		    int64_t bytes, unsigned channels);
/* Noughts are not entered. */
void cat_entry_count(cat_entry *e, const char *what, int64_t packets);
/* An empty value is no link. */
void cat_entry_link(cat_entry *e, cat_link_kind kind, const char *value);
/* Takes mode, scope, keep_days, class, announce and owners from what
 * cat_verdict_tell() wrote, and leaves only the sentence in `reason`. False:
 * there is no such tail. */
bool cat_entry_told(cat_entry *e, span told);

bool cat_ledger_put(cat_db *db, const cat_entry *e, GError **err);
/* Several in one transaction, with one sync. */
bool cat_ledger_put_all(cat_db *db, const GPtrArray *entries, GError **err);
/* The call of this name or SIP Call-ID, or the only one whose name contains
 * it. */
cat_entry *cat_ledger_get(cat_db *db, const char *name, GError **err);

/* Zero or NULL: whatever. */
typedef struct cat_query {
	const char *who;	/* owner, identity, or part of one */
	const char *number;	/* digits anywhere in a number */
	int64_t from_ms, to_ms;
	int64_t shortest_ms, longest_ms;
	const char *scope;	/* as in cat_entry */
	bool announce;		/* only where one was expected */
	unsigned outcomes;	/* bits 1 << cat_outcome; 0: all */
	unsigned limit;		/* 0: 50 */
} cat_query;
/* Of cat_entry without children, the newest first. */
GPtrArray *cat_ledger_search(cat_db *db, const cat_query *q, GError **err);

/* All legs that belong to `e`: the calls linked with it, those linked with
 * these, and `e`; of a conference those at overlapping times. Of cat_entry with
 * its details, in the order in which they began; `linked` of each except `e`
 * says how it was found. */
GPtrArray *cat_ledger_linked(cat_db *db, const cat_entry *e, GError **err);
