#include "signaling_tap/sender.h"

static void begin(tap_sender *s, int64_t behind, clk_mono now)
{
	*s = (tap_sender){true, now, {behind, behind}};
}

static void window_turn(tap_sender *s, int64_t behind, clk_mono now)
{
	int64_t old = clk_since(now, s->begun);

	if (old >= 2 * TAP_SENDER_WINDOW_S * CLK_NS_PER_S) {
		begin(s, behind, now);
	} else if (old >= TAP_SENDER_WINDOW_S * CLK_NS_PER_S) {
		s->least[1] = s->least[0];
		s->least[0] = behind;
		s->begun = now;
	}
}

static int64_t least(const tap_sender *s)
{
	return s->least[0] < s->least[1] ? s->least[0] : s->least[1];
}

clk_both tap_sender_time(tap_sender *s, clk_wall theirs, clk_mono since,
			 clk_both now, bool *stepped)
{
	const int64_t most = TAP_SENDER_LAG_MS * CLK_NS_PER_MS;
	int64_t behind = now.wall.ns - theirs.ns, lag;

	*stepped = false;
	if (!s->any)
		begin(s, behind, now.mono);
	window_turn(s, behind, now.mono);
	lag = behind - least(s);
	if (lag > most + clk_since(now.mono, since) || lag < -most) {
		*stepped = true;
		begin(s, behind, now.mono);
		return now;
	}
	if (behind < s->least[0])
		s->least[0] = behind;
	if (lag > 0) {
		now.wall.ns -= lag;
		now.mono.ns -= lag;
	}
	return now;
}

int64_t tap_sender_ahead(const tap_sender *s)
{
	return -least(s);
}
