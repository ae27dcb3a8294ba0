#include "signaling_tap/dialog.h"

#include "signaling_tap/aside.h"
#include "signaling_tap/fork.h"
#include "signaling_tap/half.h"
#include "signaling_tap/opening.h"

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
 * another fork, so it ends the call only if nothing follows. */
static void end_later(tap_call *c, const tap_msg *m, rec_cause cause)
{
	c->end = (rec_end){.cause = (uint8_t)cause, .side = m->side,
			   .status = m->sip->status};
	c->end_at = m->at;
	c->due.ns = m->at.mono.ns +
		    tap_call_grace(m->sip->status) * CLK_NS_PER_S;
	/* For the next tap, if this one dies before the end is due. */
	tap_call_tell_state(c, m->at, REC_ENDING, m->sip->status, m->branch);
}

static void end_not_yet(tap_call *c, const tap_msg *m)
{
	if (c->due.ns)
		tap_call_tell_state(c, m->at, REC_RETRIED, m->sip->status,
				    m->branch);
	c->due.ns = 0;
}

/* ---- requests ---- */

static void offer_note(tap_call *c, const tap_msg *m)
{
	c->offer_cseq[m->side] = m->sip->cseq;
	c->offer_sdp[m->side] = m->half != NULL;
}

/* A retry has a higher CSeq (RFC 3261 8.1.3.5); anything else is a copy. A tap
 * that has been restarted does not recognise copies as repeats, and a copy must
 * not undo an end that is due. */
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
		tap_opening_kinds(c, m);
	if (!c->decided || widens || !s->to_tag.left)
		tap_opening_decide(c, m);
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

	/* After two answers the caller hangs up on one (RFC 3261 13.2.2.4); he
	 * may also hang up on a fork that rings (RFC 3261 15). In both cases
	 * the other forks continue. */
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
	enum { TERMINATED = 199 };	/* this fork (RFC 6228) */
	tap_fork *f = tap_fork_find(c, m->branch);
	bool lost = f && f->state == REC_FORK_LOST;

	if (m->sip->status == TERMINATED) {
		if (f && !tap_fork_answered(f))
			tap_fork_lose(c, m, f);
		return;
	}
	/* After a CANCEL ringing changes nothing, and a 180 that its own
	 * failure has overtaken does not count. */
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

/* The sender repeats the request at once, with credentials. */
static bool is_challenge(uint16_t status)
{
	return status == 401 || status == 407;
}

/* Undoes what a request inside the dialog had begun. */
static void refused(tap_call *c, tap_msg *m)
{
	if (is_challenge(m->sip->status))
		return;
	if (m->sip->method == TAP_REFER)
		tap_aside_refer_refused(c, m);
	else
		tap_half_refused(c, m);
}

/* A response to a retry that was not seen answers the call: without a dialog it
 * cannot belong to anything else. */
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
void tap_seen_add(tap_call *c, const tap_seen *m)
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
	tap_seen_add(c, &now);
	return false;
}

static void place(const tap_call *c, tap_msg *m)
{
	const tap_sip *s = m->sip;
	bool forward = span_eq(s->from_tag, c->tag);

	m->branch = forward ? s->to_tag : s->from_tag;
	m->side = forward == s->request ? CALL_CALLER : CALL_CALLEE;
}

/* A BYE may be forged, or cross other messages. Keys and addresses that arrive
 * within 32 s after it belong to the call; its packets show whether it
 * continues. */
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
	if (c->ended || c->lapsed) {
		late_take(c, m);
		return;
	}
	if (!c->begun)
		tap_opening_begin(c, m);
	tap_facts_gather(&c->facts, m->sip, m->side, told, &t);
	tap_opening_header(c, m);
	if (!c->decided && !(m->sip->request &&
			     m->sip->method == TAP_INVITE)) {
		if (m->half)
			tap_opening_kinds(c, m);
		tap_opening_decide(c, m);
	}
	if (m->sip->request)
		request_take(c, m);
	else
		response_take(c, m);
}
