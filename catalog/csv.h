/* csv.h - fields of a CSV text (RFC 4180), and writing them. Pure. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "core/span.h"

typedef enum cat_csv_verdict {
	CAT_CSV_OK,
	CAT_CSV_END,		/* nothing is left */
	CAT_CSV_OPEN,		/* a quoted field is not closed */
	CAT_CSV_QUOTE,		/* a quote inside a bare field, or text behind
				 * a closing one */
} cat_csv_verdict;

typedef struct cat_csv {
	span in;
	unsigned line;		/* of the field that comes next, from 1 */
	bool more;		/* a separator was read: a field must follow */
	uint8_t sep;
} cat_csv;

typedef struct cat_csv_field {
	span raw;		/* without the outer quotes */
	bool quoted;		/* "" in it stands for " */
	bool last;		/* of its record */
	unsigned line;		/* where it begins */
} cat_csv_field;

/* Skips a byte order mark. The separator is ';' if the first line has one and
 * no ',' (as some spreadsheets write), otherwise ','. */
void cat_csv_init(cat_csv *c, span text);
/* Points into the text. Lines end in CRLF, LF or at the end. */
MUST_CHECK cat_csv_verdict cat_csv_next(cat_csv *c, cat_csv_field *out);
const char *cat_csv_problem(cat_csv_verdict v);
/* The field's text, without what cat_csv_put() puts before a formula. Free
 * it. */
char *cat_csv_text(const cat_csv_field *f);

/* Appends one field, quoted where needed. A text that a spreadsheet would take
 * for a formula gets an apostrophe before it. */
void cat_csv_put(GString *to, const char *text, bool first);
/* Ends the record. */
void cat_csv_end(GString *to);
