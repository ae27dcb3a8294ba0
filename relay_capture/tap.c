#include "relay_capture/tap.h"

enum {
	TICK_NS = 100 * CLK_NS_PER_MS,
	ROUND_NS = CLK_NS_PER_S,	/* orphans are looked for */
	FLOW_ROUNDS = 10,	/* flow records are written */
	ORPHAN_PACKETS = 20,	/* fewer are noise */
	FRAGMENTED = 64,	/* IP packets in pieces at once */
	STREAMS = 2048,		/* directions of TCP connections */
	DEDUP_AUDIO = 512,	/* packets: five seconds of two voices */
	DEDUP_VIDEO = 4096,
	DEDUP_EARLY = 8192,
};

void relay_config_init(relay_config *c)
{
	*c = (relay_config){
		.ports = {3478, 443},
		.flows = 32768,
		.preroll_bytes = 64 << 20,
		.preroll_ns = 10 * CLK_NS_PER_S,
		.grace_ns = 5 * CLK_NS_PER_S,
	};
}

static bool call_ended(const relay_call *c)
{
	return c->ended;
}

static void call_free(gpointer p)
{
	relay_call *c = p;

	relay_dedup_free(c->dedup);
	relay_dedup_free(c->early);
	g_free(c->name);
	g_free(c);
}

relay_tap *relay_new(const relay_config *c, const relay_sink *sink, void *user)
{
	relay_tap *r = g_new0(relay_tap, 1);

	r->conf = *c;
	r->sink = *sink;
	r->user = user;
	r->calls = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					 call_free);
	r->claims = relay_claims_new(call_ended);
	r->flows = relay_flows_new(c->flows);
	r->preroll = relay_preroll_new(c->preroll_bytes);
	r->allocs = g_new0(relay_alloc, RELAY_ALLOCS);
	r->late = g_ptr_array_new();
	r->frags = relay_frags_new(FRAGMENTED);
	r->streams = relay_streams_new(STREAMS);
	r->generation = 1;
	return r;
}

static bool video(const call_half *half)
{
	for (guint i = 0; i < half->media->len; i++)
		if (!strcmp(CALL_MEDIA(half, i)->kind, "video"))
			return true;
	return false;
}

static relay_call *call_new(relay_tap *r, const char *name,
			    const call_half *half, clk_both now)
{
	relay_call *c = g_new0(relay_call, 1);

	c->name = g_strdup(name);
	c->dedup = relay_dedup_new(video(half) ? DEDUP_VIDEO : DEDUP_AUDIO);
	c->early = relay_dedup_new(DEDUP_EARLY);
	c->last = now.mono;
	c->user = r->sink.open(r->user, name, now);
	g_hash_table_insert(r->calls, c->name, c);
	return c;
}

static bool is_copy(relay_call *c, span bytes)
{
	bool copy = relay_dedup_seen(c->dedup, bytes);

	if (c->early)
		copy |= relay_dedup_seen(c->early, bytes);
	return copy;
}

/* Gives one packet of a claimed flow to its call. */
static relay_counter deliver(relay_tap *r, relay_flow *f, span bytes,
			     clk_both at)
{
	relay_call *c = f->claim.call;
	pkt p;

	c->last = at.mono;
	if (!c->record[f->claim.media])
		return RELAY_NOT_RECORDED;
	if (is_copy(c, bytes))
		return RELAY_DUPLICATE;
	p = (pkt){
		.at = at,
		.side = f->claim.side,
		.media = f->claim.media,
		.leg = f->leg,
		.why = f->claim.why,
		.flow = f->number,
		.bytes = bytes,
	};
	r->sink.packet(r->user, c->user, &p);
	f->stored++;
	c->packets++;
	return RELAY_STORED;
}

static void tell_flow(relay_tap *r, relay_call *c, relay_flow *f, clk_both at)
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

	if (f->packets == f->written)
		return;
	f->written = f->packets;
	r->sink.flow(r->user, c->user, &rec, at);
}

static void unbind(relay_tap *r, relay_flow *f, clk_both at)
{
	relay_call *c = f->claim.call;
	relay_flow **p = &c->flows;

	tell_flow(r, c, f, at);
	while (*p != f)
		p = &(*p)->sibling;
	*p = f->sibling;
	c->n_flows--;
	f->claim.call = NULL;
	f->checked = false;
	f->packets = f->stored = f->written = 0;
	relay_flow_set_claimed(r->flows, f, false);
}

/* False when the call has paths enough. */
static bool bind(relay_tap *r, relay_flow *f, const relay_claim *claim,
		 clk_both at)
{
	relay_call *c = claim->call;

	if (f->claim.call == c) {
		f->claim = *claim;
		return true;
	}
	if (c->n_flows == RELAY_CALL_FLOWS)
		return false;
	if (f->claim.call)
		unbind(r, f, at);
	relay_flow_set_claimed(r->flows, f, true);
	f->claim = *claim;
	f->sibling = c->flows;
	c->flows = f;
	c->n_flows++;
	return true;
}

