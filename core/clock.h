/* clock.h - monotonic and wall time, as types that cannot be confused.
 *
 * clk_mono orders and measures: it never jumps, but starts again at boot.
 * clk_wall tells people when; it may jump. Both count nanoseconds. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

typedef struct clk_mono {
	int64_t ns;	/* CLOCK_BOOTTIME; in a replay the capture's own time */
} clk_mono;

typedef struct clk_wall {
	int64_t ns;	/* since 1970-01-01 UTC */
} clk_wall;

/* One instant on both clocks. */
typedef struct clk_both {
	clk_mono mono;
	clk_wall wall;
} clk_both;

#define CLK_NS_PER_S 1000000000LL
#define CLK_NS_PER_MS 1000000LL
#define CLK_STEP_MS 200

/* ANY. Only clock_io.c reads the system's clocks. */
clk_both clk_now(void);
clk_mono clk_mono_now(void);

static inline int64_t clk_since(clk_mono later, clk_mono earlier)
{
	return later.ns - earlier.ns;
}

/* An instant of which only the wall time is known, as in a capture file. */
static inline clk_both clk_from_wall(int64_t ns)
{
	return (clk_both){{ns}, {ns}};
}

/* By how much the wall clock jumped between two looks; 0 if by less than
 * CLK_STEP_MS, which a time service or a busy host may cause. */
int64_t clk_step_ns(clk_both earlier, clk_both later);

/* True if a time service sets the wall clock, according to the kernel. */
bool clk_synced(void);

/* "2026-11-21T22:28:00.123Z"; `to` holds at least 32 bytes. */
void clk_wall_iso(clk_wall t, char to[static 32]);
