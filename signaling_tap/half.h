/* half.h - the session descriptions of a dialog: which are new, who puts whom
 * on hold, and what is remembered. MAIN, all of it. */
#pragma once
#include "signaling_tap/dialog.h"

/* Reports the message's half unless it repeats the side's latest. */
void tap_half_take(tap_call *c, tap_msg *m);
/* Whether the message's SDP is an answer; also right for a repeat. */
bool tap_half_answers(const tap_call *c, const tap_msg *m);
/* A request inside the dialog was refused, so its offer counts as never made
 * (RFC 3261 14.1, RFC 3311 5.1). */
void tap_half_refused(tap_call *c, const tap_msg *m);
/* The same for candidates that come after their description (RFC 8838). */
void tap_half_trickle(tap_call *c, tap_msg *m);
/* Remembers what later messages are judged by: relay candidates and kinds of
 * streams. */
void tap_half_remember(tap_call *c, const call_half *h);
