/* Media that nobody claims: reported, and kept if configured. All orphans of an
 * hour share a journal of their own, which has no session. A call that is
 * described later takes its paths out of it. */
#include "relay_capture/tap.h"

enum {
	ORPHAN_PACKETS = 20,	/* fewer are noise */
};

#define SHARED_NS (3600 * CLK_NS_PER_S)	/* then a new journal is begun */
#define SILENT_NS (30 * CLK_NS_PER_S)	/* then a path is forgotten */

/* "orphans-20261121T222800.123Z" */
static void make_name(clk_wall at, char to[static REC_NAME])
{
	char iso[32];
	size_t n;

	clk_wall_iso(at, iso);
	n = g_strlcpy(to, "orphans-", REC_NAME);
	for (const char *c = iso; *c && n < REC_NAME - 1; c++)
		if (*c != '-' && *c != ':')
			to[n++] = *c;
	to[n] = '\0';
}

static relay_call *shared_call(relay_tap *r, clk_both now)
{
	char name[REC_NAME];

	if (r->orphans)
		return r->orphans;
	make_name(now.wall, name);
	r->orphans = relay_call_new(r, name, true, now);
	r->orphans->shared = true;
	r->orphans->described = now.mono;
	relay_call_record(r->orphans, RELAY_MEDIA_UNKNOWN, true);
	return r->orphans;
}

/* From its pre-roll on. */
static void adopt(relay_tap *r, relay_flow *f, clk_both now)
{
	const relay_claim claim = {
		.call = shared_call(r, now),
		.side = CALL_UNKNOWN,
		.media = RELAY_MEDIA_UNKNOWN,
		.rank = RELAY_RANK_NONE,
		.why = PKT_WHY_NONE,
	};

	if (!relay_bind(r, f, &claim, now))
		return;
	f->leg = PKT_LEG_UNKNOWN;
	g_ptr_array_add(r->late, f);
}

static void tell(relay_tap *r, relay_flow *f, clk_both now)
{
	const relay_orphan o = {f->path.src, f->path.dst, f->ssrc, f->packets,
				f->first};

	f->told = true;
	relay_bump(r, RELAY_ORPHANS, 1);
	r->sink.orphan(r->user, &o, now);
}

/* Its age does not matter then. */
void relay_orphans_end(relay_tap *r, clk_both now)
{
	relay_flow *f, *next;

	if (!r->conf.keep_orphans)
		return;
	for (f = relay_flows_silent(r->flows); f; f = next) {
		next = relay_flow_newer(f);
		if (f->packets >= ORPHAN_PACKETS)
			adopt(r, f, now);
	}
	relay_release(r);
}

static bool is_orphan(const relay_tap *r, const relay_flow *f, clk_both now)
{
	return f->packets >= ORPHAN_PACKETS &&
	       clk_since(now.mono, f->first.mono) >= r->conf.preroll_ns;
}

/* Paths that have fallen silent make room, as those of a call that ends. */
static void forget_silent(relay_tap *r, relay_call *c, clk_both now)
{
	relay_flow *next;

	for (relay_flow *f = c->flows; f; f = next) {
		next = f->sibling;
		if (clk_since(now.mono, f->last) < SILENT_NS)
			continue;
		relay_unbind(r, f, now);
		relay_flow_remove(r->flows, f);
	}
}

static void look_after(relay_tap *r, clk_both now)
{
	GHashTableIter it;
	gpointer p;

	g_hash_table_iter_init(&it, r->calls);
	while (g_hash_table_iter_next(&it, NULL, &p)) {
		relay_call *c = p;

		if (!c->shared)
			continue;
		forget_silent(r, c, now);
		if (c->ended || (c->n_flows && clk_since(now.mono,
					c->described) < SHARED_NS))
			continue;
		relay_call_end(r, c, now);
		r->orphans = NULL;
	}
}

void relay_orphans_round(relay_tap *r, clk_both now)
{
	relay_flow *f, *next;

	for (f = relay_flows_silent(r->flows); f; f = next) {
		next = relay_flow_newer(f);
		if (!is_orphan(r, f, now))
			continue;
		if (!f->told)
			tell(r, f, now);
		if (r->conf.keep_orphans)
			adopt(r, f, now);
	}
	relay_release(r);
	if (r->conf.keep_orphans)
		look_after(r, now);
}
