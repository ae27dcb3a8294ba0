#include "tests/hooks/powercut_hooks.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static powercut *told;		/* NULL: nothing is logged */

void powercut_hook(powercut *log)
{
	told = log;
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;
	int fd;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	fd = (int)syscall(SYS_openat, -100, path, flags, mode);
	if (fd >= 0 && told)
		powercut_named(told, fd, path);
	return fd;
}

ssize_t write(int fd, const void *data, size_t n)
{
	const off_t at = told ? lseek(fd, 0, SEEK_CUR) : -1;
	const ssize_t done = syscall(SYS_write, fd, data, n);

	if (done > 0 && at >= 0)
		powercut_written(told, fd, data, (size_t)done, (uint64_t)at);
	return done;
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t at)
{
	const ssize_t done = syscall(SYS_pwrite64, fd, data, n, at);

	if (done > 0 && told)
		powercut_written(told, fd, data, (size_t)done, (uint64_t)at);
	return done;
}

int ftruncate(int fd, off_t size)
{
	const int bad = (int)syscall(SYS_ftruncate, fd, size);

	if (!bad && told)
		powercut_cut(told, fd, (uint64_t)size);
	return bad;
}

int rename(const char *from, const char *to)
{
	const int bad = (int)syscall(SYS_renameat2, -100, from, -100, to, 0);

	if (!bad && told)
		powercut_renamed(told, from, to);
	return bad;
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to,
	      unsigned flags)
{
	const int bad = (int)syscall(SYS_renameat2, from_dir, from, to_dir, to,
				     flags);

	if (!bad && told)
		powercut_renamed(told, from, to);
	return bad;
}

int fsync(int fd)
{
	if (told)
		powercut_synced(told, fd);
	return 0;
}

int fdatasync(int fd)
{
	return fsync(fd);
}

int syncfs(int fd)
{
	(void)fd;
	if (told)
		powercut_synced_all(told);
	return 0;
}
