/* json_out.h - JSON text, written member by member as it is to stand. A call's
 * sidecar is half of what its end costs when a tree of objects is made first.
 * Indented like json-glib's own output. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct json_out {
	GString *to;		/* lent; the text is appended */
	unsigned depth;
	bool some;		/* this object already has a member */
} json_out;

/* Names are ours and need no escape; NULL in an array, and around all. */
void json_out_begin(json_out *o, const char *name, char bracket);
void json_out_end(json_out *o, char bracket);
/* What is not UTF-8 in `value` is replaced. */
void json_out_text(json_out *o, const char *name, const char *value);
void json_out_number(json_out *o, const char *name, int64_t value);
void json_out_boolean(json_out *o, const char *name, bool value);
