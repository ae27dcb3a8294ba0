/* vault.h - what happens to finished recordings: exports, signatures, removal,
 * and what a full disk means.
 *
 * All of it belongs to one thread, and blocks on the disk. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define VLT_ERROR (vlt_error_quark())
typedef enum vlt_error {
	VLT_ERROR_FILE,
	VLT_ERROR_EXISTS,	/* nothing is overwritten */
	VLT_ERROR_CHANGED,	/* a file is not what it was */
	VLT_ERROR_KEY,
} vlt_error;
GQuark vlt_error_quark(void);

enum { VLT_HASH = 65 };		/* SHA-256, hexadecimal, with its NUL */

/* Of a file as it is now. */
bool vlt_hash(const char *path, char out[static VLT_HASH], GError **err);

/* An export: a directory of files, with SHA256SUMS of all of them, as
 * sha256sum(1) reads it. It gets its name when it is complete; that name must
 * be free. */
typedef struct vlt_bundle vlt_bundle;
vlt_bundle *vlt_bundle_new(const char *dir, GError **err);
/* Adds a copy of `path` as `as`, such as "call/a.wav". Its SHA-256 must be
 * `sha256`, unless that is "" or NULL. */
bool vlt_bundle_add(vlt_bundle *b, const char *path, const char *as,
		    const char *sha256, GError **err);
bool vlt_bundle_text(vlt_bundle *b, const char *as, const char *text,
		     GError **err);
/* Writes SHA256SUMS and, with an Ed25519 key in PEM, SHA256SUMS.sig; all is on
 * disk when this returns. */
bool vlt_bundle_seal(vlt_bundle *b, const char *signing_key, GError **err);
/* Removes what was not sealed. NULL is fine. */
void vlt_bundle_free(vlt_bundle *b);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(vlt_bundle, vlt_bundle_free)

/* Ed25519 (RFC 8032). Writes PATH.key (mode 0600) and PATH.pub; neither may
 * exist. */
bool vlt_signing_keys(const char *path, GError **err);
enum { VLT_SIGNATURE = 64 };
bool vlt_sign(const char *key, const void *text, size_t n,
	      uint8_t out[static VLT_SIGNATURE], GError **err);

/* A missing file counts as removed. The directory is synced. */
bool vlt_remove_file(const char *path, GError **err);
/* A directory of plain files, such as a journal. It first gets the hidden name
 * .NAME, so that nobody reads half of it. */
bool vlt_remove_dir(const char *path, GError **err);

/* What happens while a disk fills up, in this order; each level includes those
 * before. Nothing is deleted to make room. */
typedef enum vlt_level {
	VLT_ROOM,
	VLT_WARN,		/* an alarm */
	VLT_NO_EXPORTS,		/* nothing is copied any more */
	VLT_REFUSE,		/* calls that must not go unrecorded are
				 * refused */
	VLT_JOURNAL_ONLY,	/* recordings are made when there is room
				 * again */
} vlt_level;
const char *vlt_level_name(vlt_level l);
/* The percentage at which each level except VLT_ROOM begins, increasing. */
typedef struct vlt_marks {
	uint8_t at[VLT_JOURNAL_ONLY];
} vlt_marks;
/* "80;90;95;97" as a list. */
bool vlt_marks_parse(char **list, vlt_marks *out, GError **err);
enum { VLT_SLACK = 2 };
/* The level at `percent` full if it was `before`: a level ends VLT_SLACK
 * percent below where it began, so that it does not flip back and forth. */
vlt_level vlt_level_next(const vlt_marks *m, vlt_level before,
			 unsigned percent);
/* How full the file system of `path` is for us, rounded up; space reserved for
 * root counts as full. */
bool vlt_disk_full(const char *path, unsigned *percent, GError **err);
