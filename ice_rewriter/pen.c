#include "ice_rewriter/pen.h"

void ice_pen_add(ice_pen *p, span more)
{
	p->added += more.left;
	if (p->out)
		put_span(p->out, more);
}

void ice_pen_swap(ice_pen *p, span old, span new)
{
	if (span_same(old, new))
		return;
	if (p->out)
		put_span(p->out, span_before(p->rest, old));
	p->rest = span_behind(p->rest, old);
	p->changed = true;
	p->cut += old.left;
	ice_pen_add(p, new);
}

void ice_pen_end(ice_pen *p)
{
	if (p->changed && p->out)
		put_span(p->out, p->rest);
	p->rest = ice_pen_behind(p->rest);
}
