#include "signaling_tap/dialog.h"

#include "signaling_tap/aside.h"
#include "signaling_tap/fork.h"
#include "signaling_tap/half.h"

typedef struct teller {
	tap_call *c;
	clk_both at;
} teller;

static void told(void *user, tap_fact f)
{
	const teller *t = user;

	tap_call_tell_fact(t->c, t->at, f);
}

/* A failure or a CANCEL may be followed by a retry (401, 407, 422...) or by
 * another branch, so it ends the call only when nothing follows. */
static void end_later(tap_call *c, const tap_msg *m, rec_cause cause)
{
	c->end = (rec_end){.cause = (uint8_t)cause, .side = m->side,
			   .status = m->sip->status};
	c->end_at = m->at;
	c->due.ns = m->at.mono.ns + TAP_GRACE_S * CLK_NS_PER_S;
	/* For whoever goes on with the call if we die before it is due. */
	tap_call_tell_state(c, m->at, REC_ENDING, m->sip->status, m->branch);
}

static void end_not_yet(tap_call *c, const tap_msg *m)
{
	if (c->due.ns)
		tap_call_tell_state(c, m->at, REC_RETRIED, m->sip->status,
				    m->branch);
	c->due.ns = 0;
}

/* ---- the decision ---- */

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

/* What has been recorded so far goes on when a stream joins, though the rules
 * may have changed meanwhile. */
static void widen_only(const tap_call *c, rec_decision *d)
{
	d->record = true;
	d->audio |= c->audio;
	d->video |= c->video;
}

/* As of the call's beginning: it may outlast the hours of a rule. */
static void decide(tap_call *c, const tap_msg *m)
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

/* A call's journal is named by the second in which it began, and who is refused
 * may try again within it (with the same Call-ID, as RFC 3261 8.1.3.5 wants):
 * then it began in the next one. A clock that was set back is left alone. */
static clk_both beginning(const tap_call *c, const tap_msg *m)
{
	enum { NEAR_S = 60 };
	const int64_t s = m->at.wall.ns / CLK_NS_PER_S;
	clk_both at = m->at;

	if (s <= c->after_s && c->after_s - s < NEAR_S)
		at.wall.ns = (c->after_s + 1) * CLK_NS_PER_S;
	return at;
}

static void begin(tap_call *c, const tap_msg *m)
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
	/* What a call of the same name that was over had told. */
	for (unsigned f = 0; f < TAP_FACT_COUNT; f++)
		if (c->facts.text[f])
			tap_call_tell_fact(c, m->at, (tap_fact)f);
	tap_call_note(c, m->at, TAP_F_MODE,
		      c->inline_source ? "inline" : "copy");
	if (!m->sip->request || m->sip->to_tag.left)
		tap_call_note(c, m->at, TAP_F_JOINED, "late");
}

/* ---- requests ---- */

static void offer_note(tap_call *c, const tap_msg *m)
{
	c->offer_cseq[m->side] = m->sip->cseq;
	c->offer_sdp[m->side] = m->half != NULL;
}

/* A retry has a higher number (RFC 3261 8.1.3.5); what has none is a copy. A
 * tap that was started since knows no copy by what it has seen, and one must
 * not take back an end that waits. */
static bool invite_counts(const tap_call *c, const tap_sip *s)
{
	if (s->to_tag.left || s->cseq > c->cseq)
		return true;
	return s->cseq == c->cseq && !c->due.ns;
}

static void on_invite(tap_call *c, tap_msg *m)
{
	const tap_sip *s = m->sip;
	bool widens = (m->about.audio && !c->kind_audio) ||
		      (m->about.video && !c->kind_video);

	if (!invite_counts(c, s))
		return;
	if (!s->to_tag.left) {
		if (s->cseq > c->cseq)
			tap_fork_forgive(c);
		c->cseq = s->cseq;
		c->cseq_unknown = false;
	}
	end_not_yet(c, m);
	c->cancelled = false;
	offer_note(c, m);
	if (m->half)
		kinds_note(c, m);
	if (!c->decided || widens || !s->to_tag.left)
		decide(c, m);
	tap_half_take(c, m);
}

