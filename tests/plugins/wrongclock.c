/* wrongclock.c - preloaded, a program's wall clock is wrong by WRONGCLOCK
 * seconds, or by as many as stand in the file of that name now; and, as the
 * kernel tells it, kept by a time service (WRONGCLOCK_KEPT is 1) or by none.
 * The clock that only counts runs WRONGCLOCK_PACE times as fast. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static long number(const char *name)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 10) : 0;
}

static long wrong_by(void)
{
	const char *path = getenv("WRONGCLOCK");
	char text[32] = "";
	int fd;

	if (!path || *path != '/')
		return number("WRONGCLOCK");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	if (fd >= 0)
		close(fd);
	return strtol(text, NULL, 10);
}

/* Tenths of a second are exact enough. */
static void hasten(struct timespec *t, long pace)
{
	const long long tenths =
		(t->tv_sec * 10LL + t->tv_nsec / 100000000) * pace;

	t->tv_sec = tenths / 10;
	t->tv_nsec = tenths % 10 * 100000000;
}

int clock_gettime(clockid_t which, struct timespec *to)
{
	int rc = (int)syscall(SYS_clock_gettime, which, to);
	long pace = number("WRONGCLOCK_PACE");

	if (rc == 0 && which == CLOCK_REALTIME)
		to->tv_sec += wrong_by();
	else if (rc == 0 && which == CLOCK_BOOTTIME && pace)
		hasten(to, pace);
	return rc;
}

time_t time(time_t *to)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (to)
		*to = now.tv_sec;
	return now.tv_sec;
}

int adjtimex(struct timex *t)
{
	t->status = number("WRONGCLOCK_KEPT") ? 0 : STA_UNSYNC;
	return t->status ? TIME_ERROR : TIME_OK;
}
