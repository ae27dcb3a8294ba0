#include "signaling_tap/dialog.h"

#define FORK(c, i) (&g_array_index((c)->forks, tap_fork, i))

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
	c->seen = g_new0(tap_seen, TAP_SEEN);
	return c;
}

void tap_call_free(tap_call *c)
{
	tap_facts_clear(&c->facts);
	g_array_unref(c->forks);
	g_free(c->seen);
	g_free(c->call_id);
	g_free(c->tag);
	g_free(c->source);
	g_free(c);
}

static void tell(tap_call *c, const rec_event *e)
{
	if (c->begun && !c->ended && c->all->cfg.sink)
		c->all->cfg.sink(c->all->cfg.sink_user, c->number, &c->own, e);
}

static void tell_fact(tap_call *c, clk_both at, tap_fact f)
{
	rec_event e = {.type = JRN_FACT, .at = at};

	e.fact.name = span_str(tap_fact_name(f));
	e.fact.value = tap_facts_peek(&c->facts, f);
	tell(c, &e);
}

void tap_call_note(tap_call *c, clk_both at, tap_fact f, const char *text)
{
	if (tap_facts_put(&c->facts, f, text))
		tell_fact(c, at, f);
}

typedef struct teller {
	tap_call *c;
	clk_both at;
} teller;

static void told(void *user, tap_fact f)
{
	const teller *t = user;

	tell_fact(t->c, t->at, f);
}

static void tell_state(tap_call *c, clk_both at, rec_state state,
		       uint16_t status, span branch)
{
	rec_event e = {.type = JRN_STATE, .at = at};

	e.progress = (rec_progress){(uint8_t)state, status, branch};
	tell(c, &e);
}

void tap_call_mark(tap_call *c, clk_both at, const rec_control *what)
{
	const rec_event e = {.type = JRN_MARK, .at = at, .control = *what};

	tell(c, &e);
}

static void tell_mark(tap_call *c, clk_both at, rec_mark mark, uint8_t side,
		      span text)
{
	const rec_control what = {.mark = (uint8_t)mark, .side = side,
				  .text = text};

	tap_call_mark(c, at, &what);
}

void tap_call_finish(tap_call *c, clk_both at, const rec_end *end)
{
	rec_event e = {.type = JRN_END, .at = at, .end = *end};

	tell(c, &e);
	if (c->begun && !c->ended && end->cause == REC_TIMEOUT)
		c->all->count.n[TAP_N_CALLS_TIMED_OUT]++;
	c->ended = true;
	c->cause = end->cause;
	c->own = NULL;
	c->due.ns = at.mono.ns + TAP_GONE_S * CLK_NS_PER_S;
}

void tap_call_replace(tap_call *c, clk_both at, const char *by)
{
	if (c->replaced)
		return;
	c->replaced = true;
	tap_call_note(c, at, TAP_F_REPLACED_BY, by);
	tell_mark(c, at, REC_TRANSFERRED, CALL_UNKNOWN, span_str(by));
}

clk_mono tap_call_deadline(const tap_call *c)
{
	int64_t s = c->all->cfg.idle_s;
	bool answered = false;

	if (c->due.ns)
		return c->due;
	for (guint i = 0; i < c->forks->len; i++)
		if (FORK(c, i)->state == REC_ANSWERED ||
		    FORK(c, i)->state == REC_CONFIRMED)
			answered = true;
	if (!answered && s > TAP_RING_S)
		s = TAP_RING_S;
	return (clk_mono){c->heard.mono.ns + s * CLK_NS_PER_S};
}

void tap_call_due(tap_call *c, clk_both now)
{
	const rec_end lost = {.cause = REC_TIMEOUT, .side = CALL_UNKNOWN,
			      .text = span_str("nothing was heard of it")};

	if (c->due.ns)
		tap_call_finish(c, c->end_at, &c->end);
	else
		tap_call_finish(c, now, &lost);
}

/* A failure or a CANCEL may be followed by a retry (401, 407, 422...) or by
 * another branch, so it ends the call only when nothing follows. */
static void end_later(tap_call *c, const tap_msg *m, rec_cause cause)
{
	c->end = (rec_end){.cause = (uint8_t)cause, .side = m->side,
			   .status = m->sip->status};
	c->end_at = m->at;
	c->due.ns = m->at.mono.ns + TAP_GRACE_S * CLK_NS_PER_S;
}

static void end_not_yet(tap_call *c)
{
	c->due.ns = 0;
}

/* Forks. */

static tap_fork *fork_find(tap_call *c, span tag)
{
	for (guint i = 0; i < c->forks->len; i++)
		if (span_eq(tag, FORK(c, i)->tag))
			return FORK(c, i);
	return NULL;
}

