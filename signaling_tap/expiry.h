/* expiry.h - when to warn of a certificate that is about to expire: once each
 * when 30, 14, 7 and 1 days are left, and once when it has expired. Pure. */
#pragma once
#include <stdbool.h>

typedef struct tap_expiry {
	int told;	/* the step of the last warning; 0: none yet */
} tap_expiry;

/* `days` are whole days, negative if it has expired. After a reload begin again
 * with {0}. */
bool tap_expiry_due(tap_expiry *e, int days);
