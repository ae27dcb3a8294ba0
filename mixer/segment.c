#include "mixer/segment.h"

#include <stdio.h>

#include "core/clock.h"

/* More than a second off is a clock that jumped, if it lasts for a second. */
#define JUMP_NS CLK_NS_PER_S
#define TRIAL_NS CLK_NS_PER_S
/* After this much silence nothing is known of the sender's clock any more. */
#define FORGET_NS (60 * CLK_NS_PER_S)
#define YEAR_S 31536000LL
enum { SEGMENTS_MAX = 512 };	/* a sender that jumps more is not followed */

int64_t mix_segment_media(const mix_segment *s, int64_t ts)
{
	/* A year either way keeps later sums in range. */
	int64_t year = YEAR_S * s->clock;
	int64_t units = CLAMP(ts - s->ts0, -year, year);

	return units / s->clock * CLK_NS_PER_S +
	       units % s->clock * CLK_NS_PER_S / s->clock;
}

const mix_segment *mix_segment_real(const mix_segment *s)
{
	while (s->old)
		s = s->old;
	return s;
}

int64_t mix_segment_at(const mix_segment *s, int64_t ts)
{
	s = mix_segment_real(s);
	return mix_place_at(&s->place, mix_segment_media(s, ts));
}

void mix_segments_clear(mix_segments *s)
{
	if (s->list)
		g_ptr_array_unref(s->list);
	*s = (mix_segments){0};
}

static mix_segment *add_segment(mix_segments *s, int64_t ts, uint32_t clock,
				int64_t arrival)
{
	mix_segment *seg = g_new0(mix_segment, 1);

	seg->ts0 = ts;
	seg->clock = clock;
	seg->begun = arrival;
	if (!s->list)
		s->list = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(s->list, seg);
	s->now = seg;
	return seg;
}

static void tell(mix_timeline *news, mix_kind kind, uint8_t side, int64_t at,
		 double ns)
{
	char text[48];

	snprintf(text, sizeof(text), "%+.0f ms", ns / CLK_NS_PER_MS);
	mix_timeline_add(news, kind, side, at, 0, text);
}

static void tell_place(mix_segment *seg, mix_place_news what, int64_t arrival,
		       mix_timeline *news, uint8_t side)
{
	switch (what) {
	case MIX_PLACE_SAME:
		return;
	case MIX_PLACE_STEPPED:
		tell(news, MIX_STEP, side, arrival, seg->place.news_ns);
		return;
	case MIX_PLACE_MOVED:
		tell(news, MIX_ANCHOR, side, arrival, seg->place.news_ns);
		return;
	}
}

/* Its packets stay a segment of their own. */
static void pass_trial(mix_segments *s)
{
	s->now->trial = false;
	s->now->old = NULL;
}

/* The segment that the packet belongs to; may begin, fail or pass a trial. */
static mix_segment *judge(mix_segments *s, int64_t ts, int64_t end,
			  int64_t arrival, mix_timeline *news, uint8_t side)
{
	mix_segment *old = s->now->trial ? s->now->old : s->now;
	int64_t late = arrival - mix_segment_at(old, end);

	if (late >= -JUMP_NS && late <= JUMP_NS) {
		s->now->trial = false;
		s->now = old;
		return old;
	}
	if (s->list->len >= SEGMENTS_MAX)
		return s->now;
	if (late < 0) {
		s->now->trial = false;
		tell(news, MIX_ANCHOR, side, arrival, (double)late);
		return add_segment(s, ts, old->clock, arrival);
	}
	if (!s->now->trial) {
		add_segment(s, ts, old->clock, arrival);
		s->now->old = old;
		s->now->trial = true;
	}
	return s->now;
}

mix_segment *mix_segments_packet(mix_segments *s, int64_t ts, int64_t end,
				 uint32_t clock, int64_t arrival,
				 mix_timeline *news, uint8_t side)
{
	mix_segment *seg;
	mix_place_news what;

	if (!s->now || s->now->clock != clock ||
	    arrival - s->arrival > FORGET_NS) {
		if (s->now)
			pass_trial(s);
		seg = s->list && s->list->len >= SEGMENTS_MAX
			? s->now
			: add_segment(s, ts, clock, arrival);
	} else {
		seg = judge(s, ts, end, arrival, news, side);
	}
	s->arrival = arrival;
	what = mix_place_packet(&seg->place, mix_segment_media(seg, end),
				arrival);
	tell_place(seg, what, arrival, news, side);
	return seg;
}

void mix_segments_look(mix_segments *s, int64_t now, mix_timeline *news,
		       uint8_t side)
{
	mix_segment *seg = s->now;

	if (!seg || !seg->trial || now - seg->begun < TRIAL_NS)
		return;
	tell(news, MIX_ANCHOR, side, seg->begun,
	     (double)(seg->begun - mix_segment_at(seg, seg->ts0)));
	pass_trial(s);
}
