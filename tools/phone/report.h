/* report.h - what became of a call, as JSON. */
#pragma once
#include <json-glib/json-glib.h>
#include <stdbool.h>

/* Each adds a member to the object that the builder is in; a text that is
 * NULL is "none". */
void phone_report_text(JsonBuilder *b, const char *name, const char *v);
void phone_report_int(JsonBuilder *b, const char *name, gint64 v);
void phone_report_real(JsonBuilder *b, const char *name, double v);

JsonBuilder *phone_report_new(void);
/* To the file, or to stdout when `path` is NULL; ends the object. */
bool phone_report_write(JsonBuilder *b, const char *path, GError **err);
