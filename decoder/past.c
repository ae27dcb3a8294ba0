#include "decoder/past.h"

enum {
	EVERY = 256,		/* packets between two points */
	SLACK = 0x20000,	/* units: key presses keep an old timestamp */
};

typedef struct point {
	uint64_t index;
	uint32_t ts;
	bool first;		/* of its numbering */
} point;

void dec_past_init(dec_past *p)
{
	*p = (dec_past){g_array_new(FALSE, FALSE, sizeof(point)), false};
}

void dec_past_clear(dec_past *p)
{
	g_array_unref(p->points);
	p->points = NULL;
}

static point *at(const dec_past *p, size_t i)
{
	return &g_array_index(p->points, point, i);
}

/* The last point moves along with the top until it is EVERY away. */
void dec_past_note(dec_past *p, uint64_t index, uint32_t ts)
{
	const point now = {index, ts, !p->open};
	const size_t n = p->points->len;

	if (p->open && !at(p, n - 1)->first &&
	    index - at(p, n - 2)->index < EVERY)
		*at(p, n - 1) = now;
	else
		g_array_append_val(p->points, now);
	p->open = true;
}

void dec_past_break(dec_past *p)
{
	p->open = false;
}

static bool between(const point *a, const point *b, uint64_t index, uint32_t ts)
{
	const uint32_t width = b->ts - a->ts + 2 * SLACK;

	return index >= a->index && index <= b->index &&
	       ts - (a->ts - SLACK) <= width;
}

/* Packets of the beginning that were overtaken by the first. */
static bool before(const point *a, uint64_t index, uint32_t ts)
{
	return index <= a->index && a->index - index < EVERY &&
	       ts - (a->ts - SLACK) <= 2 * SLACK;
}

bool dec_past_fits(const dec_past *p, uint64_t index, uint32_t ts)
{
	for (size_t i = 0; i < p->points->len; i++) {
		const point *b = at(p, i);

		if (b->first ? before(b, index, ts)
			     : between(at(p, i - 1), b, index, ts))
			return true;
	}
	return false;
}
