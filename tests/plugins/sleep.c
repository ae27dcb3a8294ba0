/* A plug-in that waits for ever, and lets no signal wake it. */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <unistd.h>

static void misdeed(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (;;)
		pause();
}

#include "tests/plugins/misdeed.h"
