/* Which call owns a path, and what it gets of it. */
#include "relay_capture/tap.h"

static bool is_copy(relay_call *c, span bytes)
{
	const relay_print p = relay_print_of(bytes);
	bool copy = relay_dedup_seen(&c->dedup, &p);

	if (c->early.print)
		copy |= relay_dedup_seen(&c->early, &p);
	return copy;
}

/* Of a path that several m= lines share; whose RTCP is, is not known. */
static uint8_t shared_line(const relay_bundle *s, uint8_t line, span bytes)
{
	if (line != RELAY_MEDIA_UNKNOWN &&
	    (line >= 64 || !(s->lines >> line & 1)))
		return line;
	if (pkt_is_rtcp(bytes) || bytes.left < 2)
		return RELAY_MEDIA_UNKNOWN;
	return s->line_of[bytes.p[1] & 127];
}

/* Gives one packet of a claimed flow to its call. */
relay_counter relay_deliver(relay_tap *r, relay_flow *f, span bytes,
			    clk_both at, unsigned from)
{
	relay_call *c = f->claim.call;
	uint8_t line = f->claim.media;
	pkt p;

	if (c->bundle)
		line = shared_line(c->bundle, line, bytes);
	c->last = at.mono;
	if (!relay_call_records(c, line)) {
		c->tally.not_recorded++;
		return RELAY_NOT_RECORDED;
	}
	if (is_copy(c, bytes)) {
		c->tally.copies[f->leg]++;
		return RELAY_DUPLICATE;
	}
	p = (pkt){
		.at = at,
		.side = f->claim.side,
		.media = line,
		.leg = f->leg,
		.why = f->claim.why,
		.flow = f->number,
		.iface = (uint8_t)from,
		.bytes = bytes,
	};
	r->sink.packet(r->user, c->user, &p);
	f->stored++;
	c->tally.stored++;
	return RELAY_STORED;
}

void relay_tell_flow(relay_tap *r, relay_call *c, relay_flow *f, clk_both at)
{
	rec_flow rec = {
		.flow = f->number,
		.leg = f->leg,
		.side = f->claim.side,
		.media = f->claim.media,
		.src = f->path.src,
		.dst = f->path.dst,
		.packets = f->packets,
		.stored = f->stored,
	};

	if (!f->fresh)
		return;
	f->fresh = false;
	r->sink.flow(r->user, c->user, &rec, at);
}

void relay_unbind(relay_tap *r, relay_flow *f, clk_both at)
{
	relay_call *c = f->claim.call;
	relay_flow **p = &c->flows;

	relay_tell_flow(r, c, f, at);
	while (*p != f)
		p = &(*p)->sibling;
	*p = f->sibling;
	c->n_flows--;
	f->claim.call = NULL;
	f->packets = f->stored = 0;
	relay_flow_set_claimed(r->flows, f, false);
}

/* False when the call has paths enough. */
bool relay_bind(relay_tap *r, relay_flow *f, const relay_claim *claim,
		 clk_both at)
{
	relay_call *c = claim->call;

	if (f->claim.call == c) {
		f->claim = *claim;
		return true;
	}
	if (c->n_flows == RELAY_CALL_FLOWS && !c->shared)
		return false;
	if (f->claim.call)
		relay_unbind(r, f, at);
	relay_flow_set_claimed(r->flows, f, true);
	f->claim = *claim;
	f->sibling = c->flows;
	c->flows = f;
	c->n_flows++;
	return true;
}

/* False when the flow remains without a call for lack of room in it. */
bool relay_resolve(relay_tap *r, relay_flow *f, clk_both at)
{
	relay_claim claim;
	uint8_t leg;

	f->generation = r->generation;
	if (f->checked && !f->claim.call->ended)
		return true;
	claim = relay_match_path(r, &f->path, f->ssrc, &leg);
	if (!claim.call)
		return true;
	if (!relay_bind(r, f, &claim, at))
		return f->claim.call != NULL;
	f->leg = leg;
	f->checked = false;
	return true;
}

/* Flows in `late` are a heap by the place of their oldest held packet: there
 * may be thousands of them, with hundreds of packets each. */
static relay_flow *late_at(const relay_tap *r, guint i)
{
	return g_ptr_array_index(r->late, i);
}

static void late_sink(relay_tap *r, guint at)
{
	while (at < r->late->len) {
		const guint kid = 2 * at + 1;
		guint least = at;
		relay_flow *f = late_at(r, at);

		for (guint i = kid; i < kid + 2 && i < r->late->len; i++)
			if (late_at(r, i)->held.first <
			    late_at(r, least)->held.first)
				least = i;
		if (least == at)
			return;
		r->late->pdata[at] = r->late->pdata[least];
		r->late->pdata[least] = f;
		at = least;
	}
}

static void release_first(relay_tap *r, relay_flow *f, span bytes, clk_both at)
{
	const unsigned from = relay_preroll_from(r->preroll, &f->held);
	const relay_counter fate = relay_deliver(r, f, bytes, at, from);

	f->claim.call->tally.late += fate == RELAY_STORED;
	relay_bump_of(r, from, RELAY_LATE_STORED + fate, 1);
	relay_preroll_pop(r->preroll, &f->held);
}

/* Held packets of flows that were claimed, in the order in which they came.*/
void relay_release(relay_tap *r)
{
	uint64_t order;
	clk_both at;
	span bytes;

	for (guint i = r->late->len / 2; i-- > 0;)
		late_sink(r, i);
	while (r->late->len) {
		relay_flow *f = late_at(r, 0);

		if (relay_preroll_peek(r->preroll, &f->held, &bytes, &at,
				       &order))
			release_first(r, f, bytes, at);
		else
			g_ptr_array_remove_index_fast(r->late, 0);
		late_sink(r, 0);
	}
}

/* New claims meet the flows that nobody wanted. */
void relay_settle(relay_tap *r, clk_both now)
{
	relay_flow *f, *next;

	r->unsettled = false;
	for (f = relay_flows_silent(r->flows); f; f = next) {
		next = relay_flow_newer(f);
		if (f->generation == r->generation)
			continue;
		if (relay_resolve(r, f, now) && f->claim.call)
			g_ptr_array_add(r->late, f);
	}
	relay_release(r);
}
