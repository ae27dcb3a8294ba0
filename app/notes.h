/* notes.h - what the tap has told of its calls and the ledger may not have yet.
 *
 * One file in the run directory, which is memory, so that no verdict waits for
 * a disk: session records without halves and keys, a snapshot of the call at
 * each step, the latest counts. A snapshot is handed to the kernel before the
 * verdict leaves, so that a tap that is killed forgets no call; the end of the
 * host takes the notes with it. */
#pragma once
#include "app/story.h"

typedef struct notes notes;

/* MAIN. What cannot be read, behind a torn record, is cut. Without a file that
 * can be written, which is logged, nothing is noted. */
notes *notes_open(const char *path);
void notes_free(notes *n);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(notes, notes_free)
/* MAIN. What an earlier tap left: char * -> story, by name. Free with
 * g_hash_table_unref(); NULL the second time. */
GHashTable *notes_take(notes *n);
/* MAIN. One write; a failure is logged once. */
void notes_put(notes *n, const story *s);
/* MAIN. Nothing else than these (of story) is worth keeping. */
void notes_keep_only(notes *n, const GPtrArray *stories);
/* MAIN. Octets in the file. */
size_t notes_size(const notes *n);

/* The file's bytes. Pure. */
void notes_story_put(put *o, const story *s);
/* Moves `in` behind the last whole record; adds to `out`. */
void notes_stories_get(span *in, GHashTable *out);
