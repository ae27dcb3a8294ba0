#include "relay_capture/frag.h"

#include <glib.h>

enum {
	UNIT = 8,		/* octets; offsets count these */
	UNITS = 65536 / UNIT,
	BITS = 64,
};

#define PATIENCE_NS (5 * CLK_NS_PER_S)

typedef struct partial {
	bool used;
	uint8_t proto;
	net_addr src, dst;
	uint32_t id;
	clk_mono begun;
	size_t total;		/* octets, 0 while the end is missing */
	size_t units;		/* received */
	uint64_t have[UNITS / BITS];
	uint8_t bytes[UNITS * UNIT];
} partial;

struct relay_frags {
	unsigned n;
	partial *slot;
	uint64_t lost;
};

relay_frags *relay_frags_new(unsigned packets)
{
	relay_frags *f = g_new0(relay_frags, 1);

	f->n = packets;
	f->slot = g_new0(partial, packets);
	return f;
}

void relay_frags_free(relay_frags *f)
{
	g_free(f->slot);
	g_free(f);
}

static bool is_of(const partial *p, const relay_ip *ip)
{
	return p->used && p->id == ip->id && p->proto == ip->proto &&
	       net_addr_same_ip(&p->src, &ip->src) &&
	       net_addr_same_ip(&p->dst, &ip->dst);
}

static void begin(partial *p, const relay_ip *ip, clk_mono now)
{
	p->used = true;
	p->proto = ip->proto;
	p->src = ip->src;
	p->dst = ip->dst;
	p->id = ip->id;
	p->begun = now;
	p->total = 0;
	p->units = 0;
	memset(p->have, 0, sizeof(p->have));
}

/* The packet's place, else a free one, else the oldest. */
static partial *place(relay_frags *f, const relay_ip *ip, clk_mono now)
{
	partial *spare = NULL, *oldest = &f->slot[0];

	for (unsigned i = 0; i < f->n; i++) {
		partial *p = &f->slot[i];

		if (p->used && clk_since(now, p->begun) > PATIENCE_NS) {
			p->used = false;
			f->lost++;
		}
		if (is_of(p, ip))
			return p;
		if (!p->used)
			spare = p;
		else if (clk_since(p->begun, oldest->begun) < 0)
			oldest = p;
	}
	if (!spare) {
		f->lost++;
		spare = oldest;
	}
	begin(spare, ip, now);
	return spare;
}

/* False when some of it is there already. */
static bool mark(partial *p, size_t first, size_t n)
{
	for (size_t u = first; u < first + n; u++) {
		uint64_t bit = 1ull << u % BITS;

		if (p->have[u / BITS] & bit)
			return false;
		p->have[u / BITS] |= bit;
	}
	p->units += n;
	return true;
}

static bool take(partial *p, const relay_ip *ip)
{
	size_t len = ip->payload.left, end = ip->offset + len;

	if (!len || end > sizeof(p->bytes) || (ip->more && len % UNIT))
		return false;
	if (p->total && (!ip->more || end > p->total))
		return false;
	if (!ip->more)
		p->total = end;
	if (!mark(p, ip->offset / UNIT, (len + UNIT - 1) / UNIT))
		return false;
	memcpy(p->bytes + ip->offset, ip->payload.p, len);
	return true;
}

relay_verdict relay_frags_add(relay_frags *f, const relay_ip *ip, clk_mono now,
			      span *whole)
{
	partial *p = place(f, ip, now);

	if (!take(p, ip)) {
		p->used = false;
		f->lost++;
		return RELAY_BAD;
	}
	if (!p->total || p->units < (p->total + UNIT - 1) / UNIT)
		return RELAY_SHORT;
	p->used = false;
	if (p->units > (p->total + UNIT - 1) / UNIT)
		return RELAY_BAD;	/* a piece behind the end */
	*whole = span_of(p->bytes, p->total);
	return RELAY_OK;
}

uint64_t relay_frags_lost(const relay_frags *f)
{
	return f->lost;
}
