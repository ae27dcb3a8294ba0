/* book.h - the tap's side of the catalog: decides by its policy and enters
 * each call of a recorded user into the ledger, from its beginning. */
#pragma once
#include "app/story.h"
#include "catalog/watch.h"
#include "core/conf.h"
#include "signaling_tap/keypad.h"
#include "signaling_tap/tap.h"

typedef struct book book;

/* An act on a call's recording that a party of it asks for. */
typedef void book_act(void *user, uint64_t call, const rec_control *what);

typedef struct book_config {
	const char *path;	/* of the catalog; lent for the call alone */
	const char *notes;	/* lent for the call alone */
	tap_sink *next;		/* the sink that each event goes to */
	void *next_user;
	const tap_keypad_plan *keypad;	/* lent */
	book_act *act;
	void *act_user;
} book_config;

/* MAIN, when the process is confined: starts the catalog's thread. NULL on
 * error. */
book *book_new(const book_config *cfg, GError **err);
/* MAIN. Writes what waits. */
void book_free(book *b);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(book, book_free)

/* MAIN. What the catalog says of a call; false when no rule of it names a
 * party, or the call has no sound. Fills all of `out`, whose texts live until
 * the next call. */
bool book_decide(book *b, const tap_facts *f, rec_decision *out);
/* MAIN. A decision made by the configuration, with a row of its own in the
 * ledger, kept for this many days; 0: for ever. */
void book_adopt(book *b, rec_decision *out, uint32_t keep_days);
/* MAIN. Applies the record header to the call decided last: it overrides
 * whatever is not mandatory. True if `out` is a decision now. */
bool book_wish(book *b, const tap_facts *f, rec_decision *out);
/* ANY. Ledger rows that could not be written. */
uint64_t book_lost(const book *b);
/* ANY. Rows and audit notes that are not written yet. */
uint64_t book_waiting(const book *b);
/* ANY. Of the catalog that decides; it rises with every change. */
uint64_t book_version(const book *b);
/* MAIN. Nobody listened then. */
void book_away(book *b, const cat_away *a);
/* MAIN. The latest decision, not carried out: `why` is a sentence. */
void book_prevent(book *b, rec_decision *out, const char *why);
/* MAIN. What an earlier tap noted and the ledger may lack: char * -> story.
 * Free with g_hash_table_unref(); NULL the second time. */
GHashTable *book_left(book *b);
/* MAIN. All of that was resumed, as far as it has to be. */
void book_settle(book *b);
/* MAIN. A call that is over: a tap that starts soon has to know it, too. Its
 * row is written, unless it was settled already. Takes `s`. */
void book_remember(book *b, story *s);
/* MAIN, now and then: forgets notes of calls that are in the ledger and have
 * been over for as long as copies of their messages may come. The next sink has
 * accepted `told` events in all, of which the last `waiting` are not on
 * disk. */
void book_tidy(book *b, clk_mono now, uint64_t told, uint64_t waiting);
/* MAIN. A call that an earlier tap began: takes what its journal says, and the
 * next sink's part of it. Returns the tap_sink's `*own`. */
void *book_resume(book *b, story *s, void *next);
/* MAIN. The same of a call that is over, and of which keys may still come. */
void *book_late(book *b, void *next);
/* MAIN. A call of this name is in progress. */
bool book_has(const book *b, const char *name);
/* What the next sink has of a call; NULL for NULL. */
void *book_next(const void *own);
/* The "caller" or "callee" of a call; "" if unknown, or for NULL. */
const char *book_party(const void *own, const char *side);
/* What else the next tap has to know about the call: noted at once if a rule
 * concerns the call. */
void book_keep(book *b, void *own, span memory);
/* Of each side: what it had pressed of a code when an earlier tap ended. */
void book_take_keypad(book *b, void *own, const tap_keypad both[static 2]);
/* A tap_sink; `user` is a book. */
void book_sink(void *user, uint64_t call, void **own, const rec_event *e);
