/* watch.h - the tap's thread for the database, so that the tap never waits for
 * a disk: it loads new policies and writes the ledger. */
#pragma once
#include "catalog/report.h"

typedef struct cat_watch cat_watch;

/* MAIN. Opens the catalog as soon as it exists, and loads its policy; the first
 * row creates it. A catalog that cannot be read is an error. */
cat_watch *cat_watch_new(const char *path, GError **err);
/* MAIN. Writes what is queued. NULL is fine. */
void cat_watch_free(cat_watch *w);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cat_watch, cat_watch_free)
/* MAIN. The policy in force, at most half a second old; NULL without a catalog.
 * Valid until the next call. */
const cat_policy *cat_watch_policy(cat_watch *w);
/* MAIN. Notes that no tap listened; never waits, copies the text. False if the
 * queue is full. */
bool cat_watch_away(cat_watch *w, const cat_away *a);
/* ANY. The version of what cat_watch_policy() returns: it increases with every
 * change of users, rules and lists; 0 without a catalog. */
uint64_t cat_watch_version(const cat_watch *w);
/* MAIN. Never waits. False if the queue is full; `e` is then freed. */
bool cat_watch_take(cat_watch *w, cat_entry *e);
/* MAIN. A row of the audit log; never waits, copies all texts. False if the
 * queue is full. */
bool cat_watch_note(cat_watch *w, const cat_actor *who, int64_t at,
		    const char *action, const char *object);
/* ANY. Entries and notes that were accepted and are not written yet. */
uint64_t cat_watch_waiting(const cat_watch *w);
/* MAIN. How many were accepted so far. */
uint64_t cat_watch_told(const cat_watch *w);
/* ANY. Entries and notes lost to a full queue or a failing disk. */
uint64_t cat_watch_lost(const cat_watch *w);
