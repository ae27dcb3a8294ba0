/* torture.h - the torture test messages of RFC 4475 and RFC 5118, expanded to
 * octets from the notation that those documents use (RFC 4475 section 2). */
#pragma once
#include <glib.h>

#include "core/span.h"

typedef enum torture_class {
	TORTURE_VALID,		/* well formed: must be read */
	TORTURE_INVALID,	/* against the grammar */
	TORTURE_SEMANTIC,	/* of the sections on transaction, application
				 * and RFC 2543: the grammar is not the point */
} torture_class;

typedef struct torture_message {
	char *name;		/* as in the RFC */
	char *section;
	torture_class class;
	GByteArray *octets;
} torture_message;

/* "=== NAME SECTION CLASS" begins a message, which goes on to the next such
 * line or the end. Every line of it ends with CR LF, but for:
 *
 *	<allOneLine> ... </allOneLine>	  its line ends are left out
 *	<hex>0A FF</hex>		  octets; blanks between do not count
 *	<repeat count=N>text</repeat>	  the text N times over
 *
 * Aborts when the file cannot be read or is written otherwise. Free with
 * g_ptr_array_unref(). */
GPtrArray *torture_load(const char *path);
/* NULL when there is none of that name. Lent. */
const torture_message *torture_find(const GPtrArray *all, const char *name);

static inline span torture_span(const torture_message *m)
{
	return span_of(m->octets->data, m->octets->len);
}

#define TORTURE(all, i) \
	((const torture_message *)g_ptr_array_index((all), (i)))
