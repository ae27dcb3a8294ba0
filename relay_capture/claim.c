#include "relay_capture/claim.h"

enum { KEY_MAX = 260 };

/* One address or ufrag and the calls that claim it: nearly always one. The key
 * comes first, because a lookup needs only that. */
typedef struct entry {
	span key;
	relay_claim *claims;	/* `one`, or an array */
	relay_claim one;
	unsigned n;
	uint8_t bytes[];
} entry;

typedef struct range {
	call_ssrcs ssrcs;
	relay_claim claim;
} range;

struct relay_claims {
	bool (*ended)(const relay_call *);
	GHashTable *addrs;	/* of entry */
	GHashTable *ufrags;
	GHashTable *of_call;	/* relay_call * -> GPtrArray of entry */
	GArray *ranges;		/* of range, by ssrcs.lo */
	uint32_t serial;
};

static guint key_hash(gconstpointer p)
{
	const span *s = p;
	guint h = 2166136261u;	/* FNV-1a */

	for (size_t i = 0; i < s->left; i++)
		h = (h ^ s->p[i]) * 16777619u;
	return h;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
	return span_same(*(const span *)a, *(const span *)b);
}

static void entry_free(gpointer p)
{
	entry *e = p;

	if (e->claims != &e->one)
		g_free(e->claims);
	g_free(e);
}

static void array_unref(gpointer p)
{
	g_ptr_array_unref(p);
}

relay_claims *relay_claims_new(bool (*ended)(const relay_call *))
{
	relay_claims *c = g_new0(relay_claims, 1);

	c->ended = ended;
	c->addrs = g_hash_table_new_full(key_hash, key_equal, entry_free,
					 NULL);
	c->ufrags = g_hash_table_new_full(key_hash, key_equal, entry_free,
					  NULL);
	c->of_call = g_hash_table_new_full(NULL, NULL, NULL, array_unref);
	c->ranges = g_array_new(FALSE, FALSE, sizeof(range));
	return c;
}

void relay_claims_free(relay_claims *c)
{
	g_hash_table_destroy(c->of_call);
	g_hash_table_destroy(c->addrs);
	g_hash_table_destroy(c->ufrags);
	g_array_unref(c->ranges);
	g_free(c);
}

static entry *entry_get(GHashTable *table, span key)
{
	entry *e = g_hash_table_lookup(table, &key);

	if (e)
		return e;
	e = g_malloc(sizeof(*e) + key.left);
	memcpy(e->bytes, key.p, key.left);
	e->key = span_of(e->bytes, key.left);
	e->claims = &e->one;
	e->n = 0;
	g_hash_table_add(table, e);
	return e;
}

static void note_entry(relay_claims *c, relay_call *call, entry *e)
{
	GPtrArray *all = g_hash_table_lookup(c->of_call, call);

	if (!all) {
		all = g_ptr_array_new();
		g_hash_table_insert(c->of_call, call, all);
	}
	g_ptr_array_add(all, e);
}

static void add_claim(entry *e, const relay_claim *new)
{
	relay_claim *more;

	if (e->n) {
		more = e->claims == &e->one ? NULL : e->claims;
		more = g_renew(relay_claim, more, e->n + 1);
		if (e->claims == &e->one)
			*more = e->one;
		e->claims = more;
	}
	e->claims[e->n++] = *new;
}

static bool add(relay_claims *c, GHashTable *table, span key,
		const relay_claim *what)
{
	entry *e = entry_get(table, key);
	relay_claim *old;
	relay_claim new = *what;

	new.serial = ++c->serial;
	for (guint i = 0; i < e->n; i++) {
		old = &e->claims[i];
		if (old->call != what->call || old->side != what->side ||
		    old->media != what->media)
			continue;
		if (old->rank <= what->rank)
			return false;
		*old = new;
		return true;
	}
	add_claim(e, &new);
	note_entry(c, what->call, e);
	return true;
}

static span addr_key(const net_addr *a, uint8_t to[static 19])
{
	put o = put_into(to, 19);

	put_u8(&o, a->family);
	put_bytes(&o, a->ip, sizeof(a->ip));
	put_u16(&o, a->port);
	return put_done(&o);
}

bool relay_claims_add_addr(relay_claims *c, const net_addr *a,
			   const relay_claim *what)
{
	uint8_t key[19];

	return add(c, c->addrs, addr_key(a, key), what);
}

bool relay_claims_add_ufrag(relay_claims *c, span ufrag,
			    const relay_claim *what)
{
	if (!ufrag.left || ufrag.left > KEY_MAX)
		return false;
	return add(c, c->ufrags, ufrag, what);
}

#define RANGE(c, i) (&g_array_index((c)->ranges, range, i))

/* Index of the first range that begins behind `lo`. */
static guint ranges_behind(const relay_claims *c, uint32_t lo)
{
	guint a = 0, b = c->ranges->len;

	while (a < b) {
		guint mid = a + (b - a) / 2;

		if (RANGE(c, mid)->ssrcs.lo <= lo)
			a = mid + 1;
		else
			b = mid;
	}
	return a;
}

