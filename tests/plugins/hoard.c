/* A plug-in that allocates for ever, and uses what it did not get. */
#include <stddef.h>
#include <stdlib.h>

static void misdeed(void)
{
	enum { STEP = 64 << 20, PLACES = 16 };
	static char *volatile places[PLACES];

	for (size_t i = 0;; i++) {
		places[i % PLACES] = malloc(STEP);
		*places[i % PLACES] = 1;
	}
}

#include "tests/plugins/misdeed.h"
