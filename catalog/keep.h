/* keep.h - how long calls are kept: holds, what is due, what was deleted.
 *
 * A call is due if its time is over, its outcome is known and nobody holds it.
 * First its deletion is decided, in one transaction with the audit row; then
 * its files are deleted; then that is noted. The next look completes what a
 * crash interrupted. The row itself stays. */
#pragma once
#include "catalog/ledger.h"

/* One call, one matter. */
typedef struct cat_hold {
	char *call, *matter;
	int64_t since;		/* s UTC */
} cat_hold;

typedef struct cat_hold_change {
	const char *call, *matter;	/* the call's whole name */
	bool on;		/* false: released */
	int64_t at;		/* s UTC */
} cat_hold_change;

/* A call can be held for several matters, and is free when the last of them has
 * ended. `*changed` is false if it was so already. */
bool cat_hold_set(cat_db *db, const cat_hold_change *c, const cat_actor *who,
		  bool *changed, GError **err);
/* Of cat_hold, by time; all if `call` is NULL. */
GArray *cat_hold_list(cat_db *db, const char *call, GError **err);

/* Of cat_entry without children: due at `at_ms`, the longest overdue first. */
GPtrArray *cat_keep_due(cat_db *db, int64_t at_ms, unsigned limit,
			GError **err);
/* Decides the deletion of a call that is due at `at` (s UTC); an error if it is
 * not due any more. */
bool cat_keep_expire(cat_db *db, const char *call, int64_t at,
		     const cat_actor *who, GError **err);
/* Of char *: calls whose deletion is decided but not done. */
GPtrArray *cat_keep_unfinished(cat_db *db, unsigned limit, GError **err);
bool cat_keep_removed(cat_db *db, const char *call, int64_t at, GError **err);
