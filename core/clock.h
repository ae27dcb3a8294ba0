/* clock.h - times that cannot be mistaken for each other.
 *
 * clk_mono orders and measures (it never steps, but starts anew at boot);
 * clk_wall tells people when (it may step). Both count nanoseconds. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

typedef struct clk_mono {
	int64_t ns;	/* CLOCK_BOOTTIME; in replay, the capture's own time */
} clk_mono;

typedef struct clk_wall {
	int64_t ns;	/* since 1970-01-01 UTC */
} clk_wall;

/* One instant seen on both clocks. */
typedef struct clk_both {
	clk_mono mono;
	clk_wall wall;
} clk_both;

#define CLK_NS_PER_S 1000000000LL
#define CLK_NS_PER_MS 1000000LL
#define CLK_STEP_MS 200

/* ANY. The only readers of the system's clocks are in clock_io.c. */
clk_both clk_now(void);
clk_mono clk_mono_now(void);

static inline int64_t clk_since(clk_mono later, clk_mono earlier)
{
	return later.ns - earlier.ns;
}

/* An instant given by one wall time alone, as in a capture file. */
static inline clk_both clk_from_wall(int64_t ns)
{
	return (clk_both){{ns}, {ns}};
}

/* By how much the wall clock jumped between two looks; 0: by less than what a
 * time service slews and a busy host is late, CLK_STEP_MS. */
int64_t clk_step_ns(clk_both earlier, clk_both later);

/* A time service keeps the wall clock: the kernel says so. */
bool clk_synced(void);

/* "2026-11-21T22:28:00.123Z"; `to` holds at least 32 bytes. */
void clk_wall_iso(clk_wall t, char to[static 32]);
