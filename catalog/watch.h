/* watch.h - the tap's thread that talks to the database, so that the tap need
 * not wait for a disk: it brings new policies and writes the ledger. */
#pragma once
#include "catalog/report.h"

typedef struct cat_watch cat_watch;

/* MAIN. Opens the catalog when it exists, now or at any later time, and loads
 * its policy; the first row makes it. One that cannot be read is an error. */
cat_watch *cat_watch_new(const char *path, GError **err);
/* MAIN. Writes what waits. NULL is fine. */
void cat_watch_free(cat_watch *w);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cat_watch, cat_watch_free)
/* MAIN. The policy in force, at most half a second old; NULL without catalog.
 * Lent until the next call. */
const cat_policy *cat_watch_policy(cat_watch *w);
/* MAIN. No tap listened; never waits, the text is copied. False when the queue
 * is full. */
bool cat_watch_away(cat_watch *w, const cat_away *a);
/* ANY. Which one cat_watch_policy() gives: it rises with every change of users,
 * rules and lists; 0 without catalog. */
uint64_t cat_watch_version(const cat_watch *w);
/* MAIN. Never waits. False, and `e` is freed, when the queue is full. */
bool cat_watch_take(cat_watch *w, cat_entry *e);
/* MAIN. A row of the audit log; never waits, all texts are copied. False when
 * the queue is full. */
bool cat_watch_note(cat_watch *w, const cat_actor *who, int64_t at,
		    const char *action, const char *object);
/* ANY. Entries and notes that were taken and are not written yet. */
uint64_t cat_watch_waiting(const cat_watch *w);
/* MAIN. How many were taken so far. */
uint64_t cat_watch_told(const cat_watch *w);
/* ANY. Entries and notes lost to a full queue or a failing disk. */
uint64_t cat_watch_lost(const cat_watch *w);
