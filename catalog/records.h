/* records.h - the records of a CSV text whose first line names its columns.
 * Pure. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "core/span.h"

typedef struct cat_columns {
	const char *const *name;
	unsigned n;
	unsigned needed;	/* the first ones, which are mandatory */
	bool only;		/* a column of another name is an error */
} cat_columns;

/* A field of column number `column`; false with `err`: it is wrong. */
typedef bool cat_field_take(void *record, unsigned column, const char *text,
			    unsigned line, GError **err);

typedef enum cat_records_state {
	CAT_RECORDS_BAD,	/* `err` names the line */
	CAT_RECORDS_END,
	CAT_RECORDS_ONE,
} cat_records_state;

typedef struct cat_records cat_records;

/* Reads the first line. `text` and what `c` points to must stay valid. NULL on
 * error. */
cat_records *cat_records_new(span text, const cat_columns *c, GError **err);
void cat_records_free(cat_records *r);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cat_records, cat_records_free)
/* The fields of the next record, which begins in `*line`; empty lines are
 * skipped. What was taken before an error stays with `record`. */
cat_records_state cat_records_next(cat_records *r, cat_field_take *take,
				   void *record, unsigned *line, GError **err);
/* False, with "line N: ...". */
bool cat_line_error(GError **err, unsigned line, const char *fmt, ...)
	G_GNUC_PRINTF(3, 4);