static void on_ack(tap_call *c, tap_msg *m)
{
	tap_fork *f = tap_fork_find(c, m->branch);

	tap_half_take(c, m);
	if (f && f->state == REC_ANSWERED)
		tap_fork_to(c, m, REC_CONFIRMED);
}

static void on_bye(tap_call *c, tap_msg *m)
{
	tap_fork *f = tap_fork_find(c, m->branch);
	const rec_end end = {
		.cause = c->replaced ? REC_REPLACED : REC_BYE,
		.side = m->side,
	};

	/* With two answers the caller hangs up on one (RFC 3261 13.2.2.4), and
	 * on a branch that rings while the others go on (RFC 3261 15). */
	if (tap_fork_any(c, f && !tap_fork_answered(f) ? tap_fork_lives
						       : tap_fork_answered,
			 f)) {
		if (f)
			tap_fork_lose(c, m, f);
		return;
	}
	tap_call_finish(c, m->at, &end);
}

static void on_cancel(tap_call *c, tap_msg *m)
{
	if (m->side != CALL_CALLER || tap_fork_any(c, tap_fork_answered, NULL))
		return;
	c->cancelled = true;
	end_later(c, m, REC_CANCELLED);
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
		tap_aside_refer(c, m);
		return;
	case TAP_INFO:
		if (m->half)
			tap_half_trickle(c, m);
		else
			tap_aside_info(c, m);
		return;
	case TAP_NOTIFY:
		tap_aside_notify(c, m);
		return;
	case TAP_PRACK:
	case TAP_UPDATE:
		tap_half_take(c, m);
		return;
	case TAP_MESSAGE:
	case TAP_METHOD_OTHER:
		return;
	}
}

/* ---- responses ---- */

static void on_provisional(tap_call *c, tap_msg *m)
{
	enum { TERMINATED = 199 };	/* this branch (RFC 6228) */
	tap_fork *f = tap_fork_find(c, m->branch);
	bool lost = f && f->state == REC_FORK_LOST;

	if (m->sip->status == TERMINATED) {
		if (f && !tap_fork_answered(f))
			tap_fork_lose(c, m, f);
		return;
	}
	/* Who has hung up does not wait for what rings still, and what is
	 * overtaken by its own failure rings no more. */
	if (!c->cancelled && !lost)
		end_not_yet(c, m);
	tap_half_take(c, m);
	if (lost)
		return;
	if (m->half)
		tap_fork_to(c, m, REC_EARLY);
	else if (m->sip->status == 180)
		tap_fork_to(c, m, REC_RINGING);
	else
		tap_fork_get(c, m->branch);
}

static void on_answer(tap_call *c, tap_msg *m)
{
	tap_fork *f = tap_fork_get(c, m->branch);

	end_not_yet(c, m);
	tap_half_take(c, m);
	tap_fork_to(c, m, REC_ANSWERED);
	for (guint i = 0; i < c->forks->len; i++)
		if (TAP_FORK(c, i) != f && !tap_fork_answered(TAP_FORK(c, i)))
			tap_fork_lose(c, m, TAP_FORK(c, i));
}

static void on_failure(tap_call *c, tap_msg *m)
{
	tap_fork *f = tap_fork_get(c, m->branch);

	if (f)
		tap_fork_lose(c, m, f);
	if (tap_fork_any(c, tap_fork_lives, NULL))
		return;
	end_later(c, m, c->cancelled || m->sip->status == 487 ? REC_CANCELLED :
								REC_FAILED);
}

/* Who is asked for credentials asks again at once. */
static bool is_challenge(uint16_t status)
{
	return status == 401 || status == 407;
}

/* What a request inside the dialog had begun comes to nothing. */
static void refused(tap_call *c, tap_msg *m)
{
	if (is_challenge(m->sip->status))
		return;
	if (m->sip->method == TAP_REFER)
		tap_aside_refer_refused(c, m);
	else
		tap_half_refused(c, m);
}

/* What answers a retry that was not seen answers the call: there is no dialog
 * yet in which it could be anything else. */
