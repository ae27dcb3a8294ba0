/* ldif.h - attributes of the entries of an LDIF text (RFC 2849). Pure. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "core/span.h"

typedef enum cat_ldif_verdict {
	CAT_LDIF_ATTR,
	CAT_LDIF_ENTRY_END,	/* the attributes so far form an entry */
	CAT_LDIF_END,
	CAT_LDIF_NO_COLON,
	CAT_LDIF_NAME,		/* not an attribute description */
	CAT_LDIF_URL,		/* "attr:< file:..." is not followed */
	CAT_LDIF_BASE64,
	CAT_LDIF_CHANGE,	/* a change record that is not an addition */
} cat_ldif_verdict;

typedef struct cat_ldif {
	span in;
	unsigned line;
	bool open;		/* in an entry */
} cat_ldif;

typedef struct cat_ldif_attr {
	span name;		/* "mail", "cn;lang-de" */
	span raw;		/* as written, with its folded lines */
	bool base64;
	unsigned line;
} cat_ldif_attr;

void cat_ldif_init(cat_ldif *l, span text);
/* Skips comments and the version line. `out` points into the text; after an
 * error its line says where. */
MUST_CHECK cat_ldif_verdict cat_ldif_next(cat_ldif *l, cat_ldif_attr *out);
const char *cat_ldif_problem(cat_ldif_verdict v);
/* The value unfolded and decoded; bytes that are not UTF-8 are replaced. Free
 * it. */
char *cat_ldif_text(const cat_ldif_attr *a);
