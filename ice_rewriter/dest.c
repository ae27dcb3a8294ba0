#include "ice_rewriter/decide.h"

bool ice_dest_is_relay(const ice_sdp *s, const ice_section *sec,
		       const net_addr *at)
{
	for (unsigned i = 0; i < sec->n; i++) {
		const ice_cand *c = &s->cand[sec->first + i];

		if (c->relay && net_addr_same(&c->at, at))
			return true;
	}
	return false;
}

/* An address that was put out of use before by this very plan is nobody's. */
static bool is_ours(const ice_plan *plan, const net_addr *at)
{
	return plan->method == ICE_PORT_ADDRESS &&
	       (net_addr_same_ip(at, &plan->dead4) ||
		net_addr_same_ip(at, &plan->dead6));
}

/* c=0.0.0.0 means hold, so it names no candidate. */
bool ice_dest_dead(const ice_sdp *s, const ice_section *sec,
		   const ice_plan *plan, const net_addr *at)
{
	if (!at->family || net_addr_is_any(at) || is_ours(plan, at) ||
	    ice_dest_is_relay(s, sec, at))
		return false;
	for (unsigned i = 0; i < sec->n; i++) {
		const ice_cand *c = &s->cand[sec->first + i];

		if (!c->relay && net_addr_same_ip(&c->at, at))
			return true;
	}
	return false;
}

/* Without an a=rtcp line, RTCP is one port up (RFC 3550 11): a line has to be
 * added when the relay's is elsewhere. Without an RTCP relay it is muxed. */
static void plan_rtcp(ice_sdp *s, ice_section *sec, const ice_plan *plan)
{
	const ice_cand *rtp = ice_best_relay(s, sec, 1, NULL);
	const ice_cand *rtcp = ice_best_relay(s, sec, 2, rtp);
	ice_move *move = &sec->move;
	net_addr at;

	if (!sec->rtcp.port.left) {
		if (!move->rtp || !rtcp)
			return;
		at = rtp->at;
		at.port++;
		move->add_rtcp = !net_addr_same(&rtcp->at, &at);
		if (move->add_rtcp)
			move->rtcp = rtcp;
		return;
	}
	at = sec->rtcp.conn.host.left ? sec->rtcp.conn.ip
				      : ice_conn_of(s, sec)->ip;
	at.port = sec->rtcp.number;
	if (ice_dest_dead(s, sec, plan, &at) ||
	    (move->rtp && !sec->rtcp.conn.host.left))
		move->rtcp = rtcp ? rtcp : rtp;
}

static void plan_section(ice_sdp *s, ice_section *sec, const ice_plan *plan)
{
	net_addr at = ice_conn_of(s, sec)->ip;

	at.port = sec->m.number;
	if (ice_dest_dead(s, sec, plan, &at))
		sec->move.rtp = ice_best_relay(s, sec, 1, NULL);
	plan_rtcp(s, sec, plan);
}

/* The session's c= moves when every stream that relies on it does; otherwise
 * those that move get a c= of their own, and the others keep theirs. */
static void plan_session(ice_sdp *s)
{
	bool others = false;
	const ice_cand *to = NULL;

	for (unsigned i = 0; i < s->n; i++) {
		const ice_section *sec = &s->section[i];

		if (sec->conn.host.left)
			continue;
		if (sec->move.rtp && !to)
			to = sec->move.rtp;
		others |= !sec->move.rtp && sec->m.number && !sec->refuse;
	}
	s->move_conn = to && !others;
	s->conn_to = to;
	for (unsigned i = 0; i < s->n; i++) {
		ice_section *sec = &s->section[i];

		if (sec->move.rtp && !sec->conn.host.left)
			sec->move.add_conn =
				!s->move_conn ||
				!net_addr_same_ip(&sec->move.rtp->at, &to->at);
	}
}

void ice_dest_plan(ice_sdp *s, const ice_plan *plan)
{
	if (s->fragment)
		return;
	for (unsigned i = 0; i < s->n; i++)
		if (s->section[i].state == ICE_FORCED)
			plan_section(s, &s->section[i], plan);
	plan_session(s);
}
