/* opening.h - how a call begins: its first message, the kinds of media it has,
 * what a trusted Front End asks for, and the decision. MAIN. */
#pragma once
#include "signaling_tap/dialog.h"

/* JRN_BEGIN, and the first facts. */
void tap_opening_begin(tap_call *c, const tap_msg *m);
/* The fact "record", from the header of a trusted Front End. */
void tap_opening_header(tap_call *c, const tap_msg *m);
/* The fact "type", from the SDP so far; only for messages with SDP. */
void tap_opening_kinds(tap_call *c, const tap_msg *m);
/* Asks the rules; JRN_DECISION if the answer is new. A later decision can only
 * extend what is recorded. */
void tap_opening_decide(tap_call *c, const tap_msg *m);
