#include "signaling_tap/expiry.h"

#include <stddef.h>

/* The smallest step that has been reached; 0: none. */
static int step_of(int days)
{
	static const int steps[] = {1, 7, 14, 30};

	if (days < 0)
		return -1;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (days <= steps[i])
			return steps[i];
	return 0;
}

bool tap_expiry_due(tap_expiry *e, int days)
{
	int step = step_of(days);

	if (!step || (e->told && step >= e->told))
		return false;
	e->told = step;
	return true;
}
