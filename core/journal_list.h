/* journal_list.h - the names of journal files; private to journal_io. */
#pragma once
#include "core/journal_io.h"

enum { JRN_LIST_MAX = 999999 };	/* most files of a kind in one call */

/* DIR/session-001.etj or DIR/media-001.etj; free it. */
char *jrn_list_path(const char *dir, jrn_kind kind, unsigned number);
/* The highest number in use; 0 if there is none. */
unsigned jrn_list_last(const char *dir, jrn_kind kind);