/* False when the flow remains without a call for lack of room in it. */
static bool resolve(relay_tap *r, relay_flow *f, clk_both at)
{
	relay_claim claim;
	uint8_t leg;

	f->generation = r->generation;
	if (f->checked && !f->claim.call->ended)
		return true;
	claim = relay_match_path(r, &f->path, f->ssrc, &leg);
	if (!claim.call)
		return true;
	if (!bind(r, f, &claim, at))
		return f->claim.call != NULL;
	f->leg = leg;
	f->checked = false;
	return true;
}

/* Held packets of flows that were claimed, in the order in which they came.*/
static void release(relay_tap *r)
{
	relay_flow *f, *first;
	uint64_t order, least;
	span bytes, chosen = {NULL, 0};
	clk_both at, when = {{0}, {0}};

	for (;;) {
		first = NULL;
		least = UINT64_MAX;
		for (guint i = 0; i < r->late->len; i++) {
			f = g_ptr_array_index(r->late, i);
			if (!relay_preroll_peek(r->preroll, &f->held, &bytes,
						&at, &order) || order >= least)
				continue;
			first = f;
			least = order;
			chosen = bytes;
			when = at;
		}
		if (!first)
			break;
		relay_bump(r, RELAY_LATE_STORED +
			   deliver(r, first, chosen, when), 1);
		relay_preroll_pop(r->preroll, &first->held);
	}
	g_ptr_array_set_size(r->late, 0);
}

/* New claims meet the flows that nobody wanted. */
static void settle(relay_tap *r, clk_both now)
{
	relay_flow *f, *next;

	r->unsettled = false;
	for (f = relay_flows_silent(r->flows); f; f = next) {
		next = relay_flow_newer(f);
		if (f->generation == r->generation)
			continue;
		if (resolve(r, f, now) && f->claim.call)
			g_ptr_array_add(r->late, f);
	}
	release(r);
}

void relay_arm(relay_tap *r, const char *call, const call_half *half,
	       clk_both now)
{
	relay_call *c = g_hash_table_lookup(r->calls, call);

	if (!c)
		c = call_new(r, call, half, now);
	c->ended = false;
	if (half->side < CALL_UNKNOWN && !c->has_side[half->side]) {
		c->has_side[half->side] = true;
		c->described = now.mono;
	}
	relay_match_half(r, c, half);
	settle(r, now);
}

void relay_disarm(relay_tap *r, const char *call, clk_both now)
{
	relay_call *c = g_hash_table_lookup(r->calls, call);

	if (!c || c->ended)
		return;
	c->ended = true;
	c->end = now.mono;
	r->generation++;
}

static void call_close(relay_tap *r, relay_call *c, clk_both now)
{
	relay_flow *f;

	while ((f = c->flows) != NULL) {
		unbind(r, f, now);
		relay_preroll_drop(r->preroll, &f->held);
		relay_flow_remove(r->flows, f);
	}
	r->sink.close(r->user, c->user, now);
	relay_claims_drop(r->claims, c);
	r->generation++;
}

static bool is_due(const relay_tap *r, const relay_call *c, clk_mono now)
{
	return c->ended && clk_since(now, c->end) >= r->conf.grace_ns &&
	       clk_since(now, c->last) >= r->conf.grace_ns;
}

static void forget_early(const relay_tap *r, relay_call *c, clk_mono now)
{
	if (!c->has_side[CALL_CALLER] || !c->has_side[CALL_CALLEE] ||
	    clk_since(now, c->described) < r->conf.preroll_ns)
		return;
	g_clear_pointer(&c->early, relay_dedup_free);
}

static void tell_flows_of(relay_tap *r, relay_call *c, clk_both now)
{
	for (relay_flow *f = c->flows; f; f = f->sibling)
		tell_flow(r, c, f, now);
}

/* Render does not wait for the end of our grace: it learns at once what came
 * along each path, and of what still comes. */
static void look_after_calls(relay_tap *r, clk_both now)
{
	GHashTableIter it;
	gpointer c;

	g_hash_table_iter_init(&it, r->calls);
	while (g_hash_table_iter_next(&it, NULL, &c)) {
		forget_early(r, c, now.mono);
		if (((relay_call *)c)->ended)
			tell_flows_of(r, c, now);
		if (!is_due(r, c, now.mono))
			continue;
		call_close(r, c, now);
		g_hash_table_iter_remove(&it);
	}
}

void relay_loss(relay_tap *r, const rec_loss *l, clk_both now)
{
	GHashTableIter it;
	gpointer p;

	g_hash_table_iter_init(&it, r->calls);
	while (g_hash_table_iter_next(&it, NULL, &p))
		r->sink.loss(r->user, ((relay_call *)p)->user, l, now);
}

