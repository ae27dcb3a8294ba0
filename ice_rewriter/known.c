#include "ice_rewriter/known.h"

#include "ice_rewriter/sdp.h"

enum { RELAY_BELOW = 500 };	/* thousandths of the q-value */

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

bool ice_known_read(ice_known *k, span sdp)
{
	cand_fields f;
	ice_line line;
	net_addr at;
	bool ok;

	while (ice_line_next(&sdp, &line)) {
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
	return cand_parse(value, &c) == CAND_OK && c.priority < RELAY_BELOW;
}
