/* journal_say.h - a record of a journal as named values, for `edgetape
 * journal`. Keys stay sealed and packets encrypted. */
#pragma once
#include <json-glib/json-glib.h>

#include "core/journal.h"

/* "packet", "flow", ... */
const char *journal_type_name(uint16_t type);
/* Adds what the record says to `to`; with `hex` also a packet's octets. */
void journal_say(const jrn_rec *r, bool hex, JsonObject *to);
