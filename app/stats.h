/* stats.h - a role's counters, once a second in RUN/<role>.stats: lines
 * "name value". `edgetape stats` prints them. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Appends one line. */
void stats_add(GString *s, const char *name, uint64_t value);
/* Writes beside the file and renames. Unlike GLib's it never syncs, which would
 * keep the tap from answering; what a power cut takes is of no use then. */
bool stats_swap(const char *path, const char *text, GError **err);
/* Replaces the role's file. A failure is logged once, as a warning. */
void stats_write(const char *run, const char *role, const GString *s);
