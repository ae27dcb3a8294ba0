#include "signaling_tap/fork.h"

static void fork_clear(void *p)
{
	tap_fork *f = p;

	g_free(f->tag);
}

tap_call *tap_call_new(struct tap_calls *all, const tap_sip *first, span tag)
{
	tap_call *c = g_new0(tap_call, 1);

	c->all = all;
	c->number = ++all->number;
	c->call_id = span_dup(first->first[TAP_H_CALL_ID]);
	c->tag = span_dup(tag);
	c->cseq = first->cseq;
	c->forks = g_array_new(FALSE, TRUE, sizeof(tap_fork));
	g_array_set_clear_func(c->forks, fork_clear);
	return c;
}

/* The sink lets go of what it kept for late halves. */
static void close_own(tap_call *c)
{
	const rec_event e = {.type = JRN_CLOSE, .at = c->end_at};

	if (c->ended && c->own)
		c->all->cfg.sink(c->all->cfg.sink_user, c->number, &c->own, &e);
}

void tap_call_free(tap_call *c)
{
	close_own(c);
	tap_facts_clear(&c->facts);
	g_array_unref(c->forks);
	g_free(c->seen);
	g_free(c->relays[CALL_CALLER]);
	g_free(c->relays[CALL_CALLEE]);
	g_free(c->call_id);
	g_free(c->tag);
	g_free(c->source);
	g_free(c);
}

void tap_call_tell(tap_call *c, const rec_event *e)
{
	bool late = c->own && e->type == JRN_HALF;
	rec_event with = *e;

	with.cseq = c->cseq;
	if (c->begun && (!c->ended || late) && c->all->cfg.sink)
		c->all->cfg.sink(c->all->cfg.sink_user, c->number, &c->own,
				 &with);
}

void tap_call_tell_fact(tap_call *c, clk_both at, tap_fact f)
{
	rec_event e = {.type = JRN_FACT, .at = at};

	e.fact.name = span_str(tap_fact_name(f));
	e.fact.value = tap_facts_peek(&c->facts, f);
	c->all->count.n[TAP_N_FACTS_CUT] +=
		e.fact.value.left == TAP_FACT_MAX - 1;
	tap_call_tell(c, &e);
}

void tap_call_note(tap_call *c, clk_both at, tap_fact f, const char *text)
{
	if (tap_facts_put(&c->facts, f, text))
		tap_call_tell_fact(c, at, f);
}

void tap_call_tell_state(tap_call *c, clk_both at, rec_state state,
			 uint16_t status, span branch)
{
	rec_event e = {.type = JRN_STATE, .at = at};

	e.progress = (rec_progress){(uint8_t)state, status, branch};
	tap_call_tell(c, &e);
}

void tap_call_mark(tap_call *c, clk_both at, const rec_control *what)
{
	const rec_event e = {.type = JRN_MARK, .at = at, .control = *what};

	tap_call_tell(c, &e);
}

void tap_call_tell_mark(tap_call *c, clk_both at, rec_mark mark, uint8_t side,
			span text)
{
	const rec_control what = {.mark = (uint8_t)mark, .side = side,
				  .text = text};

	tap_call_mark(c, at, &what);
}

int64_t tap_call_grace(uint16_t status)
{
	return status ? TAP_GRACE_S : TAP_CROSSED_S;
}

void tap_call_finish(tap_call *c, clk_both at, const rec_end *end)
{
	rec_event e = {.type = JRN_END, .at = at, .end = *end};

	tap_call_tell(c, &e);
	if (c->begun && !c->ended && end->cause == REC_TIMEOUT)
		c->all->count.n[TAP_N_CALLS_TIMED_OUT]++;
	c->ended = true;
	c->cause = end->cause;
	c->end_at = at;
	c->due.ns = at.mono.ns + TAP_GONE_S * CLK_NS_PER_S;
}

void tap_call_replace(tap_call *c, clk_both at, const char *by)
{
	if (c->replaced)
		return;
	c->replaced = true;
	tap_call_note(c, at, TAP_F_REPLACED_BY, by);
	tap_call_tell_mark(c, at, REC_TRANSFERRED, CALL_UNKNOWN, span_str(by));
}

clk_mono tap_call_deadline(const tap_call *c)
{
	int64_t s = c->all->cfg.idle_s;
	bool answered = false;

	if (c->due.ns)
		return c->due;
	for (guint i = 0; i < c->forks->len; i++)
		if (TAP_FORK(c, i)->state == REC_ANSWERED ||
		    TAP_FORK(c, i)->state == REC_CONFIRMED)
			answered = true;
	if (!answered && s > TAP_RING_S)
		s = TAP_RING_S;
	return (clk_mono){c->heard.mono.ns + s * CLK_NS_PER_S};
}

bool tap_call_in_progress(const tap_call *c)
{
	return c->begun && !c->ended && !c->lapsed;
}

/* The end is not told yet: other branches are cancelled when one has failed for
 * all, and an answer may cross that (RFC 3261 9.1, 16.7). It is the same call
 * then. */
static bool lapse(tap_call *c, clk_both now)
{
	const clk_mono gone = {c->end_at.mono.ns + TAP_GONE_S * CLK_NS_PER_S};

	if (!c->due.ns || c->lapsed || clk_since(now.mono, gone) >= 0)
		return false;
	c->lapsed = true;
	c->cause = c->end.cause;
	c->due = gone;
	return true;
}

void tap_call_due(tap_call *c, clk_both now)
{
	if (!lapse(c, now))
		tap_call_expire(c, now);
}

void tap_call_expire(tap_call *c, clk_both now)
{
	const rec_end lost = {.cause = REC_TIMEOUT, .side = CALL_UNKNOWN,
			      .text = span_str("nothing was heard of it")};

	if (c->due.ns)
		tap_call_finish(c, c->end_at, &c->end);
	else
		tap_call_finish(c, now, &lost);
}
