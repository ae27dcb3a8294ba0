/* expiry.h - when to warn of a certificate that is about to expire: once each
 * when 30, 14, 7 and 1 days are left, and when none is. Pure. */
#pragma once
#include <stdbool.h>

typedef struct tap_expiry {
	int told;	/* the step that was warned of last; 0: none yet */
} tap_expiry;

/* `days` are whole ones and negative when it has expired. After a reload begin
 * again with {0}. */
bool tap_expiry_due(tap_expiry *e, int days);
