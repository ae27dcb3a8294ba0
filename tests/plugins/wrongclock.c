/* wrongclock.c - preloaded, a program's wall clock is wrong by WRONGCLOCK
 * seconds and, as the kernel tells it, kept by a time service (WRONGCLOCK_KEPT
 * is 1) or by none. */
#define _GNU_SOURCE
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

int clock_gettime(clockid_t which, struct timespec *to)
{
	int rc = (int)syscall(SYS_clock_gettime, which, to);

	if (rc == 0 && which == CLOCK_REALTIME)
		to->tv_sec += number("WRONGCLOCK");
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
