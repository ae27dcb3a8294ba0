/* identity.h - the canonical form of identities; pure, private to the room. */
#pragma once
#include <stdbool.h>

#include "core/span.h"

enum { CAT_ID_MAX = 256 };

/* Writes it to `to` with its scheme, in lower case and without parameters;
 * false if it cannot be an identity or is too long. See cat_identity(). */
MUST_CHECK bool cat_id_normal(span text, char to[static CAT_ID_MAX]);
/* "sip:+4930@x" and "tel:+4930" -> "+4930"; false without a number. `id` is
 * normal. Lent from `id`. */
MUST_CHECK bool cat_id_number(const char *id, span *number);
/* "sip:alice@example.com" -> "example.com"; NULL without. Lent. */
const char *cat_id_domain(const char *id);
