/* half.h - the session descriptions of a dialog: which are news, who holds
 * whom, and what is remembered of them. MAIN, all of it. */
#pragma once
#include "signaling_tap/dialog.h"

/* Tells the message's half unless it repeats the side's latest. */
void tap_half_take(tap_call *c, tap_msg *m);
/* The message's SDP answers one, also in a repeat. */
bool tap_half_answers(const tap_call *c, const tap_msg *m);
/* A request inside the dialog was refused: its offer was never made (RFC 3261
 * 14.1, RFC 3311 5.1). */
void tap_half_refused(tap_call *c, const tap_msg *m);
/* tap_half_take() for candidates that come after their description (RFC
 * 8838). */
void tap_half_trickle(tap_call *c, tap_msg *m);
/* What later messages are judged by: relay candidates and kinds of stream. */
void tap_half_remember(tap_call *c, const call_half *h);
