#include "relay_capture/stamp.h"

enum {
	EARLY_MS = 200,	/* the moment's worth; CLK_STEP_MS as well */
	AHEAD_MS = 20,	/* a frame may come during its round */
	FAR_MS = 2000,	/* a busy host cannot explain more */
};

void relay_stamp_again(relay_stamp *s, clk_both now)
{
	const int64_t between = now.mono.ns - now.wall.ns;

	if (!s->now.mono.ns)
		s->before = between;
	else if (clk_step_ns(s->now, now))
		s->before = s->between;
	s->between = between;
	s->now = now;
}

void relay_stamp_round(relay_stamp *s, clk_both now, clk_mono oldest)
{
	relay_stamp_again(s, now);
	s->oldest = oldest;
}

/* It can have come then, give or take. */
static bool fits(const relay_stamp *s, int64_t mono, int64_t early_ms,
		 int64_t ahead_ms)
{
	return mono <= s->now.mono.ns + ahead_ms * CLK_NS_PER_MS &&
	       (!s->oldest.ns ||
		mono >= s->oldest.ns - early_ms * CLK_NS_PER_MS);
}

clk_both relay_stamp_at(const relay_stamp *s, int64_t wall)
{
	const int64_t at = wall + s->between, was = wall + s->before;

	if (fits(s, at, EARLY_MS, AHEAD_MS))
		return (clk_both){{at}, {wall}};
	if (fits(s, was, EARLY_MS, AHEAD_MS))
		return (clk_both){{was}, {wall}};
	/* The clock was set since the round began, or twice. */
	if (!fits(s, at, FAR_MS, FAR_MS))
		return (clk_both){s->now.mono, {wall}};
	return (clk_both){{at}, {wall}};
}
