/* manifest.h - manifest.json of an export: what is in it, who made it, and
 * why. */
#pragma once
#include "app/officer.h"
#include "app/together.h"

/* `calls` are of cat_entry; `t`, or NULL, is the common recording. Free the
 * text with g_free(). */
char *manifest_text(const officer *o, const GPtrArray *calls,
		    const together *t);
