#include "relay_capture/tap.h"

enum {
	TICK_NS = 100 * CLK_NS_PER_MS,
	ROUND_NS = CLK_NS_PER_S,	/* orphans are looked for */
	FLOW_ROUNDS = 10,	/* flow records are written */
};

void relay_config_init(relay_config *c)
{
	*c = (relay_config){
		.ports = {3478, 443},
		.flows = 32768,
		.allocs = 8192,
		.fragmented = 64,
		.streams = 2048,
		.preroll_bytes = 64 << 20,
		.preroll_ns = 10 * CLK_NS_PER_S,
		.grace_ns = 5 * CLK_NS_PER_S,
	};
}

relay_tap *relay_new(const relay_config *c, const relay_sink *sink, void *user)
{
	relay_tap *r = g_new0(relay_tap, 1);

	g_assert(c->allocs && !(c->allocs & (c->allocs - 1)));
	r->conf = *c;
	r->sink = *sink;
	r->user = user;
	r->calls = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					 relay_call_free);
	r->claims = relay_claims_new(relay_call_ended);
	r->flows = relay_flows_new(c->flows);
	r->preroll = relay_preroll_new(c->preroll_bytes);
	r->allocs = g_new0(relay_alloc, c->allocs);
	r->late = g_ptr_array_new();
	r->frags = relay_frags_new(c->fragmented);
	r->streams = relay_streams_new(c->streams);
	r->generation = 1;
	return r;
}

static void mirror(relay_tap *r, unsigned from, relay_counter c, uint64_t n)
{
	atomic_store_explicit(&r->count[from][c], n, memory_order_relaxed);
}

void relay_mirror(relay_tap *r)
{
	for (unsigned i = 0; i < RELAY_IFACES_MAX; i++) {
		mirror(r, i, RELAY_EXPIRED,
		       relay_preroll_expired(r->preroll, i));
		mirror(r, i, RELAY_FRAGMENTS_LOST,
		       relay_frags_lost(r->frags, i));
	}
}

void relay_tick(relay_tap *r, clk_both now)
{
	clk_mono limit = {now.mono.ns - r->conf.preroll_ns};

	/* What may become an orphan's is held until that is looked at. */
	if (r->conf.keep_orphans)
		limit.ns -= ROUND_NS + TICK_NS;
	r->next_tick.ns = now.mono.ns + TICK_NS;
	if (r->unsettled)
		relay_settle(r, now);
	if (clk_since(now.mono, r->next_round) >= 0) {
		r->next_round.ns = now.mono.ns + ROUND_NS;
		relay_orphans_round(r, now);
		if (++r->rounds % FLOW_ROUNDS == 0)
			relay_calls_tell(r, now);
	}
	relay_streams_round(r, now.mono, now);
	relay_preroll_expire(r->preroll, limit);
	relay_frags_expire(r->frags, now.mono);
	relay_mirror(r);
	relay_calls_tick(r, now);
}

void relay_tick_due(relay_tap *r, clk_both now)
{
	const int64_t since = clk_since(now.mono, r->next_tick);

	/* A frame's time may have been ahead of the clock, which was set. */
	if (since >= 0 || since < -TICK_NS)
		relay_tick(r, now);
}

void relay_free(relay_tap *r, clk_both now)
{
	relay_close(r, now);
	g_hash_table_destroy(r->calls);
	relay_claims_free(r->claims);
	relay_flows_free(r->flows);
	relay_preroll_free(r->preroll);
	relay_frags_free(r->frags);
	relay_streams_free(r->streams);
	g_ptr_array_unref(r->late);
	g_free(r->allocs);
	g_free(r);
}

/* The longest silent unclaimed flow makes room. */
static relay_flow *flow_new(relay_tap *r, const relay_path *p, clk_both at)
{
	relay_flow *f = relay_flow_add(r->flows, p, at), *old;

	if (!f) {
		old = relay_flows_silent(r->flows);
		if (!old) {
			relay_bump(r, RELAY_FLOWS_FULL, 1);
			return NULL;
		}
		relay_preroll_drop(r->preroll, &old->held);
		relay_flow_remove(r->flows, old);
		relay_bump(r, RELAY_FLOWS_EVICTED, 1);
		f = relay_flow_add(r->flows, p, at);
	}
	relay_bump(r, RELAY_FLOWS_BORN, 1);
	return f;
}

static relay_flow *flow_get(relay_tap *r, const relay_path *p, clk_both at)
{
	relay_flow *f = relay_flow_find(r->flows, p);

	return f ? f : flow_new(r, p, at);
}

