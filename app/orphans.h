/* orphans.h - the journals of media that no call claimed, when their time is
 * over. No ledger knows of them. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Deletes the directories orphans-* of `spool` to which nothing was written
 * since `before_s` (Unix time), unless they contain a file `hold`. Counts them
 * in `deleted`, even if one of them fails. */
bool orphans_expire(const char *spool, int64_t before_s, uint64_t *deleted,
		    GError **err);
