/* whole_io.h - a small file that is there whole or as it was before. */
#pragma once
#include <glib.h>
#include <stdbool.h>

/* ANY. Writes PATH.part, syncs it, and gives it the name PATH, which the next
 * sync of its directory makes durable. What a writer that was killed left of
 * PATH.part is overwritten by the next. */
bool whole_write(const char *path, const char *data, size_t n, GError **err);
