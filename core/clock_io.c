#include "core/clock.h"

#include <stdio.h>
#include <sys/timex.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * CLK_NS_PER_S + t.tv_nsec;
}

clk_mono clk_mono_now(void)
{
	return (clk_mono){read_clock(CLOCK_BOOTTIME)};
}

clk_both clk_now(void)
{
	return (clk_both){clk_mono_now(), {read_clock(CLOCK_REALTIME)}};
}

int64_t clk_step_ns(clk_both earlier, clk_both later)
{
	int64_t step = (later.wall.ns - earlier.wall.ns) -
		       clk_since(later.mono, earlier.mono);

	return step > CLK_STEP_MS * CLK_NS_PER_MS ||
	       step < -CLK_STEP_MS * CLK_NS_PER_MS ? step : 0;
}

bool clk_synced(void)
{
	struct timex t = {.modes = 0};
	int state = adjtimex(&t);

	/* Where a sandbox forbids to ask, nothing is known to be wrong. */
	return state < 0 || (state != TIME_ERROR && !(t.status & STA_UNSYNC));
}

void clk_wall_iso(clk_wall t, char to[static 32])
{
	int64_t ns = t.ns % CLK_NS_PER_S;
	time_t s = (time_t)(t.ns / CLK_NS_PER_S);
	struct tm tm;
	size_t n;

	if (ns < 0) {
		ns += CLK_NS_PER_S;
		s--;
	}
	if (!gmtime_r(&s, &tm)) {
		snprintf(to, 32, "(no time)");
		return;
	}
	n = strftime(to, 32, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(to + n, 32 - n, ".%03uZ", (unsigned)(ns / CLK_NS_PER_MS));
}
