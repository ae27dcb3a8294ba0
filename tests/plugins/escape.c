/* A plug-in that, where hostile bytes would have taken over a codec, tries to
 * get out: other people's files, the network, programs, other processes. When
 * something works it ends its process by SIGABRT, which is seen. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <unistd.h>

/* 0: nothing worked. */
static int try_all(void)
{
	char *const argv[] = {(char *)"true", NULL};

	if (open("/etc/shadow", O_RDONLY) >= 0)
		return 1;
	if (open("/etc/edgetape-escaped", O_WRONLY | O_CREAT, 0600) >= 0)
		return 2;
	if (socket(AF_INET, SOCK_STREAM, 0) >= 0)
		return 3;
	if (socket(AF_PACKET, SOCK_RAW, 0) >= 0)
		return 4;
	if (ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) >= 0)
		return 5;
	if (setuid(0) == 0)
		return 6;
	if (open("/proc/1/environ", O_RDONLY) >= 0)
		return 7;
	execv("/bin/true", argv);	/* were it to work, we would be gone */
	return 0;
}

static void misdeed(void)
{
	if (try_all())
		abort();
}

#include "tests/plugins/misdeed.h"
