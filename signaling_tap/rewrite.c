#include "signaling_tap/rewrite.h"

#include "ice_rewriter/ice.h"
#include "signaling_tap/half.h"

static const ice_plan *plan_of(const tap_config *cfg, span front_end)
{
	for (const tap_rewriting *m = cfg->methods; m && m->front_end; m++)
		if (span_eq(front_end, m->front_end))
			return m->plan;
	return cfg->plan;
}

/* Who sent it has said where its relays are: for SDP fragments. */
static ice_plan plan_for(const tap_call *c, const tap_msg *m)
{
	ice_plan p = *plan_of(&c->all->cfg, m->src->name);
	uint8_t other = m->side == CALL_CALLER ? CALL_CALLEE : CALL_CALLER;

	p.kinds = (c->audio ? ICE_AUDIO : 0) | (c->video ? ICE_VIDEO : 0);
	p.peers = c->relays[other];
	p.n_peers = c->relays_n[other];
	p.peer_ids = span_str(c->relay_ids[other]);
	p.trickled = c->relays_n[m->side] > 0;
	return p;
}

static bool any_forced(const ice_report *r)
{
	for (unsigned i = 0; i < r->n; i++)
		if (r->media[i].state == ICE_FORCED)
			return true;
	return false;
}

/* A fact for the journal, once a side. */
static void found(tap_call *c, const tap_msg *m, tap_fact f, tap_counter n)
{
	if (m->repeated)
		return;
	c->all->count.n[n]++;
	tap_call_note(c, m->at, f,
		      m->side == CALL_CALLER ? "caller" : "callee");
}

static void refuse(tap_call *c, const tap_msg *m, uint16_t status,
		   const char *why, tap_answer *out)
{
	const rec_end end = {
		.cause = REC_REFUSED, .side = m->side, .status = status,
		.text = span_str(why),
	};

	out->verdict = TAP_REFUSE;
	out->status = status;
	out->reason = why;
	/* In mid-call only the change is refused. */
	if (!m->sip->to_tag.left)
		tap_call_finish(c, m->at, &end);
}

void tap_rewrite_prevent(tap_call *c, const tap_msg *m, tap_answer *out)
{
	if (m->sip->request && m->sip->method == TAP_INVITE &&
	    !m->sip->to_tag.left)
		refuse(c, m, c->refuse,
		       "the call has to be recorded and cannot be", out);
}

static void over_count(tap_call *c, ice_limit over)
{
	static const tap_counter counters[] = {
		[ICE_OVER_PARTS] = TAP_N_REWRITE_PARTS,
		[ICE_OVER_DEPTH] = TAP_N_REWRITE_DEPTH,
		[ICE_OVER_MEDIA] = TAP_N_REWRITE_MEDIA,
		[ICE_OVER_ALL_MEDIA] = TAP_N_REWRITE_ALL_MEDIA,
		[ICE_OVER_CANDS] = TAP_N_REWRITE_CANDS,
		[ICE_OVER_ADDRS] = TAP_N_REWRITE_ADDRS,
	};

	if (over != ICE_WITHIN)
		c->all->count.n[counters[over]]++;
}

static void no_room(tap_call *c)
{
	c->all->count.n[TAP_N_NOT_REWRITABLE]++;
	c->all->count.n[TAP_N_REWRITE_NO_ROOM]++;
}

static bool is_word_of(span words, span one)
{
	span word;

	while (span_word(&words, &word))
		if (span_same(word, one))
			return true;
	return false;
}

/* Of draft-06 only the rewriter knows which candidates are relays. Of too many
 * the oldest go. */
static void ids_remember(tap_call *c, const tap_msg *m, const ice_report *r)
{
	char *to = c->relay_ids[m->side];

	for (unsigned i = 0; i < r->n_ids; i++) {
		const span id = r->relay_id[i];
		span old = span_str(to), gone;

		if (id.left + 2 > TAP_RELAY_IDS || is_word_of(old, id))
			continue;
		while (old.left + id.left + 2 > TAP_RELAY_IDS &&
		       span_word(&old, &gone))
			;
		memmove(to, old.p, old.left);
		to[old.left] = ' ';
		span_copy(id, to + old.left + 1,
			  TAP_RELAY_IDS - old.left - 1);
	}
}

static void escape_note(tap_call *c, const tap_msg *m, const ice_report *r)
{
	ids_remember(c, m, r);
	if (r->escaped)
		found(c, m, TAP_F_ESCAPED, TAP_N_ESCAPED);
}

static void report_take(tap_call *c, const tap_msg *m, const ice_report *r,
			tap_answer *out)
{
	uint16_t status = c->refuse ? c->refuse : c->all->cfg.no_relay_status;

	if (status == REC_PASS)
		status = 0;
	if (any_forced(r) && !c->facts.text[TAP_F_REWRITTEN])
		tap_call_note(c, m->at, TAP_F_REWRITTEN, "yes");
	escape_note(c, m, r);
	if (r->opaque || r->why)
		c->all->count.n[TAP_N_NOT_REWRITABLE]++;
	over_count(c, r->over);
	if (!r->unforced)
		return;
	found(c, m, TAP_F_NO_RELAY, TAP_N_NO_RELAY);
	if (status && m->sip->request &&
	    (m->sip->method == TAP_INVITE || m->sip->method == TAP_UPDATE))
		refuse(c, m, status, "no relay candidate for a recorded stream",
		       out);
}

void tap_rewrite_watch(tap_call *c, const tap_msg *m)
{
	put body = put_into(c->all->body, TAP_OUT_MAX);
	ice_plan plan = plan_for(c, m);
	ice_report report;
	ice_verdict v;

	v = ice_rewrite(&plan, m->sip->first[TAP_H_CONTENT_TYPE],
			m->sip->body, &body, &report);
	if (v != ICE_NO_ROOM)
		escape_note(c, m, &report);
}

/* Of offers it is remembered whether they were without a relay. */
static bool is_left(tap_call *c, const tap_msg *m, const ice_report *r)
{
	if (!m->half || m->about.fragment)
		return false;
	if (tap_half_answers(c, m))
		return c->all->cfg.leave_answers && c->unforced[!m->side];
	c->unforced[m->side] = r->unforced;
	return false;
}

void tap_rewrite_message(tap_call *c, const tap_msg *m, tap_answer *out)
{
	const tap_sip *s = m->sip;
	put body = put_into(c->all->body, TAP_OUT_MAX);
	put whole = put_into(c->all->out, TAP_OUT_MAX);
	ice_plan plan = plan_for(c, m);
	ice_report report;
	ice_verdict v;

	v = ice_rewrite(&plan, s->first[TAP_H_CONTENT_TYPE], s->body, &body,
			&report);
	if (is_left(c, m, &report)) {
		escape_note(c, m, &report);
		return;
	}
	report_take(c, m, &report, out);
	if (v == ICE_NO_ROOM)
		no_room(c);
	if (v != ICE_CHANGED || out->verdict == TAP_REFUSE)
		return;
	tap_sip_put(&whole, s, put_done(&body));
	if (whole.full || whole.n > TAP_SIP_MESSAGE_MAX - 1024) {
		no_room(c);
		return;
	}
	out->verdict = TAP_REPLACED;
	out->message = put_done(&whole);
	out->body_at = whole.n - s->tail.left - body.n;
}
