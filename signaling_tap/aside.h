/* aside.h - what happens in a dialog besides its sessions: transfers and keys.
 * MAIN, all of it. */
#pragma once
#include "signaling_tap/dialog.h"

/* A transfer begins (REFER), is declined, or fails if the NOTIFY says so. */
void tap_aside_refer(tap_call *c, const tap_msg *m);
void tap_aside_refer_refused(tap_call *c, const tap_msg *m);
void tap_aside_notify(tap_call *c, const tap_msg *m);
/* A pressed key, if the INFO carries one. */
void tap_aside_info(tap_call *c, const tap_msg *m);
