#include "mixer/segment.h"

#include <stdio.h>

#include "core/clock.h"

/* More than a second off is a clock that jumped, if it lasts: a trial is over
 * before the look-ahead is. */
#define JUMP_NS CLK_NS_PER_S
#define TRIAL_NS (700 * CLK_NS_PER_MS)
/* Less is not worth a seam; packets are this regular where nothing queues. */
#define SKIP_NS (100 * CLK_NS_PER_MS)
#define REGULAR_NS (20 * CLK_NS_PER_MS)
/* After this much silence the sender's clock is unknown again. */
#define FORGET_NS (60 * CLK_NS_PER_S)
#define YEAR_S 31536000LL
enum { SEGMENTS_MAX = 512 };	/* a sender that jumps more is not followed */

int64_t mix_segment_media(const mix_segment *s, int64_t ts)
{
	/* A year either way keeps later sums in range. */
	int64_t year = YEAR_S * s->clock;
	int64_t units = CLAMP(ts - s->ts0, -year, year);

	if (s->unit_ns)
		return units * s->unit_ns;
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

static mix_segment *add_segment(mix_segments *s, const mix_packet *p)
{
	mix_segment *seg = g_new0(mix_segment, 1);

	seg->ts0 = p->ts;
	seg->clock = p->clock;
	if (CLK_NS_PER_S % p->clock == 0)
		seg->unit_ns = CLK_NS_PER_S / p->clock;
	seg->begun = p->arrival;
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

/* Timestamps jumped between two packets that were sent one after the other, and
 * the network seems to have become faster by exactly as much. A pause or a loss
 * takes time, and if packets had been queued, those before would have been late
 * too. So it was the sender's clock. */
static bool skips(const mix_segments *s, const mix_segment *seg,
		  const mix_packet *p, int64_t late)
{
	int64_t leap = mix_segment_media(seg, p->ts) -
		       mix_segment_media(seg, s->end);

	return p->follows && leap > SKIP_NS &&
	       ABS(leap + late) <= REGULAR_NS && ABS(s->late) <= REGULAR_NS;
}

/* The segment that the packet belongs to; may begin, fail or pass a trial. */
static mix_segment *judge(mix_segments *s, const mix_packet *p,
			  mix_timeline *news, uint8_t side)
{
	mix_segment *old = s->now->trial ? s->now->old : s->now;
	int64_t late = p->arrival - mix_segment_at(old, p->end);
	bool far = late < -JUMP_NS || late > JUMP_NS;
	bool skip = !s->now->trial && skips(s, old, p, late);
	mix_segment *seg;

	if (!far && !skip) {
		s->now->trial = false;
		s->now = old;
		return old;
	}
	if (s->list->len >= SEGMENTS_MAX)
		return s->now;
	if (late < 0) {
		s->now->trial = false;
		tell(news, MIX_ANCHOR, side, p->arrival, (double)late);
		seg = add_segment(s, p);
		seg->behind = skip ? old : NULL;
		return seg;
	}
	if (!s->now->trial) {
		add_segment(s, p);
		s->now->old = old;
		s->now->trial = true;
	}
	return s->now;
}

mix_segment *mix_segments_packet(mix_segments *s, const mix_packet *p,
				 mix_timeline *news, uint8_t side)
{
	mix_segment *seg;
	mix_place_news what;

	if (!s->now || s->now->clock != p->clock ||
	    p->arrival - s->arrival > FORGET_NS) {
		if (s->now)
			pass_trial(s);
		seg = s->list && s->list->len >= SEGMENTS_MAX
			? s->now
			: add_segment(s, p);
	} else {
		seg = judge(s, p, news, side);
	}
	what = mix_place_packet(&seg->place, mix_segment_media(seg, p->end),
				p->arrival);
	tell_place(seg, what, p->arrival, news, side);
	s->arrival = p->arrival;
	s->end = p->end;
	s->late = p->arrival - mix_segment_at(seg, p->end);
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