static tap_fork *fork_get(tap_call *c, span tag)
{
	tap_fork *f = fork_find(c, tag), born = {0};

	if (f || !tag.left)
		return f;
	if (c->forks->len == TAP_FORKS_MAX) {
		c->all->count.n[TAP_N_FORKS_OVER_LIMIT]++;
		return NULL;
	}
	born.tag = span_dup(tag);
	g_array_append_val(c->forks, born);
	return FORK(c, c->forks->len - 1);
}

bool tap_call_has_fork(const tap_call *c, span tag)
{
	for (guint i = 0; i < c->forks->len; i++)
		if (span_eq(tag, FORK(c, i)->tag))
			return true;
	return false;
}

static bool is_live(const tap_fork *f)
{
	return f->state != 0 && f->state != REC_FORK_LOST;
}

static bool is_answered(const tap_fork *f)
{
	return f->state == REC_ANSWERED || f->state == REC_CONFIRMED;
}

static bool any_fork(const tap_call *c, bool (*is)(const tap_fork *),
		     const tap_fork *but)
{
	for (guint i = 0; i < c->forks->len; i++)
		if (FORK(c, i) != but && is(FORK(c, i)))
			return true;
	return false;
}

static void fork_to(tap_call *c, const tap_msg *m, rec_state state)
{
	tap_fork *f = fork_get(c, m->branch);

	if (f && (f->state >= state && f->state != REC_FORK_LOST))
		return;
	if (f)
		f->state = (uint8_t)state;
	tell_state(c, m->at, state, m->sip->status, m->branch);
}

static void fork_lose(tap_call *c, const tap_msg *m, tap_fork *f)
{
	bool was_live = is_live(f);

	f->state = REC_FORK_LOST;
	if (was_live)
		tell_state(c, m->at, REC_FORK_LOST, m->sip->status,
			   span_str(f->tag));
}

/* The decision. */

static void kinds_note(tap_call *c, const tap_msg *m)
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

static void decide(tap_call *c, const tap_msg *m)
{
	rec_event e = {.type = JRN_DECISION, .at = m->at};
	rec_decision *d = &e.decision;
	tap_facts f = {.at = m->at, .inline_source = c->inline_source};

	d->reason = span_str("no rule was asked");
	f.source = span_str(c->source);
	f.call_id = span_str(c->call_id);
	f.from_tag = span_str(c->tag);
	tap_facts_view(&c->facts, &f);
	if (!c->all->cfg.decide ||
	    !c->all->cfg.decide(c->all->cfg.decide_user, &f, d))
		*d = (rec_decision){.rule = d->rule, .reason = d->reason};
	c->refuse = d->refuse;
	if (c->decided && c->record == d->record && c->audio == d->audio &&
	    c->video == d->video)
		return;
	if (d->record && !c->record)
		c->all->count.n[TAP_N_CALLS_RECORDED]++;
	c->decided = true;
	c->record = d->record;
	c->audio = d->record && d->audio;
	c->video = d->record && d->video;
	tell(c, &e);
}

static void begin(tap_call *c, const tap_msg *m)
{
	rec_event e = {.type = JRN_BEGIN, .at = m->at};

	c->begun = true;
	c->all->count.n[TAP_N_CALLS]++;
	e.begin.call_id = span_str(c->call_id);
	e.begin.from_tag = span_str(c->tag);
	e.begin.source = span_str(c->source);
	tell(c, &e);
	/* what a call of the same name that was over had told */
	for (unsigned f = 0; f < TAP_FACT_COUNT; f++)
		if (c->facts.text[f])
			tell_fact(c, m->at, (tap_fact)f);
	tap_call_note(c, m->at, TAP_F_MODE,
		      c->inline_source ? "inline" : "copy");
	if (!m->sip->request || m->sip->to_tag.left)
		tap_call_note(c, m->at, TAP_F_JOINED, "late");
}

/* Session descriptions. */

void tap_call_relays(tap_call *c, const call_half *h)
{
	net_addr *to = c->relays[h->side];
	uint8_t *n = &c->relays_n[h->side];

	for (guint i = 0; i < h->media->len; i++) {
		const call_media *md = CALL_MEDIA(h, i);

		for (guint k = 0; k < md->cands->len; k++)
			if (CALL_CAND(md, k)->type == CALL_CAND_RELAY &&
			    *n < TAP_RELAYS)
				to[(*n)++] = CALL_CAND(md, k)->addr;
	}
}

static void streams_mark(const tap_call *c, call_half *h)
{
	for (guint i = 0; i < h->media->len; i++) {
		call_media *md = CALL_MEDIA(h, i);

		md->record = (c->audio && !strcmp(md->kind, "audio")) ||
			     (c->video && !strcmp(md->kind, "video"));
	}
}

/* RFC 3264 6 and RFC 3261 13: whether an SDP answers depends on where the
 * other one stood. `asked` is the side that sent the INVITE. */
