/* cost.h - what the benchmarks measure with. */
#pragma once

/* Seconds, and nanoseconds, that this process has had a processor: other work
 * on the machine counts less than it would on a clock. */
double cost_cpu_s(void);
double cost_cpu_ns(void);
/* A whole file of the tests. One that cannot be read ends the program. Free it
 * with g_free(). */
char *cost_file(const char *path);