static bool retry_was_missed(const tap_call *c, const tap_sip *s)
{
	return s->status < 300 && s->cseq > c->cseq &&
	       !tap_fork_any(c, tap_fork_answered, NULL);
}

static void response_take(tap_call *c, tap_msg *m)
{
	const tap_sip *s = m->sip;
	bool first;

	if (m->side == CALL_CALLEE && s->method == TAP_INVITE &&
	    (c->cseq_unknown || retry_was_missed(c, s))) {
		c->cseq = s->cseq;
		c->cseq_unknown = false;
	}
	first = m->side == CALL_CALLEE && s->cseq == c->cseq;
	if (s->method != TAP_INVITE || !first) {
		if (s->status < 300)
			tap_half_take(c, m);
		else
			refused(c, m);
		return;
	}
	if (s->status < 200)
		on_provisional(c, m);
	else if (s->status < 300)
		on_answer(c, m);
	else
		on_failure(c, m);
}

/* Most dialogs wait after a handful of messages. */
static void seen_add(tap_call *c, const tap_seen *m)
{
	if (c->seen_at == c->seen_n && c->seen_n < TAP_SEEN) {
		c->seen_n = c->seen_n ? 2 * c->seen_n : TAP_SEEN_FIRST;
		c->seen = g_renew(tap_seen, c->seen, c->seen_n);
	}
	c->seen[c->seen_at++ % c->seen_n] = *m;
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
	for (unsigned i = 0; i < MIN(c->seen_at, c->seen_n); i++)
		if (tap_digest_same(&c->seen[i].key, &now.key) &&
		    tap_digest_same(&c->seen[i].version, &now.version))
			return true;
	seen_add(c, &now);
	return false;
}

static void place(const tap_call *c, tap_msg *m)
{
	const tap_sip *s = m->sip;
	bool forward = span_eq(s->from_tag, c->tag);

	m->branch = forward ? s->to_tag : s->from_tag;
	m->side = forward == s->request ? CALL_CALLER : CALL_CALLEE;
}

static bool trusted(const tap_call *c, const tap_source *src)
{
	for (char *const *s = c->all->cfg.record_sources; s && *s; s++)
		if (span_caseeq(src->name, *s))
			return true;
	return false;
}

/* Anybody can write a header; only who is trusted is heard. */
static void record_gather(tap_call *c, const tap_msg *m)
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

/* A BYE may be forged, or cross what it ends: keys and addresses that are told
 * within 32 s after it belong to the call, whose packets tell whether it lives
 * on. */
static void late_take(tap_call *c, tap_msg *m)
{
	const tap_sip *s = m->sip;
	uint32_t serial = c->serial;

	if (!c->own)
		return;
	if (s->request && s->method == TAP_INVITE)
		offer_note(c, m);
	if (s->request && s->method == TAP_INFO && m->half)
		tap_half_trickle(c, m);
	else if (s->request || s->status < 300)
		tap_half_take(c, m);
	if (c->serial == serial)
		return;
	c->all->count.n[TAP_N_LATE_HALVES]++;
	c->due.ns = m->at.mono.ns + TAP_GONE_S * CLK_NS_PER_S;
}

void tap_call_message(tap_call *c, tap_msg *m)
{
	teller t = {c, m->at};

	place(c, m);
	c->heard = m->at;
	m->repeated = is_repeat(c, m);
	if (m->src->rewrites && !c->inline_source) {
		/* A copy had come first. */
		c->inline_source = true;
		tap_call_note(c, m->at, TAP_F_MODE, "inline");
	}
	if (m->repeated) {
		c->all->count.n[TAP_N_REPEATED]++;
		return;
	}
	if (m->half && (m->about.audio || m->about.video))
		c->silent = false;
	if (c->silent || (!m->sip->request && m->sip->status == 100))
		return;
	if (c->ended) {
		late_take(c, m);
		return;
	}
	if (!c->begun)
		begin(c, m);
	tap_facts_gather(&c->facts, m->sip, m->side, told, &t);
	record_gather(c, m);
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
