/* slowdisk.c - preloaded, makes every sync of a program take 1.5 seconds; where
 * SLOWDISK names a file, while that file is there. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int slowly(long call, int fd)
{
	const struct timespec delay = {1, 500000000};

	const char *path = getenv("SLOWDISK");
	struct stat st;

	if (!path || stat(path, &st) == 0)
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