/* A path too many of one call: its packets count, its path does not. */
static relay_counter spill(relay_tap *r, relay_flow *f, span bytes,
			   clk_both at)
{
	relay_claim claim = relay_match_path(r, &f->path, f->ssrc, &f->leg);
	relay_flow *s = claim.call->spill;

	if (!s)
		s = claim.call->spill =
			g_aligned_alloc0(1, sizeof(*s), _Alignof(relay_flow));
	s->claim = claim;
	s->leg = f->leg;
	relay_preroll_drop(r->preroll, &f->held);
	relay_flow_remove(r->flows, f);
	relay_bump(r, RELAY_FLOWS_FULL, 1);
	return relay_deliver(r, s, bytes, at, r->from);
}

static void note_ssrc(relay_flow *f, span rtp)
{
	if (!pkt_is_rtcp(rtp) && (!span_skip(&rtp, 8) ||
				  !span_u32(&rtp, &f->ssrc)))
		return;
}

/* Its first packets go to the call that it was just found to belong to. */
static void release_held(relay_tap *r, relay_flow *f)
{
	if (!f->claim.call || !f->held.count)
		return;
	g_ptr_array_add(r->late, f);
	relay_release(r);
}

static relay_counter media(relay_tap *r, const relay_path *p, span bytes,
			   clk_both at)
{
	relay_flow *f = flow_get(r, p, at);

	if (!f)
		return RELAY_UNHELD;
	f->last = at.mono;
	if (!f->claim.call)
		note_ssrc(f, bytes);
	if (f->generation != r->generation) {
		if (!relay_resolve(r, f, at))
			return spill(r, f, bytes, at);
		release_held(r, f);
	}
	f->packets++;
	f->fresh = true;
	if (f->claim.call)
		return relay_deliver(r, f, bytes, at, r->from);
	relay_flow_touch(r->flows, f);
	return relay_preroll_add(r->preroll, &f->held, bytes, at, r->from) ?
	       RELAY_HELD : RELAY_UNHELD;
}

static void check(relay_tap *r, const relay_path *p, span username,
		  clk_both at)
{
	relay_claim sender = relay_match_check(r, p, username);
	relay_flow *f;
	uint8_t leg;

	if (!sender.call)
		return;
	relay_bump(r, RELAY_CHECKS, 1);
	f = flow_get(r, p, at);
	if (!f || (f->checked && f->claim.call == sender.call))
		return;
	relay_match_path(r, p, 0, &leg);
	if (!relay_bind(r, f, &sender, at))
		return;
	f->leg = leg;
	f->checked = true;
	f->generation = r->generation;
	release_held(r, f);
}

void relay_path_set(relay_path *p, const net_addr *src, const net_addr *dst,
		    const relay_unit *u)
{
	*p = (relay_path){.src = *src, .dst = *dst, .wrap = u->wrap,
			  .channel = u->channel, .has_session = u->session,
			  .session = u->session_id};
	if (u->wrap == RELAY_WRAP_SEND || u->wrap == RELAY_WRAP_DATA)
		p->peer = u->peer;
}

relay_counter relay_payload(relay_tap *r, const net_addr *src,
			    const net_addr *dst, span in, bool stream,
			    clk_both at)
{
	relay_unit u;
	relay_path p;

	relay_turn_peel(in, stream, &u);
	relay_path_set(&p, src, dst, &u);
	switch ((relay_what)u.what) {
	case RELAY_WHAT_MEDIA:
		return media(r, &p, u.inner, at);
	case RELAY_WHAT_CHECK:
		check(r, &p, u.username, at);
		return RELAY_CONTROL;
	case RELAY_WHAT_CONTROL:
		if (u.news != RELAY_NEWS_NONE)
			relay_match_news(r, &p, &u);
		return RELAY_CONTROL;
	case RELAY_WHAT_OTHER:
		return RELAY_OTHER_PAYLOAD;
	case RELAY_WHAT_BAD:
		return RELAY_BAD_TURN;
	}
	g_assert_not_reached();
}

void relay_from(relay_tap *r, unsigned iface)
{
	g_assert(iface < RELAY_IFACES_MAX);
	r->from = iface;
	relay_frags_from(r->frags, iface);
}

uint64_t relay_count_from(const relay_tap *r, unsigned iface, relay_counter c)
{
	g_assert(iface < RELAY_IFACES_MAX && c < RELAY_COUNTERS);
	return atomic_load_explicit(&r->count[iface][c], memory_order_relaxed);
}

uint64_t relay_count(const relay_tap *r, relay_counter c)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < RELAY_IFACES_MAX; i++)
		n += relay_count_from(r, i, c);
	return n;
}
