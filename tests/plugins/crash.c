/* A plug-in that crashes. */
#include <signal.h>

static void misdeed(void)
{
	raise(SIGSEGV);
}

#include "tests/plugins/misdeed.h"
