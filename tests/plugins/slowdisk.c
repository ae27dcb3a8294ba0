/* slowdisk.c - preloaded, makes every sync of a program take 1.5 seconds. */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int slowly(long call, int fd)
{
	const struct timespec delay = {1, 500000000};

	nanosleep(&delay, NULL);
	return (int)syscall(call, fd);
}

int fsync(int fd)
{
	return slowly(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return slowly(SYS_fdatasync, fd);
}

int syncfs(int fd)
{
	return slowly(SYS_syncfs, fd);
}