static void tell_flows(relay_tap *r, clk_both now)
{
	GHashTableIter it;
	gpointer p;

	g_hash_table_iter_init(&it, r->calls);
	while (g_hash_table_iter_next(&it, NULL, &p))
		tell_flows_of(r, p, now);
}

static void tell_orphans(relay_tap *r, clk_both now)
{
	relay_flow *f = relay_flows_silent(r->flows);
	relay_orphan o;

	for (; f; f = relay_flow_newer(f)) {
		if (f->told || f->packets < ORPHAN_PACKETS ||
		    clk_since(now.mono, f->first.mono) < r->conf.preroll_ns)
			continue;
		f->told = true;
		o = (relay_orphan){f->path.src, f->path.dst, f->ssrc,
				   f->packets, f->first};
		relay_bump(r, RELAY_ORPHANS, 1);
		r->sink.orphan(r->user, &o, now);
	}
}

static void mirror(relay_tap *r, relay_counter c, uint64_t n)
{
	atomic_store_explicit(&r->count[c], n, memory_order_relaxed);
}

void relay_tick(relay_tap *r, clk_both now)
{
	clk_mono limit = {now.mono.ns - r->conf.preroll_ns};

	r->next_tick.ns = now.mono.ns + TICK_NS;
	if (r->unsettled)
		settle(r, now);
	if (clk_since(now.mono, r->next_round) >= 0) {
		r->next_round.ns = now.mono.ns + ROUND_NS;
		tell_orphans(r, now);
		if (++r->rounds % FLOW_ROUNDS == 0)
			tell_flows(r, now);
	}
	relay_preroll_expire(r->preroll, limit);
	mirror(r, RELAY_EXPIRED, relay_preroll_expired(r->preroll));
	mirror(r, RELAY_TCP_GAPS, relay_streams_gaps(r->streams));
	mirror(r, RELAY_FRAGMENTS_LOST, relay_frags_lost(r->frags));
	look_after_calls(r, now);
}

void relay_close(relay_tap *r, clk_both now)
{
	GHashTableIter it;
	gpointer c;

	g_hash_table_iter_init(&it, r->calls);
	while (g_hash_table_iter_next(&it, NULL, &c)) {
		call_close(r, c, now);
		g_hash_table_iter_remove(&it);
	}
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
	relay_flow *s = &claim.call->spill;

	s->claim = claim;
	s->leg = f->leg;
	relay_preroll_drop(r->preroll, &f->held);
	relay_flow_remove(r->flows, f);
	relay_bump(r, RELAY_FLOWS_FULL, 1);
	return deliver(r, s, bytes, at);
}

static void note_ssrc(relay_flow *f, span rtp)
{
	if (!pkt_is_rtcp(rtp) && (!span_skip(&rtp, 8) ||
				  !span_u32(&rtp, &f->ssrc)))
		return;
}

static relay_counter media(relay_tap *r, const relay_path *p, span bytes,
			   clk_both at)
{
	relay_flow *f = flow_get(r, p, at);

	if (!f)
		return RELAY_UNHELD;
	f->last = at;
	if (!f->claim.call)
		note_ssrc(f, bytes);
	if (f->generation != r->generation && !resolve(r, f, at))
		return spill(r, f, bytes, at);
	f->packets++;
	if (f->claim.call) {
		if (f->held.count) {
			g_ptr_array_add(r->late, f);
			release(r);
		}
		return deliver(r, f, bytes, at);
	}
	relay_flow_touch(r->flows, f);
	return relay_preroll_add(r->preroll, &f->held, bytes, at) ?
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
	if (!bind(r, f, &sender, at))
		return;
	f->leg = leg;
	f->checked = true;
	f->generation = r->generation;
	if (f->held.count) {
		g_ptr_array_add(r->late, f);
		release(r);
	}
}

static relay_path path_of(const net_addr *src, const net_addr *dst,
			  const relay_unit *u)
{
	relay_path p = {.src = *src, .dst = *dst, .wrap = u->wrap,
			.channel = u->channel, .has_session = u->session,
			.session = u->session_id};

	if (u->wrap == RELAY_WRAP_SEND || u->wrap == RELAY_WRAP_DATA)
		p.peer = u->peer;
	return p;
}

relay_counter relay_payload(relay_tap *r, const net_addr *src,
			    const net_addr *dst, span in, bool stream,
			    clk_both at)
{
	relay_unit u;
	relay_path p;

	relay_turn_peel(in, stream, &u);
	p = path_of(src, dst, &u);
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

uint64_t relay_count(const relay_tap *r, relay_counter c)
{
	g_assert(c < RELAY_COUNTERS);
	return atomic_load_explicit(&r->count[c], memory_order_relaxed);
}

bool relay_call_last(const relay_tap *r, const char *call, clk_mono *last,
		     uint64_t *packets)
{
	const relay_call *c = g_hash_table_lookup(r->calls, call);

	if (!c)
		return false;
	*last = c->last;
	*packets = c->packets;
	return true;
}
