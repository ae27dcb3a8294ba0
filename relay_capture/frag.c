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
	uint8_t proto, from;
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
	uint8_t from;
	uint64_t lost[RELAY_IFACES_MAX];
};

relay_frags *relay_frags_new(unsigned packets)
{
	relay_frags *f = g_new0(relay_frags, 1);

	f->n = packets;
	/* Their octets are not touched before there are some. */
	f->slot = g_new(partial, packets);
	for (unsigned i = 0; i < packets; i++)
		f->slot[i].used = false;
	return f;
}

void relay_frags_free(relay_frags *f)
{
	g_free(f->slot);
	g_free(f);
}

void relay_frags_from(relay_frags *f, unsigned iface)
{
	g_assert(iface < RELAY_IFACES_MAX);
	f->from = (uint8_t)iface;
}

static void lose(relay_frags *f, partial *p)
{
	p->used = false;
	f->lost[p->from]++;
}

static void lose_if_old(relay_frags *f, partial *p, clk_mono now)
{
	if (p->used && clk_since(now, p->begun) > PATIENCE_NS)
		lose(f, p);
}

void relay_frags_expire(relay_frags *f, clk_mono now)
{
	for (unsigned i = 0; i < f->n; i++)
		lose_if_old(f, &f->slot[i], now);
}

static bool is_of(const partial *p, const relay_ip *ip)
{
	return p->used && p->id == ip->id && p->proto == ip->proto &&
	       net_addr_same_ip(&p->src, &ip->src) &&
	       net_addr_same_ip(&p->dst, &ip->dst);
}

static void begin(partial *p, const relay_ip *ip, clk_mono now, uint8_t from)
{
	p->used = true;
	p->from = from;
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
	partial *spare = NULL, *oldest = NULL;

	for (unsigned i = 0; i < f->n; i++) {
		partial *p = &f->slot[i];

		lose_if_old(f, p, now);
		if (is_of(p, ip))
			return p;
		if (!p->used)
			spare = p;
		else if (!oldest || clk_since(p->begun, oldest->begun) < 0)
			oldest = p;
	}
	if (!spare) {
		spare = oldest;
		lose(f, spare);
	}
	begin(spare, ip, now, f->from);
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

static bool has(const partial *p, size_t first, size_t n)
{
	for (size_t u = first; u < first + n; u++)
		if (!(p->have[u / BITS] & 1ull << u % BITS))
			return false;
	return true;
}

/* The same piece once more: a mirror may copy each frame as it comes and as it
 * goes. RFC 8200 4.5 allows to ignore it. */
static bool is_again(const partial *p, const relay_ip *ip)
{
	size_t len = ip->payload.left, end = ip->offset + len;

	return len && end <= sizeof(p->bytes) &&
	       (ip->more || end == p->total) &&
	       has(p, ip->offset / UNIT, (len + UNIT - 1) / UNIT) &&
	       !memcmp(p->bytes + ip->offset, ip->payload.p, len);
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
	/* What was whole a moment ago may have been a tunnel's, with a piece
	 * inside that comes here again. */
	memmove(p->bytes + ip->offset, ip->payload.p, len);
	return true;
}

relay_verdict relay_frags_add(relay_frags *f, const relay_ip *ip, clk_mono now,
			      span *whole)
{
	partial *p = place(f, ip, now);

	if (is_again(p, ip))
		return RELAY_SHORT;
	if (!take(p, ip)) {
		lose(f, p);
		return RELAY_BAD;
	}
	if (!p->total || p->units < (p->total + UNIT - 1) / UNIT)
		return RELAY_SHORT;
	if (p->units > (p->total + UNIT - 1) / UNIT) {
		lose(f, p);		/* a piece behind the end */
		return RELAY_BAD;
	}
	p->used = false;
	*whole = span_of(p->bytes, p->total);
	return RELAY_OK;
}

uint64_t relay_frags_lost(const relay_frags *f, unsigned iface)
{
	g_assert(iface < RELAY_IFACES_MAX);
	return f->lost[iface];
}
