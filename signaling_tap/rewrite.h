/* rewrite.h - applies ice_rewriter to one message of one call. */
#pragma once
#include "signaling_tap/dialog.h"

enum { TAP_OUT_MAX = 2 * TAP_SIP_MESSAGE_MAX };

/* Rewrites the body of a message of a recorded call; what the rewriter finds
 * becomes facts of the call. Sets `out` to TAP_REPLACED or TAP_REFUSE, or
 * leaves it. */
void tap_rewrite_message(tap_call *c, const tap_msg *m, tap_answer *out);
/* The same body from a source that does not obey: only an escape is noted. */
void tap_rewrite_watch(tap_call *c, const tap_msg *m);
/* Refuses the first INVITE of a call that must be recorded and cannot be. */
void tap_rewrite_prevent(tap_call *c, const tap_msg *m, tap_answer *out);
