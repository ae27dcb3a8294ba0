/* manifest.h - what is in a bundle for somebody outside, who made it, and why:
 * its manifest.json. */
#pragma once
#include "app/officer.h"
#include "app/together.h"

/* `calls` are of cat_entry; `t`, or NULL, is the one recording of all. Free the
 * text with g_free(). */
char *manifest_text(const officer *o, const GPtrArray *calls,
		    const together *t);