static bool is_answer(const tap_call *c, const tap_sip *m, uint8_t asked)
{
	bool known = c->offer_cseq[asked] != 0;
	bool offered = !known || c->offer_sdp[asked];

	if (m->request)
		return (m->method == TAP_ACK || m->method == TAP_PRACK) &&
		       known && !offered;
	return m->method != TAP_INVITE || offered;
}

static void hold_note(tap_call *c, const tap_msg *m, bool first)
{
	bool *held = &c->held[m->side];

	if (m->mine->answer || first || *held == m->about.held)
		return;
	*held = m->about.held;
	tell_mark(c, m->at, *held ? REC_HOLD : REC_RETRIEVE, m->side,
		  (span){0});
}

static void half_take(tap_call *c, tap_msg *m)
{
	const tap_sip *s = m->sip;
	tap_fork *f = m->half ? fork_get(c, m->branch) : NULL;
	tap_digest *last = &c->last, none = {{0}};
	uint8_t asked = s->request ? m->side : !m->side;
	rec_event e = {.type = JRN_HALF, .at = m->at};
	bool first;

	if (!m->half)
		return;
	if (m->side == CALL_CALLEE)
		last = f ? &f->last : &none;
	first = tap_digest_same(last, &none);
	if (tap_digest_same(last, &m->about.body))
		return;	/* a session refresh: nothing is new */
	*last = m->about.body;
	m->mine->side = m->side;
	m->mine->answer = is_answer(c, s, asked);
	m->mine->early = !s->request && s->status < 200;
	m->mine->serial = ++c->serial;
	span_copy(m->branch, m->mine->branch, sizeof(m->mine->branch));
	streams_mark(c, m->mine);
	tap_call_relays(c, m->half);
	if (m->about.mismatch)
		tap_call_note(c, m->at, TAP_F_MISMATCH,
			      m->side == CALL_CALLER ? "caller" : "callee");
	e.half = m->half;
	if (c->record)
		tell(c, &e);
	hold_note(c, m, first);
}

/* Requests. */

static void on_invite(tap_call *c, tap_msg *m)
{
	const tap_sip *s = m->sip;
	bool widens = (m->about.audio && !c->kind_audio) ||
		      (m->about.video && !c->kind_video);

	end_not_yet(c);
	c->cancelled = false;
	if (!s->to_tag.left)
		c->cseq = s->cseq;
	c->offer_cseq[m->side] = s->cseq;
	c->offer_sdp[m->side] = m->half != NULL;
	if (m->half)
		kinds_note(c, m);
	if (!c->decided || widens || !s->to_tag.left)
		decide(c, m);
	half_take(c, m);
}

static void on_ack(tap_call *c, tap_msg *m)
{
	tap_fork *f = fork_find(c, m->branch);

	half_take(c, m);
	if (f && f->state == REC_ANSWERED)
		fork_to(c, m, REC_CONFIRMED);
}

static void on_bye(tap_call *c, tap_msg *m)
{
	tap_fork *f = fork_find(c, m->branch);
	const rec_end end = {
		.cause = c->replaced ? REC_REPLACED : REC_BYE,
		.side = m->side,
	};

	/* With two answers the caller hangs up on one (RFC 3261 13.2.2.4). */
	if (any_fork(c, is_answered, f)) {
		if (f)
			fork_lose(c, m, f);
		return;
	}
	tap_call_finish(c, m->at, &end);
}

static void on_cancel(tap_call *c, tap_msg *m)
{
	if (m->side != CALL_CALLER || any_fork(c, is_answered, NULL))
		return;
	c->cancelled = true;
	end_later(c, m, REC_CANCELLED);
}

static void on_refer(tap_call *c, tap_msg *m)
{
	span to = m->sip->first[TAP_H_REFER_TO];
	char text[TAP_FACT_MAX];

	tap_header_text(to, text, sizeof(text));
	tap_call_note(c, m->at, TAP_F_REFER_TO, text);
	tell_mark(c, m->at, REC_TRANSFER, m->side, span_str(text));
}

/* "Signal=5" of application/dtmf-relay, or the digit alone of
 * application/dtmf. */
static void on_info(tap_call *c, const tap_msg *m)
{
	span body = m->sip->body, line, key;
	span type = m->sip->first[TAP_H_CONTENT_TYPE];

	if (span_casestarts(type, "application/dtmf-relay")) {
		while (span_line(&body, &line))
			if (span_until(&line, '=', &key) &&
			    span_caseeq(span_trim(key), "Signal")) {
				body = line;
				break;
			}
	} else if (!span_casestarts(type, "application/dtmf")) {
		return;
	}
	body = span_trim(body);
	if (body.left == 1 || body.left == 2)
		tell_mark(c, m->at, REC_DTMF, m->side, body);
}

