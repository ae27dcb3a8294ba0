/* memory.h - what a call is beside what was told of it, as bytes, for the tap
 * that goes on with it. */
#pragma once
#include "signaling_tap/dialog.h"

enum { TAP_MEMORY_MAX = 8192 };	/* octets; more are never needed */

/* Not what facts, states and marks tell: those are noted as they are told. */
void tap_memory_put(put *o, const tap_call *c);
/* Into a call that was resumed by what was told. What another version of this
 * program wrote, or is damaged, changes nothing. */
bool tap_memory_get(span in, tap_call *c);
