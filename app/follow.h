/* follow.h - the records of one call's journal in the order they happened,
 * while the journal is written or long after.
 *
 * Session records come before media records of the same instant. The order
 * depends on what stands in the files alone, as long as nothing was written
 * later than the horizon allowed for; follow_late() tells whether signalling
 * was, the time of a media record whether it was. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "core/journal_io.h"

typedef struct follow follow;

follow *follow_new(const char *dir);
void follow_free(follow *f);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(follow, follow_free)

/* What is in the files now is there for the next records: one that was read
 * to its end may have grown since. Whoever goes further than before looks. */
void follow_look(follow *f);
/* Looks for new files. False when the directory cannot be read. */
bool follow_scan(follow *f, GError **err);
/* This instant on the clock of the records' times: that of the first file,
 * which may be of another boot, or of a capture long ago. */
clk_mono follow_now(const follow *f, clk_both now);
/* The next record from before `horizon`; its payload is lent until the next
 * call. `media` false: session records only. False: none for now. */
bool follow_next(follow *f, clk_mono horizon, bool media, jrn_rec *out,
		 jrn_kind *kind);
/* Which file the last record was from: 0, 1, ... in no order. */
unsigned follow_file(const follow *f);
/* A session record waits for its horizon. Costs a read of the session's file
 * when none does. */
bool follow_told(follow *f);
/* A session record was written too late, after media of a later time was used:
 * what was made of the journal so far differs from what would be made of it
 * now. */
bool follow_late(const follow *f);

typedef struct follow_stats {
	unsigned files;
	uint64_t records;
	uint64_t torn;		/* octets behind the last whole record */
	uint8_t boot[16];	/* whose clock all times refer to; zero in a
				 * replay */
	GPtrArray *troubles;	/* of char *: one a damaged file */
} follow_stats;
void follow_stats_get(const follow *f, follow_stats *out);