bool relay_claims_add_ssrcs(relay_claims *c, const call_ssrcs *ssrcs,
			    const relay_claim *what)
{
	range r = {*ssrcs, *what};
	guint at = ranges_behind(c, ssrcs->lo);

	if (ssrcs->hi < ssrcs->lo || ssrcs->hi - ssrcs->lo >= RELAY_SSRCS_MAX)
		return false;
	for (guint i = at; i-- > 0 && RANGE(c, i)->ssrcs.lo == ssrcs->lo;)
		if (RANGE(c, i)->claim.call == what->call &&
		    RANGE(c, i)->claim.side == what->side &&
		    RANGE(c, i)->ssrcs.hi == ssrcs->hi)
			return false;
	r.claim.serial = ++c->serial;
	g_array_insert_val(c->ranges, at, r);
	return true;
}

const relay_claim *relay_claims_ssrc(const relay_claims *c, uint32_t ssrc)
{
	const relay_claim *top = NULL;
	const range *r;

	for (guint i = ranges_behind(c, ssrc); i-- > 0;) {
		r = RANGE(c, i);
		if (ssrc - r->ssrcs.lo >= RELAY_SSRCS_MAX)
			break;
		if (ssrc <= r->ssrcs.hi &&
		    (!top || relay_claim_better(c, &r->claim, top)))
			top = &r->claim;
	}
	return top;
}

static void drop_from(relay_claims *c, entry *e, const relay_call *call)
{
	for (guint i = e->n; i-- > 0;)
		if (e->claims[i].call == call)
			e->claims[i] = e->claims[--e->n];
	if (e->n)
		return;
	if (g_hash_table_lookup(c->addrs, &e->key) == e)
		g_hash_table_remove(c->addrs, &e->key);
	else
		g_hash_table_remove(c->ufrags, &e->key);
}

static int by_pointer(gconstpointer a, gconstpointer b)
{
	uintptr_t x = (uintptr_t)*(void *const *)a;
	uintptr_t y = (uintptr_t)*(void *const *)b;

	return (x > y) - (x < y);
}

void relay_claims_drop(relay_claims *c, const relay_call *call)
{
	GPtrArray *all = g_hash_table_lookup(c->of_call, call);
	entry *last = NULL;

	for (guint i = c->ranges->len; i-- > 0;)
		if (RANGE(c, i)->claim.call == call)
			g_array_remove_index(c->ranges, i);
	if (!all)
		return;
	/* A call may claim one address for several m= lines. */
	g_ptr_array_sort(all, by_pointer);
	for (guint i = 0; i < all->len; i++) {
		entry *e = g_ptr_array_index(all, i);

		if (e != last)
			drop_from(c, e, call);
		last = e;
	}
	g_hash_table_remove(c->of_call, call);
}

bool relay_claim_better(const relay_claims *c, const relay_claim *a,
			const relay_claim *b)
{
	bool a_ended, b_ended;

	if (!a->call || !b->call)
		return a->call != NULL;
	a_ended = c->ended(a->call);
	b_ended = c->ended(b->call);
	if (a_ended != b_ended)
		return b_ended;
	if (a->rank != b->rank)
		return a->rank < b->rank;
	return a->serial > b->serial;
}

static const relay_claim *best(const relay_claims *c, const entry *e)
{
	const relay_claim *top = NULL, *next;

	for (guint i = 0; e && i < e->n; i++) {
		next = &e->claims[i];
		if (!top || relay_claim_better(c, next, top))
			top = next;
	}
	return top;
}

const relay_claim *relay_claims_addr(const relay_claims *c, const net_addr *a)
{
	uint8_t bytes[19];
	span key = addr_key(a, bytes);

	return best(c, g_hash_table_lookup(c->addrs, &key));
}

/* All claims are of one call. */
static bool is_one_call(const entry *e)
{
	for (guint i = 1; i < e->n; i++)
		if (e->claims[i].call != e->claims[0].call)
			return false;
	return true;
}

static bool has_other_side(const entry *e, const relay_claim *of)
{
	const relay_claim *next;

	for (guint i = 0; i < e->n; i++) {
		next = &e->claims[i];
		if (next->call == of->call &&
		    next->side == relay_other_side(of->side))
			return true;
	}
	return false;
}

relay_claim relay_claims_check(const relay_claims *c, span to, span from)
{
	const entry *t = g_hash_table_lookup(c->ufrags, &to);
	const entry *f = g_hash_table_lookup(c->ufrags, &from);
	relay_claim found = {.call = NULL};
	const relay_claim *next;

	for (guint i = 0; t && f && i < f->n; i++) {
		next = &f->claims[i];
		if (has_other_side(t, next) &&
		    relay_claim_better(c, next, &found))
			found = *next;
	}
	if (found.call)
		return found;
	/* Before the answer only one of the two is known. */
	if (f && !t && is_one_call(f))
		return *best(c, f);
	if (t && !f && is_one_call(t)) {
		found = *best(c, t);
		found.side = relay_other_side(found.side);
	}
	return found;
}
