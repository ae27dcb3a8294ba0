/* A plug-in that loops for ever. */
static void misdeed(void)
{
	for (volatile unsigned turns = 0;; turns++)
		;
}

#include "tests/plugins/misdeed.h"
