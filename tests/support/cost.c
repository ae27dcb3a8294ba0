#include "tests/support/cost.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

double cost_cpu_s(void)
{
	return cost_cpu_ns() / 1e9;
}

double cost_cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

char *cost_file(const char *path)
{
	g_autoptr(GError) err = NULL;
	char *text;

	if (g_file_get_contents(path, &text, NULL, &err))
		return text;
	fprintf(stderr, "%s\n", err->message);
	exit(1);
}
