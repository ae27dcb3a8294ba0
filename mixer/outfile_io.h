/* outfile_io.h - a file that gets its final name only when it is complete. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct mix_outfile mix_outfile;

/* WORKER, as all here. Opens NAME.part in `dir`. True with *out NULL: the name
 * is taken, by a file or by another render that is still running. The NAME.part
 * of a render that died is reused: it is overwritten from the start, and keeps
 * its length until that is passed. With `own`, so is a file that already has
 * the final name. */
bool mix_outfile_claim(const char *dir, const char *name, bool own,
		       mix_outfile **out, GError **err);
bool mix_outfile_append(mix_outfile *f, const void *data, size_t n,
			GError **err);
/* The first n octets say how long the file is. In a reused file they stay as
 * they are until the file is as long again. */
void mix_outfile_head(mix_outfile *f, size_t n);
/* Nothing more will be appended: cuts off what a longer file has left. */
bool mix_outfile_cut(mix_outfile *f, GError **err);
/* Overwrites what was appended before. */
bool mix_outfile_patch(mix_outfile *f, uint64_t at, const void *data, size_t n,
		       GError **err);
uint64_t mix_outfile_size(const mix_outfile *f);
/* What was appended becomes visible to readers. */
bool mix_outfile_flush(mix_outfile *f, GError **err);
/* The content is complete: syncs it and returns its SHA-256 (65 bytes,
 * hexadecimal). Only mix_outfile_publish() may follow. */
bool mix_outfile_seal(mix_outfile *f, char sha256[static 65], GError **err);
/* Gives it the final name. An existing file is never replaced: that is a
 * failure. */
bool mix_outfile_publish(mix_outfile *f, GError **err);
const char *mix_outfile_path(const mix_outfile *f);
/* If it was not published, NAME.part stays if `keep`. NULL is fine. */
void mix_outfile_free(mix_outfile *f, bool keep);
/* Makes the names in `dir` durable. */
bool mix_outfile_sync_dir(const char *dir, GError **err);
