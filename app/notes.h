/* notes.h - what the tap has told of its calls and the ledger may not have yet,
 * and what it remembers of them beside that.
 *
 * One file in the run directory, which is memory, so that no verdict waits for
 * a disk: session records without halves and keys, each call whole when it is
 * entered, then what changes. What is written is the kernel's before the
 * verdict leaves, so that a tap that is killed forgets no call; the end of the
 * host takes the notes with it.
 *
 * A call that is over, and is where it belongs, stays noted for a while: the
 * next tap takes no late copy of its messages for another call.
 *
 * Each write costs the same, however many calls there are: when what no longer
 * counts is more than the rest, the calls that do are copied into a new file, a
 * few with each write, and what changes meanwhile goes to both. */
#pragma once
#include "app/story.h"

typedef struct notes notes;
typedef struct note note;	/* one call */

/* MAIN. What cannot be read, behind a torn record, is cut. Without a file that
 * can be written, which is logged, nothing is noted. */
notes *notes_open(const char *path);
void notes_free(notes *n);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(notes, notes_free)
/* MAIN. What an earlier tap left: char * -> story, by name. Free with
 * g_hash_table_unref(); NULL the second time. It stays noted until
 * notes_settle(). */
GHashTable *notes_take(notes *n);
/* MAIN. What is worth keeping of it has been entered anew. */
void notes_settle(notes *n);

/* MAIN. `s`, lent until notes_drop(), is noted as it stands. */
note *notes_enter(notes *n, const story *s);
/* MAIN. What has changed: a fact, a decision, a state, a mark or the end. */
void notes_add(notes *n, const note *c, const rec_event *e);
/* MAIN. Of the call, whose story says so now, the tap remembers something
 * else. */
void notes_remember(notes *n, const note *c);
/* MAIN. A key was pressed, as the call's story says now. */
void notes_press(notes *n, const note *c);
/* MAIN. Of the call, whose story says so now, nobody has to be told again. */
void notes_mark_settled(notes *n, const note *c);
/* MAIN. The call need not be kept any longer. */
void notes_drop(notes *n, note *c);
/* MAIN. All of this reaches the kernel now; a failure is logged once, and made
 * good when there is room again. */
void notes_write(notes *n);

/* The file's bytes. Pure. A call is meant by a number of its own; a whole one
 * replaces what was said of it before. */
void notes_call_put(put *o, uint32_t number);
void notes_story_put(put *o, const story *s);
void notes_event_put(put *o, const rec_event *e);
void notes_settled_put(put *o);
void notes_memory_put(put *o, const story *s);
void notes_keypad_put(put *o, const story *s);
/* Moves `in` behind the last whole record; adds to `out`. */
void notes_stories_get(span *in, GHashTable *out);
