#include "app/limits.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "core/span.h"

/* Pages of data and stack: the sixth number of /proc/self/statm. */
static uint64_t data_pages(void)
{
	char text[128] = "";
	FILE *f = fopen("/proc/self/statm", "re");
	uint64_t v = 0;
	span in;

	if (!f)
		return 0;
	in = span_of(text, fread(text, 1, sizeof(text) - 1, f));
	fclose(f);
	for (int i = 0; i < 6; i++)
		if (!span_decimal(&in, UINT64_MAX, &v) || !span_skip(&in, 1))
			return 0;
	return v;
}

void limits_memory(void)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct sysinfo machine;
	struct rlimit l;

	if (sysinfo(&machine) != 0 || getrlimit(RLIMIT_DATA, &l) != 0)
		return;
	l.rlim_cur = data_pages() * page +
		     (uint64_t)machine.totalram * machine.mem_unit / 2;
	if (l.rlim_cur < l.rlim_max)
		(void)setrlimit(RLIMIT_DATA, &l);
}

void limits_time(unsigned seconds)
{
	struct timespec used;
	struct rlimit l;

	if (getrlimit(RLIMIT_CPU, &l) != 0 ||
	    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0)
		return;
	l.rlim_cur = l.rlim_max;
	if (seconds)
		l.rlim_cur = (rlim_t)used.tv_sec + seconds;
	(void)setrlimit(RLIMIT_CPU, &l);
}
