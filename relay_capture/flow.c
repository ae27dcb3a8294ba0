#include "relay_capture/flow.h"

struct relay_flows {
	unsigned max, used;
	uint32_t mask, born;
	/* Paths by their place in the pool, counted from 1 on; 0: none. */
	uint32_t *bucket;
	uint32_t spare;		/* freed ones, by chain */
	relay_flow *pool;
	relay_flow *oldest, *newest;	/* unclaimed */
};

_Static_assert(sizeof(relay_flow) == 3 * 64, "three cache lines a path");

relay_flows *relay_flows_new(unsigned max)
{
	relay_flows *t = g_new0(relay_flows, 1);
	uint32_t buckets = 1;

	while (buckets < max * 2u)
		buckets *= 2;
	t->max = max;
	t->mask = buckets - 1;
	t->bucket = g_new0(uint32_t, buckets);
	t->pool = g_aligned_alloc0(max, sizeof(*t->pool), _Alignof(relay_flow));
	return t;
}

void relay_flows_free(relay_flows *t)
{
	g_free(t->bucket);
	g_aligned_free(t->pool);
	g_free(t);
}

uint32_t relay_path_hash(const relay_path *p)
{
	uint64_t h = net_addr_hash(&p->src);

	h = (h << 32 | net_addr_hash(&p->dst)) * 0x9e3779b97f4a7c15u;
	h ^= h >> 32;
	if (p->peer.family)
		h ^= net_addr_hash(&p->peer);
	h ^= p->session ^ (uint64_t)p->channel << 8 ^ p->wrap;
	h *= 0x9e3779b97f4a7c15u;
	return (uint32_t)(h >> 32);
}

static relay_flow *flow_at(const relay_flows *t, uint32_t place)
{
	return place ? &t->pool[place - 1] : NULL;
}

static uint32_t place_of(const relay_flows *t, const relay_flow *f)
{
	return (uint32_t)(f - t->pool) + 1;
}

static bool path_same(const relay_path *a, const relay_path *b)
{
	return net_addr_same(&a->src, &b->src) &&
	       net_addr_same(&a->dst, &b->dst) && a->wrap == b->wrap &&
	       a->channel == b->channel && a->session == b->session &&
	       a->has_session == b->has_session &&
	       net_addr_same(&a->peer, &b->peer);
}

relay_flow *relay_flow_find(const relay_flows *t, const relay_path *p)
{
	const uint32_t hash = relay_path_hash(p);
	relay_flow *f = flow_at(t, t->bucket[hash & t->mask]);

	while (f && (f->hash != hash || !path_same(&f->path, p)))
		f = flow_at(t, f->chain);
	return f;
}

void relay_flow_hint(const relay_flows *t, uint32_t hash)
{
	__builtin_prefetch(&t->bucket[hash & t->mask]);
}

const relay_flow *relay_flow_first(const relay_flows *t, uint32_t hash)
{
	return flow_at(t, t->bucket[hash & t->mask]);
}

static void list_append(relay_flows *t, relay_flow *f)
{
	f->newer = NULL;
	f->older = t->newest;
	if (t->newest)
		t->newest->newer = f;
	else
		t->oldest = f;
	t->newest = f;
}

static void list_unlink(relay_flows *t, relay_flow *f)
{
	if (f->older)
		f->older->newer = f->newer;
	else
		t->oldest = f->newer;
	if (f->newer)
		f->newer->older = f->older;
	else
		t->newest = f->older;
	f->newer = f->older = NULL;
}

relay_flow *relay_flow_add(relay_flows *t, const relay_path *p, clk_both at)
{
	const uint32_t hash = relay_path_hash(p);
	uint32_t *bucket = &t->bucket[hash & t->mask];
	relay_flow *f = flow_at(t, t->spare);

	if (f)
		t->spare = f->chain;
	else if (t->used < t->max)
		f = &t->pool[t->used++];
	else
		return NULL;
	*f = (relay_flow){.path = *p, .hash = hash, .number = ++t->born,
			  .chain = *bucket, .first = at, .last = at.mono};
	relay_held_init(&f->held);
	*bucket = place_of(t, f);
	list_append(t, f);
	return f;
}

void relay_flow_remove(relay_flows *t, relay_flow *f)
{
	const uint32_t place = place_of(t, f);
	uint32_t *at = &t->bucket[f->hash & t->mask];

	while (*at != place)
		at = &t->pool[*at - 1].chain;
	*at = f->chain;
	if (!f->claim.call)
		list_unlink(t, f);
	f->chain = t->spare;
	t->spare = place;
}

relay_flow *relay_flows_silent(const relay_flows *t)
{
	return t->oldest;
}

relay_flow *relay_flow_newer(const relay_flow *f)
{
	return f->newer;
}

void relay_flow_touch(relay_flows *t, relay_flow *f)
{
	if (t->newest == f)
		return;
	list_unlink(t, f);
	list_append(t, f);
}

void relay_flow_set_claimed(relay_flows *t, relay_flow *f, bool claimed)
{
	if (claimed)
		list_unlink(t, f);
	else
		list_append(t, f);
}
