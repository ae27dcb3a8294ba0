/* journal_io.h - journal files on disk: one writer each, any number of readers.
 *
 * A call's directory holds session-001.etj, session-002.etj, ... written by the
 * tap and media-001.etj, ... written by capture. A role that restarts begins
 * the next number; a file is never reopened for writing. */
#pragma once
#include <glib.h>
#include <sys/types.h>

#include "core/journal.h"

#define JRN_ERROR (jrn_error_quark())
typedef enum jrn_error {
	JRN_ERROR_OPEN,
	JRN_ERROR_FULL,		/* no space: what is unwritten is kept, try
				 * again */
	JRN_ERROR_DISK,		/* anything else; the file was abandoned */
} jrn_error;
GQuark jrn_error_quark(void);

/* The system calls that can fail under a journal; tests inject faults here. */
typedef struct jrn_disk {
	ssize_t (*pwrite)(int fd, const void *p, size_t n, off_t at);
	int (*sync)(int fd);	/* one file's data */
	int (*sync_all)(int fd);	/* the whole file system of fd */
} jrn_disk;
extern const jrn_disk jrn_disk_real;

typedef enum jrn_keep {
	JRN_KEEP_UNTIL_SYNC,	/* unsynced records stay in memory, so that a
				 * failed sync can write them to a new file */
	JRN_KEEP_UNTIL_WRITTEN,	/* never synced: replays */
} jrn_keep;

/* Writing. One thread per jrn_out. */
typedef struct jrn_out jrn_out;

/* Begins the next file of this kind in `dir`, which is created if missing (mode
 * 0750, file 0640). Its header is queued, not yet written. `disk` NULL: the
 * real one. */
jrn_out *jrn_out_open(const char *dir, jrn_kind kind, jrn_keep keep,
		      clk_both at, const jrn_disk *disk, GError **err);
/* Only into memory. False, with nothing added, if more than JRN_OUT_MAX octets
 * already wait for the disk: count the record as lost. */
enum { JRN_OUT_MAX = 8 << 20 };
MUST_CHECK bool jrn_out_add(jrn_out *o, const jrn_rec *r, span more);
/* write(2): what was added survives the death of this process. After an error
 * the rest is kept and the call may be repeated. */
bool jrn_out_flush(jrn_out *o, GError **err);
/* Flush and fdatasync: what was added survives a power cut. A failed sync is
 * not repeated on that file: the file is cut back to what was synced, the next
 * number is begun and the rest is written there. False only if that fails
 * too. */
bool jrn_out_sync(jrn_out *o, GError **err);
/* The same for many files of one file system, with one syncfs(2) if that is
 * cheaper. Returns how many are not synced; `err` is about the last. */
unsigned jrn_out_sync_many(jrn_out *const *o, unsigned n, GError **err);
/* A record of this many octets will be added soon: prefetches the memory for
 * it. */
void jrn_out_hint(const jrn_out *o, size_t payload);
/* Octets added and not yet written; not yet synced. */
size_t jrn_out_unwritten(const jrn_out *o);
size_t jrn_out_unsynced(const jrn_out *o);
/* Records of a type that are not completely written: jrn_out_free() would lose
 * them. */
unsigned jrn_out_missing(const jrn_out *o, uint16_t type);
/* Files given up because of an I/O error. */
unsigned jrn_out_poisoned(const jrn_out *o);
const char *jrn_out_path(const jrn_out *o);
/* Closes without writing: flush or sync before. NULL is fine. */
void jrn_out_free(jrn_out *o);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jrn_out, jrn_out_free)

/* Reading, also while the file is written. */
typedef struct jrn_in jrn_in;

jrn_in *jrn_in_open(const char *path, GError **err);
/* JRN_OK: `out` is valid until the next call. JRN_SHORT: no complete record for
 * now; ask again when the file has grown. JRN_BAD: not a journal, damaged, or
 * unreadable (see jrn_in_trouble()); nothing more will come. */
MUST_CHECK jrn_verdict jrn_in_next(jrn_in *in, jrn_rec *out);
/* Puts the rest off: it is read from the file again later. So hundreds of
 * journals need no memory of their own meanwhile; the next one uses the same,
 * which is still in the cache. */
void jrn_in_rest(jrn_in *in);
/* NULL until jrn_in_next() has read a complete header. */
const jrn_header *jrn_in_header(const jrn_in *in);
/* Octets of complete records read so far, and the octets after them: a torn
 * tail if the writer is gone. */
uint64_t jrn_in_offset(const jrn_in *in);
uint64_t jrn_in_torn(const jrn_in *in);
/* One sentence after JRN_BAD, else NULL. */
const char *jrn_in_trouble(const jrn_in *in);
const char *jrn_in_path(const jrn_in *in);
void jrn_in_free(jrn_in *in);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jrn_in, jrn_in_free)

/* The kernel's boot id, by which a file's monotonic times can be compared; zero
 * if it cannot be read. */
void jrn_boot_id(uint8_t to[static 16]);

/* Paths of the files of one kind in a call's directory, in the order of their
 * numbers; NULL if the directory cannot be read. Free the array. */
GPtrArray *jrn_files(const char *dir, jrn_kind kind, GError **err);
