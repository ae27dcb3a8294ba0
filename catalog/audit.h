/* audit.h - who did what: append only, each row chained to the one before.
 *
 * Row n's hash covers its fields and the hash of row n-1, so that a row that
 * was changed, removed, inserted or moved is found. The end of the chain can
 * be cut off unseen unless its head was noted elsewhere: cat_audit_head(). */
#pragma once
#include "catalog/cat.h"

enum { CAT_HASH = 65 };	/* hexadecimal, with its NUL */

typedef struct cat_act {
	int64_t seq, at;	/* at: s UTC */
	const char *actor, *action, *object, *reason;
	const char *hash;
} cat_act;

/* In the transaction of the change itself. */
bool cat_audit_add(cat_db *db, const cat_actor *who, int64_t at,
		   const char *action, const char *object, GError **err);
/* False from `each` stops. */
typedef bool cat_audit_each(void *user, const cat_act *a);
bool cat_audit_list(cat_db *db, int64_t from, int64_t to, const char *actor,
		    cat_audit_each *each, void *user, GError **err);
typedef struct cat_audit_state {
	int64_t rows;
	char head[CAT_HASH];	/* zeros when empty */
} cat_audit_state;
/* False: CAT_ERROR_CHAIN names the first row that does not fit. With `seq` > 0
 * that row must have `hash`, as noted at an earlier time. */
bool cat_audit_verify(cat_db *db, int64_t seq, const char *hash,
		      cat_audit_state *out, GError **err);
bool cat_audit_head(cat_db *db, cat_audit_state *out, GError **err);
