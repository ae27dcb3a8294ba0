/* aside.h - what is told in a dialog beside its sessions: transfers and keys.
 * MAIN, all of it. */
#pragma once
#include "signaling_tap/dialog.h"

/* A transfer begins; it is declined; it fails, if the NOTIFY says so. */
void tap_aside_refer(tap_call *c, const tap_msg *m);
void tap_aside_refer_refused(tap_call *c, const tap_msg *m);
void tap_aside_notify(tap_call *c, const tap_msg *m);
/* A key, if it is one. */
void tap_aside_info(tap_call *c, const tap_msg *m);
