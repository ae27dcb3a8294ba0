#include "ice_rewriter/known.h"

#include "ice_rewriter/sdp.h"

void ice_known_init(ice_known *k)
{
	k->n_relay = k->n_other = 0;
}

bool ice_addr_in(const net_addr *list, size_t n, const net_addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (net_addr_same_ip(&list[i], a))
			return true;
	return false;
}

static bool add(net_addr *list, unsigned *n, const net_addr *a)
{
	if (ice_addr_in(list, *n, a))
		return true;
	if (*n == ICE_KNOWN_MAX)
		return false;
	list[(*n)++] = *a;
	return true;
}

/* "a=candidate" and "a=x-candidate-ipv6" in any case, blanks before them; most
 * lines are neither and need not be taken apart. */
static bool may_be_candidate(span sdp)
{
	return sdp.left > 2 && sdp.p[0] == 'a' &&
	       ((sdp.p[2] | 0x20) == 'c' || (sdp.p[2] | 0x20) == 'x' ||
		span_blank(sdp.p[2]));
}

bool ice_known_read(ice_known *k, span sdp)
{
	cand_fields f;
	ice_line line;
	net_addr at;
	span gone;
	bool ok;

	while (sdp.left) {
		if (!may_be_candidate(sdp)) {
			if (!span_until(&sdp, '\n', &gone))
				break;
			continue;
		}
		if (!ice_line_next(&sdp, &line))
			break;
		if (line.attr != ICE_A_CANDIDATE ||
		    cand_split(line.value, &f) != CAND_OK || f.draft06 ||
		    !net_addr_parse(f.addr, 0, &at))
			continue;
		if (cand_type(f.type) == CALL_CAND_RELAY)
			ok = add(k->relay, &k->n_relay, &at);
		else
			ok = add(k->other, &k->n_other, &at);
		if (!ok)
			return false;
	}
	return true;
}

/* One that this plan has put out of use stays so, whatever its q-value. */
bool ice_known_relay(const ice_known *k, const ice_plan *plan, span value,
		     const net_addr *at)
{
	call_cand c;
	bool relay, other;

	if (plan->method == ICE_PORT_ADDRESS &&
	    net_addr_same_ip(at, at->family == 6 ? &plan->dead6 : &plan->dead4))
		return false;
	if (at->family && ice_addr_in(plan->edges, plan->n_edges, at))
		return true;
	relay = ice_addr_in(k->relay, k->n_relay, at);
	other = ice_addr_in(k->other, k->n_other, at);
	if (relay != other)
		return relay;
	return cand_parse(value, &c) == CAND_OK &&
	       c.priority < plan->relay_below;
}
