#include "ice_rewriter/decide.h"

/* A relay candidate that can be a destination. */
static bool is_usable(const ice_cand *c)
{
	return c->relay && c->at.family && c->at.port &&
	       !net_addr_is_any(&c->at);
}

static int score(const ice_cand *c, uint8_t family, const ice_cand *like)
{
	int n = 1;

	if (c->at.family == family)
		n += 8;
	if (c->transport == CALL_UDP)
		n += 4;
	else if (c->transport != CALL_TCP_ACT)
		n += 2;
	if (like && c->transport == like->transport &&
	    span_same(c->id, like->id))
		n += 16;
	return n;
}

const ice_conn *ice_conn_of(const ice_sdp *s, const ice_section *sec)
{
	return sec->conn.host.left ? &sec->conn : &s->conn;
}

const ice_cand *ice_best_relay(const ice_sdp *s, const ice_section *sec,
			       uint8_t component, const ice_cand *like)
{
	const net_addr *near = like ? &like->at : &ice_conn_of(s, sec)->ip;
	uint8_t family = near->family ? near->family : 4;
	const ice_cand *best = NULL;
	int most = 0;

	for (unsigned i = 0; i < sec->n; i++) {
		const ice_cand *c = &s->cand[sec->first + i];
		int n;

		if (c->component != component || !is_usable(c))
			continue;
		n = score(c, family, like);
		if (n > most) {
			most = n;
			best = c;
		}
	}
	return best;
}

/* A fragment carries its candidates one by one: any component will do, or
 * what was trickled before. */
static bool has_relay(const ice_sdp *s, const ice_section *sec,
		      const ice_plan *plan)
{
	if (!s->fragment)
		return ice_best_relay(s, sec, 1, NULL) != NULL;
	for (unsigned i = 0; i < sec->n; i++)
		if (is_usable(&s->cand[sec->first + i]))
			return true;
	return plan->trickled;
}

/* A section with draft-06 lines is a fallback unless it names a relay in the
 * other grammar: that one stays in every rewriting, so that the answer does
 * too. */
static bool is_fallback(const ice_sdp *s, const ice_section *sec)
{
	bool draft06 = false;

	for (unsigned i = 0; i < sec->n; i++) {
		const ice_cand *c = &s->cand[sec->first + i];

		if (c->relay && !c->draft06)
			return false;
		draft06 |= c->draft06;
	}
	return draft06;
}

/* More mids than there can be m= lines are somebody's wish to keep us busy. */
static bool is_word_of(span words, span one)
{
	span word;

	for (unsigned n = 0; n < ICE_SECTION_MAX; n++) {
		if (!span_word(&words, &word))
			return false;
		if (span_same(word, one))
			return true;
	}
	return false;
}

/* Streams of one group may all go where any of its m= lines says: which one
 * that is, the answer decides (RFC 8843 7.3). */
static bool is_recorded(const ice_sdp *s, const ice_section *sec,
			const ice_plan *plan)
{
	unsigned kinds = sec->kind;

	for (unsigned g = 0; g < s->n_bundles; g++) {
		if (!sec->mid.left || !is_word_of(s->bundle[g], sec->mid))
			continue;
		for (unsigned i = 0; i < s->n; i++)
			if (is_word_of(s->bundle[g], s->section[i].mid))
				kinds |= s->section[i].kind;
	}
	return plan->kinds & kinds;
}

static ice_state state_of(const ice_sdp *s, const ice_section *sec,
			  const ice_plan *plan)
{
	if (!is_recorded(s, sec, plan))
		return ICE_UNRECORDED;
	if (sec->has_m && sec->m.number == 0)
		return ICE_REFUSED;
	if (sec->final)
		return ICE_FINAL;
	if (sec->n == 0)
		return ICE_PLAIN;
	if (is_fallback(s, sec) && plan->draft06 == ICE_DRAFT06_LEAVE)
		return ICE_LEFT;
	return has_relay(s, sec, plan) ? ICE_FORCED : ICE_NO_RELAY;
}

