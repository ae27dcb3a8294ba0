/* cat.h - the catalog: who is recorded by which rule, and the decision.
 *
 *	catalog.db --load--> cat_policy (immutable) --decide--> cat_verdict
 *
 * The other doors of this room: users.h and rules.h (what officers change),
 * ledger.h (what became of each call), audit.h (who changed what), watch.h
 * (the tap's thread that follows the database). */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/rule.h"
#include "core/span.h"

#define CAT_ERROR (cat_error_quark())
typedef enum cat_error {
	CAT_ERROR_DB,		/* SQLite: disk, lock, damage */
	CAT_ERROR_VERSION,	/* made by a newer edgetape */
	CAT_ERROR_VALUE,	/* what was asked for makes no sense */
	CAT_ERROR_ABSENT,	/* no such user, rule, call */
	CAT_ERROR_EXISTS,
	CAT_ERROR_CHAIN,	/* the audit log was tampered with */
} cat_error;
GQuark cat_error_quark(void);

/* One connection; one thread at a time. */
typedef struct cat_db cat_db;

/* Makes the file when it is absent (its directory must exist) and brings an
 * older one up to date. */
cat_db *cat_open(const char *path, GError **err);
/* NULL without an error when there is no such file. */
cat_db *cat_open_existing(const char *path, GError **err);
void cat_close(cat_db *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cat_db, cat_close)
/* SQLite's integrity_check and the foreign keys. False: `err` says what. */
bool cat_check(cat_db *db, GError **err);

/* Who changes something, and why; both go to the audit log. */
typedef struct cat_actor {
	const char *name;	/* "anna", never NULL */
	const char *reason;	/* or "" */
	int64_t now;		/* s UTC, when that is; 0: when the change
				 * counts from */
} cat_actor;

/* One party of a call, as the signalling names it. Lent; may be empty. */
typedef struct cat_party {
	span uri;		/* "sip:alice@example.com" */
	span tel;		/* "tel:+4930123456" */
	span asserted;		/* a URI that a trusted proxy vouches for */
} cat_party;

/* What a decision is made from. */
typedef struct cat_call {
	int64_t at;		/* seconds since 1970 UTC */
	cat_party caller, callee;
	span source;		/* the Front End or gateway that told us */
	span conference;	/* id, "" without one */
	bool audio, video;	/* what the call offers; both false: unknown */
} cat_call;

enum { CAT_OWNERS_MAX = 8, CAT_HITS_MAX = 64 };

/* Whose call it is; lent from the policy or from the call. */
typedef struct cat_owner {
	span who;		/* key of a user, or the identity that hit */
	bool user;
	uint8_t side;		/* CAT_CALLER, CAT_CALLEE */
} cat_owner;

typedef enum cat_side { CAT_CALLER, CAT_CALLEE, CAT_CALL } cat_side;

/* A rule that matches, for whom. */
typedef struct cat_hit {
	const cat_rule *rule;	/* lent from the policy */
	uint8_t side;		/* cat_side; CAT_CALL: for the call itself */
	bool decides;		/* for its side */
} cat_hit;

/* All texts live as long as the policy and the call's facts. */
typedef struct cat_verdict {
	bool concerned;		/* a rule matched, or an emergency number */
	bool record;		/* media is to be captured */
	bool audio, video;
	bool emergency;
	bool mandatory, announce;
	bool early;		/* its media from before the answer is kept */
	cat_mode mode;
	cat_scope scope;	/* of the call */
	uint16_t refuse;	/* SIP status when it cannot be recorded; 0:
				 * let it pass and raise the alarm */
	uint32_t keep_days;	/* the longest of all recording rules */
	const char *class;	/* of retention, of the rule that keeps so
				 * long; NULL or "" without */
	const char *rule;	/* name of the deciding rule, "" without */
	char reason[320];	/* one sentence */
	unsigned n_owners, n_hits;
	unsigned n_matched;	/* may exceed n_hits */
	cat_owner owner[CAT_OWNERS_MAX];
	cat_hit hit[CAT_HITS_MAX];
} cat_verdict;

/* An immutable snapshot. Shared: any thread may decide with it. */
typedef struct cat_policy cat_policy;

/* All that was in force at `since` (s, UTC) or later: 0 for all history. NULL
 * on error. */
cat_policy *cat_policy_load(cat_db *db, int64_t since, GError **err);
/* The same with one rule more, as if it were in force; NULL adds none. */
cat_policy *cat_policy_load_with(cat_db *db, int64_t since,
				 const cat_rule *more,
				 GError **err);
void cat_policy_unref(cat_policy *p);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cat_policy, cat_policy_unref)
/* ANY. No allocation, no lock but GTimeZone's own. */
void cat_policy_decide(const cat_policy *p, const cat_call *c,
		       cat_verdict *out);

/* "Sentence. [mode=always keep=365 owners=alice,bob ...]": what the journal
 * keeps of a verdict, so that the catalog can be made from journals again. */
enum { CAT_TOLD_MAX = 1200 };
void cat_verdict_tell(const cat_verdict *v, const char *sentence,
		      char to[static CAT_TOLD_MAX]);
/* What it keeps, apart from what a ledger row has. */
typedef struct cat_told {
	bool found;		/* else it was not told so */
	bool mandatory, early;
	cat_mode mode;
	unsigned sides;		/* of the owners: bits 1 << cat_side */
} cat_told;
cat_told cat_told_find(span told);
