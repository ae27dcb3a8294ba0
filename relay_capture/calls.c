/* The calls that are armed: from their first description to the end of their
 * grace. */
#include "relay_capture/tap.h"

enum {
	DEDUP_AUDIO = 160,	/* packets: 1.6 s of two voices, while copies
				 * are milliseconds apart */
	DEDUP_MANY = 4096,	/* video, or everybody's */
	DEDUP_EARLY = 8192,
	QUIET_MS = 1000,	/* without media: the call may be over */
	QUIET_MAX_MS = 10000,
};

bool relay_call_ended(const relay_call *c)
{
	return c->ended;
}

void relay_call_free(gpointer p)
{
	relay_call *c = p;

	relay_dedup_clear(&c->dedup);
	relay_dedup_clear(&c->early);
	g_aligned_free(c->spill);
	g_free(c->bundle);
	g_free(c->name);
	g_aligned_free(c);
}

static bool video(const call_half *half)
{
	for (guint i = 0; i < half->media->len; i++)
		if (!strcmp(CALL_MEDIA(half, i)->kind, "video"))
			return true;
	return false;
}

/* What has come on all interfaces so far. */
static void take_sums(const relay_tap *r, rec_tally *to)
{
	to->frames = relay_count(r, RELAY_FRAMES);
	to->unclaimed = relay_count(r, RELAY_EXPIRED) +
			relay_count(r, RELAY_UNHELD) +
			relay_count(r, RELAY_TCP_UNHELD);
	to->malformed = relay_count(r, RELAY_BAD_FRAME) +
			relay_count(r, RELAY_BAD_TURN) +
			relay_count(r, RELAY_TCP_BAD);
	to->tcp_gaps = relay_count(r, RELAY_TCP_GAPS);
	to->fragments_lost = relay_count(r, RELAY_FRAGMENTS_LOST);
}

static uint64_t packets_in(const rec_tally *t)
{
	uint64_t n = t->stored + t->not_recorded;

	for (size_t i = 0; i < REC_LEGS; i++)
		n += t->copies[i];
	return n;
}

/* What of this call came, and what else there was meanwhile. */
static void tell_tally(relay_tap *r, relay_call *c, clk_both at)
{
	uint64_t packets = packets_in(&c->tally);
	rec_tally t = c->tally, sums;

	if (!r->sink.tally || packets == c->told)
		return;
	c->told = packets;
	take_sums(r, &sums);
	t.frames = sums.frames - t.frames;
	t.unclaimed = sums.unclaimed - t.unclaimed;
	t.malformed = sums.malformed - t.malformed;
	t.tcp_gaps = sums.tcp_gaps - t.tcp_gaps;
	t.fragments_lost = sums.fragments_lost - t.fragments_lost;
	r->sink.tally(r->user, c->user, &t, at);
}

relay_call *relay_call_new(relay_tap *r, const char *name, bool many,
			   clk_both now)
{
	relay_call *c = g_aligned_alloc0(1, sizeof(*c), _Alignof(relay_call));

	c->name = g_strdup(name);
	relay_dedup_init(&c->dedup, many ? DEDUP_MANY : DEDUP_AUDIO);
	relay_dedup_init(&c->early, DEDUP_EARLY);
	c->last = c->tally.from = now.mono;
	take_sums(r, &c->tally);
	c->user = r->sink.open(r->user, name, now);
	g_hash_table_insert(r->calls, c->name, c);
	return c;
}

void relay_arm(relay_tap *r, const char *call, const call_half *half,
	       clk_both now)
{
	relay_call *c = g_hash_table_lookup(r->calls, call);

	if (!c)
		c = relay_call_new(r, call, video(half), now);
	c->ended = false;
	if (half->side < CALL_UNKNOWN && !c->has_side[half->side]) {
		c->has_side[half->side] = true;
		c->described = now.mono;
	}
	relay_match_half(r, c, half);
	relay_settle(r, now);
}

void relay_call_end(relay_tap *r, relay_call *c, clk_both now)
{
	c->ended = true;
	c->end = now.mono;
	c->told = UINT64_MAX;	/* the proof that we were there to the end */
	tell_tally(r, c, now);
	r->generation++;
}

void relay_disarm(relay_tap *r, const char *call, clk_both now)
{
	relay_call *c = g_hash_table_lookup(r->calls, call);

	if (c && !c->ended)
		relay_call_end(r, c, now);
}

static void call_close(relay_tap *r, relay_call *c, clk_both now)
{
	relay_flow *f;

	c->told = UINT64_MAX;	/* the last one is told in any case */
	tell_tally(r, c, now);
	while ((f = c->flows) != NULL) {
		relay_unbind(r, f, now);
		relay_preroll_drop(r->preroll, &f->held);
		relay_flow_remove(r->flows, f);
	}
	r->sink.close(r->user, c->user, now);
	relay_claims_drop(r->claims, c);
	r->generation++;
}

/* It may have ended, and who knows of it be dead: that nothing came until now
 * is seen from the journal even if nobody ever tells. */
static void prove(relay_tap *r, relay_call *c, clk_both now)
{
	const int64_t quiet = clk_since(now.mono, c->last);

	if (!packets_in(&c->tally) || quiet < QUIET_MS * CLK_NS_PER_MS ||
	    quiet > QUIET_MAX_MS * CLK_NS_PER_MS ||
	    clk_since(now.mono, c->proved) < QUIET_MS * CLK_NS_PER_MS)
		return;
	c->proved = now.mono;
	c->told = UINT64_MAX;
	tell_tally(r, c, now);
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
	relay_dedup_clear(&c->early);
}

static void tell_flows_of(relay_tap *r, relay_call *c, clk_both now)
{
	for (relay_flow *f = c->flows; f; f = f->sibling)
		relay_tell_flow(r, c, f, now);
	tell_tally(r, c, now);
}

/* Render does not wait for the end of our grace: it learns at once what came
 * along each path, and of what still comes. */
void relay_calls_tick(relay_tap *r, clk_both now)
{
	GHashTableIter it;
	gpointer c;

	g_hash_table_iter_init(&it, r->calls);
	while (g_hash_table_iter_next(&it, NULL, &c)) {
		forget_early(r, c, now.mono);
		if (((relay_call *)c)->ended)
			tell_flows_of(r, c, now);
		else
			prove(r, c, now);
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

void relay_calls_tell(relay_tap *r, clk_both now)
{
	GHashTableIter it;
	gpointer p;

	g_hash_table_iter_init(&it, r->calls);
	while (g_hash_table_iter_next(&it, NULL, &p))
		tell_flows_of(r, p, now);
}

void relay_close(relay_tap *r, clk_both now)
{
	const clk_mono all = {INT64_MAX};
	GHashTableIter it;
	gpointer c;

	relay_streams_round(r, all, now);
	relay_orphans_end(r, now);
	g_hash_table_iter_init(&it, r->calls);
	while (g_hash_table_iter_next(&it, NULL, &c)) {
		call_close(r, c, now);
		g_hash_table_iter_remove(&it);
	}
	r->orphans = NULL;
	relay_preroll_expire(r->preroll, all);
	relay_mirror(r);
}