void ice_decide(ice_sdp *s, const ice_plan *plan, const ice_known *k)
{
	for (unsigned i = 0; i < s->n; i++) {
		ice_section *sec = &s->section[i];

		sec->state = state_of(s, sec, plan);
		sec->refuse = plan->draft06 == ICE_DRAFT06_REFUSE &&
			      is_fallback(s, sec) && k->n_relay &&
			      (sec->state == ICE_FORCED ||
			       sec->state == ICE_NO_RELAY);
		if (sec->refuse)
			sec->state = ICE_REFUSED;
		if (sec->state != ICE_FORCED && sec->state != ICE_FINAL)
			continue;
		s->edited = true;
		if (plan->kinds & sec->kind)
			sec->drop = ice_payloads_drop(&sec->payloads, plan);
	}
	ice_dest_plan(s, plan);
}

static bool own_relay(const ice_sdp *s, const net_addr *a)
{
	for (unsigned i = 0; i < s->n_cand; i++)
		if (s->cand[i].relay && net_addr_same_ip(&s->cand[i].at, a))
			return true;
	return false;
}

/* draft-06: the line names the peer's candidate by its id. */
static ice_remote remote_by_id(span id, const ice_plan *plan)
{
	span ids = plan->peer_ids, one;

	if (!ids.left)
		return ICE_REMOTE_UNKNOWN;
	while (span_word(&ids, &one))
		if (span_same(one, id))
			return ICE_REMOTE_RELAY;
	return ICE_REMOTE_ESCAPED;
}

/* The addresses are the peer's. A relay of its own is known by what the
 * dialog has told, by being one of our edges, or by being on the edge that the
 * sender uses as well. */
static ice_remote remote_of(const ice_sdp *s, const ice_section *sec,
			    const ice_plan *plan)
{
	bool known = plan->n_edges || plan->n_peers;
	span in = sec->remote;
	ice_remote r = ICE_REMOTE_UNKNOWN;
	uint8_t component;
	net_addr a;

	if (!sec->final)
		return ICE_REMOTE_NONE;
	if (sec->remote_id.left)
		return remote_by_id(sec->remote_id, plan);
	while (cand_remote_next(&in, &component, &a) == CAND_OK) {
		if (ice_addr_in(plan->edges, plan->n_edges, &a) ||
		    ice_addr_in(plan->peers, plan->n_peers, &a) ||
		    own_relay(s, &a)) {
			r = ICE_REMOTE_RELAY;
			continue;
		}
		return known ? ICE_REMOTE_ESCAPED : ICE_REMOTE_UNKNOWN;
	}
	return r;
}

static bool default_relay(const ice_sdp *s, const ice_section *sec)
{
	net_addr at = ice_conn_of(s, sec)->ip;

	at.port = sec->m.number;
	return !sec->refuse &&
	       (sec->move.rtp || ice_dest_is_relay(s, sec, &at));
}

static uint8_t count(const ice_pts *s)
{
	uint8_t n = 0;

	for (unsigned pt = 0; pt < 128; pt++)
		n += ice_pts_has(s, pt);
	return n;
}

ice_media ice_decided(const ice_sdp *s, const ice_section *sec,
		      const ice_plan *plan)
{
	ice_media m = {
		.kind = sec->kind,
		.state = (uint8_t)sec->state,
		.mismatch = sec->mismatch,
		.default_moved = sec->move.rtp || sec->move.rtcp,
		.default_relay = default_relay(s, sec),
		.payloads_dropped = count(&sec->drop),
	};

	if (sec->state != ICE_UNRECORDED)
		m.remote = (uint8_t)remote_of(s, sec, plan);
	if (m.remote == ICE_REMOTE_ESCAPED && m.default_relay)
		m.remote = ICE_REMOTE_HOST;
	for (unsigned i = 0; i < sec->n; i++) {
		const ice_cand *c = &s->cand[sec->first + i];

		m.relay |= is_usable(c);
		if (c->odd)
			m.odd++;
		else if (c->relay && !sec->refuse)
			m.kept++;
		else if (sec->state == ICE_FORCED || sec->refuse)
			m.disabled++;
	}
	return m;
}
