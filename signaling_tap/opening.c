#include "signaling_tap/opening.h"

/* A call's journal is named after the second in which it began. A caller who is
 * refused may try again within that second with the same Call-ID (RFC 3261
 * 8.1.3.5); the second call then begins in the next one. A clock that was set
 * back is not corrected. */
static clk_both beginning(const tap_call *c, const tap_msg *m)
{
	enum { NEAR_S = 60 };
	const int64_t s = m->at.wall.ns / CLK_NS_PER_S;
	clk_both at = m->at;

	if (s <= c->after_s && c->after_s - s < NEAR_S)
		at.wall.ns = (c->after_s + 1) * CLK_NS_PER_S;
	return at;
}

void tap_opening_begin(tap_call *c, const tap_msg *m)
{
	const clk_both at = beginning(c, m);
	rec_event e = {.type = JRN_BEGIN, .at = at};

	c->begun = true;
	c->began = at;
	c->all->count.n[TAP_N_CALLS]++;
	e.begin.call_id = span_str(c->call_id);
	e.begin.from_tag = span_str(c->tag);
	e.begin.source = span_str(c->source);
	tap_call_tell(c, &e);
	/* Facts of an earlier call of the same name. */
	for (unsigned f = 0; f < TAP_FACT_COUNT; f++)
		if (c->facts.text[f])
			tap_call_tell_fact(c, m->at, (tap_fact)f);
	tap_call_note(c, m->at, TAP_F_MODE,
		      c->inline_source ? "inline" : "copy");
	if (!m->sip->request || m->sip->to_tag.left)
		tap_call_note(c, m->at, TAP_F_JOINED, "late");
}

static bool trusted(const tap_call *c, const tap_source *src)
{
	for (char *const *s = c->all->cfg.record_sources; s && *s; s++)
		if (span_caseeq(src->name, *s))
			return true;
	return false;
}

/* Anybody can write a header; only those of trusted Front Ends count. */
void tap_opening_header(tap_call *c, const tap_msg *m)
{
	const char *name = c->all->cfg.record_header;
	char text[TAP_FACT_MAX];
	span in = m->sip->headers;
	tap_header h;

	if (!name || !m->sip->request || !trusted(c, m->src))
		return;
	while (tap_header_next(&in, &h)) {
		if (!span_caseeq(h.name, name))
			continue;
		tap_header_text(h.value, text, sizeof(text));
		for (char *t = text; *t; t++)
			*t = g_ascii_tolower(*t);
		tap_call_note(c, m->at, TAP_F_RECORD, text);
		return;
	}
}

void tap_opening_kinds(tap_call *c, const tap_msg *m)
{
	const tap_sdp_about *a = &m->about;
	const char *type = "other";

	c->kind_audio |= a->audio;
	c->kind_video |= a->video;
	if (c->kind_video)
		type = "video";
	else if (c->kind_audio)
		type = "audio";
	else if (a->sharing)
		type = "sharing";
	tap_call_note(c, m->at, TAP_F_TYPE, type);
}

/* On demand: silence until somebody asks. */
static void hold_back(tap_call *c, clk_both at)
{
	const rec_control stop = {
		.mark = REC_STOP,
		.side = CALL_UNKNOWN,
		.actor = span_str("edgetape"),
		.text = span_str("on demand: until it is started"),
	};

	c->paused = true;
	tap_call_mark(c, at, &stop);
}

/* When a stream joins, what is being recorded stays recorded, though the rules
 * may have changed meanwhile. */
static void widen_only(const tap_call *c, rec_decision *d)
{
	d->record = true;
	d->audio |= c->audio;
	d->video |= c->video;
}

/* By the rules in force when the call began: it may outlast a rule's hours. */
void tap_opening_decide(tap_call *c, const tap_msg *m)
{
	rec_event e = {.type = JRN_DECISION, .at = m->at};
	rec_decision *d = &e.decision;
	tap_facts f = {.at = c->began, .inline_source = c->inline_source};
	bool hold;

	d->reason = span_str("no rule was asked");
	f.source = span_str(c->source);
	f.call_id = span_str(c->call_id);
	f.from_tag = span_str(c->tag);
	tap_facts_view(&c->facts, &f);
	if (!c->all->cfg.decide ||
	    !c->all->cfg.decide(c->all->cfg.decide_user, &f, d))
		*d = (rec_decision){.rule = d->rule, .reason = d->reason};
	if (c->record && m->sip->to_tag.left)
		widen_only(c, d);
	c->refuse = d->refuse;
	d->audio = d->audio && d->record;
	d->video = d->video && d->record;
	if (c->decided && c->record == d->record && c->audio == d->audio &&
	    c->video == d->video)
		return;
	if (d->record && !c->record)
		c->all->count.n[TAP_N_CALLS_RECORDED]++;
	hold = d->record && d->ask == REC_ASK_START && !c->decided;
	c->ask = d->ask;
	c->decided = true;
	c->record = d->record;
	c->audio = d->audio;
	c->video = d->video;
	tap_call_tell(c, &e);
	if (hold)
		hold_back(c, m->at);
}