static void request_take(tap_call *c, tap_msg *m)
{
	switch (m->sip->method) {
	case TAP_INVITE:
		on_invite(c, m);
		return;
	case TAP_ACK:
		on_ack(c, m);
		return;
	case TAP_BYE:
		on_bye(c, m);
		return;
	case TAP_CANCEL:
		on_cancel(c, m);
		return;
	case TAP_REFER:
		on_refer(c, m);
		return;
	case TAP_INFO:
		on_info(c, m);
		return;
	case TAP_PRACK:
	case TAP_UPDATE:
		half_take(c, m);
		return;
	case TAP_MESSAGE:
	case TAP_METHOD_OTHER:
		return;
	}
}

/* Responses. */

static void on_provisional(tap_call *c, tap_msg *m)
{
	end_not_yet(c);
	half_take(c, m);
	if (m->half)
		fork_to(c, m, REC_EARLY);
	else if (m->sip->status == 180)
		fork_to(c, m, REC_RINGING);
	else
		fork_get(c, m->branch);
}

static void on_answer(tap_call *c, tap_msg *m)
{
	tap_fork *f = fork_get(c, m->branch);

	end_not_yet(c);
	half_take(c, m);
	fork_to(c, m, REC_ANSWERED);
	for (guint i = 0; i < c->forks->len; i++)
		if (FORK(c, i) != f && !is_answered(FORK(c, i)))
			fork_lose(c, m, FORK(c, i));
}

static void on_failure(tap_call *c, tap_msg *m)
{
	tap_fork *f = fork_find(c, m->branch);

	if (f)
		fork_lose(c, m, f);
	if (any_fork(c, is_live, NULL))
		return;
	end_later(c, m, c->cancelled || m->sip->status == 487 ? REC_CANCELLED :
								REC_FAILED);
}

static void response_take(tap_call *c, tap_msg *m)
{
	const tap_sip *s = m->sip;
	bool first = m->side == CALL_CALLEE && s->cseq == c->cseq;

	if (s->method != TAP_INVITE || !first) {
		if (s->status < 300)
			half_take(c, m);
		return;
	}
	if (s->status < 200)
		on_provisional(c, m);
	else if (s->status < 300)
		on_answer(c, m);
	else
		on_failure(c, m);
}

/* Repeats: retransmissions, the same message from another Front End, and the
 * copy that leaves a proxy with a new Via and perhaps a rewritten body. */
static bool is_repeat(tap_call *c, const tap_msg *m)
{
	const tap_sip *s = m->sip;
	const uint8_t about[8] = {
		s->request, (uint8_t)s->method, (uint8_t)(s->status >> 8),
		(uint8_t)s->status, (uint8_t)(s->cseq >> 24),
		(uint8_t)(s->cseq >> 16), (uint8_t)(s->cseq >> 8),
		(uint8_t)s->cseq,
	};
	tap_seen now = {.version = m->about.version};
	tap_hash h;

	h.n = 0;
	tap_hash_add(&h, span_of(about, sizeof(about)));
	tap_hash_add(&h, s->from_tag);
	tap_hash_add(&h, s->to_tag);
	tap_hash_add(&h, s->first[TAP_H_RSEQ]);
	now.key = tap_hash_done(&h);
	for (unsigned i = 0; i < TAP_SEEN; i++)
		if (tap_digest_same(&c->seen[i].key, &now.key) &&
		    tap_digest_same(&c->seen[i].version, &now.version))
			return true;
	c->seen[c->seen_at++ % TAP_SEEN] = now;
	return false;
}

static void place(const tap_call *c, tap_msg *m)
{
	const tap_sip *s = m->sip;
	bool forward = span_eq(s->from_tag, c->tag);

	m->branch = forward ? s->to_tag : s->from_tag;
	m->side = forward == s->request ? CALL_CALLER : CALL_CALLEE;
}

void tap_call_message(tap_call *c, tap_msg *m)
{
	teller t = {c, m->at};

	place(c, m);
	c->heard = m->at;
	m->repeated = is_repeat(c, m);
	if (m->repeated) {
		c->all->count.n[TAP_N_REPEATED]++;
		return;
	}
	if (m->half && (m->about.audio || m->about.video))
		c->silent = false;
	if (c->silent || c->ended ||
	    (!m->sip->request && m->sip->status == 100))
		return;
	if (m->src->rewrites && !c->inline_source) {
		/* a copy had come first */
		c->inline_source = true;
		tap_call_note(c, m->at, TAP_F_MODE, "inline");
	}
	if (!c->begun)
		begin(c, m);
	tap_facts_gather(&c->facts, m->sip, m->side, told, &t);
	if (!c->decided && !(m->sip->request &&
			     m->sip->method == TAP_INVITE)) {
		if (m->half)
			kinds_note(c, m);
		decide(c, m);
	}
	if (m->sip->request)
		request_take(c, m);
	else
		response_take(c, m);
}
