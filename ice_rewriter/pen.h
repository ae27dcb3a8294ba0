/* pen.h - rewrites a text by its differences: what no edit touches is copied.
 *
 * Edits come in the order of the text. An edit that changes nothing is ignored,
 * so an untouched text is known without comparing it. */
#pragma once
#include "core/put.h"

typedef struct ice_pen {
	put *out;	/* NULL: only count */
	span rest;	/* of the text, not yet written */
	bool changed;
	size_t cut, added;	/* octets removed and inserted */
} ice_pen;

static inline ice_pen ice_pen_on(span text, put *out)
{
	return (ice_pen){.out = out, .rest = text};
}

/* `old` is a part of the text after the last edit; if it is empty, the place
 * where the new text goes. */
void ice_pen_swap(ice_pen *p, span old, span new);
/* Inserts where the last edit ended: a text in several pieces. */
void ice_pen_add(ice_pen *p, span more);
/* The rest of a changed text. */
void ice_pen_end(ice_pen *p);

/* The place after `s`, as an empty span. */
static inline span ice_pen_behind(span s)
{
	return span_behind(s, s);
}

/* The place before `s`. */
static inline span ice_pen_before(span s)
{
	return span_of(s.p, 0);
}
