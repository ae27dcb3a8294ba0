/* tap_history.h - octets as the history of some calls. */
#pragma once
#include "core/span.h"

/* Four octets are a message, well-formed, of one of four calls, and how long
 * nothing happens then; all of it goes through a tap_model. Returns how many
 * calls began. */
uint64_t tap_history_play(span octets);
