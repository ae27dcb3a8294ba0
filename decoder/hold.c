#include "decoder/hold.h"

enum { FIRST_SIZE = 1 << 16 };

void dec_hold_init(dec_hold *h, size_t limit, int64_t keep_ns)
{
	*h = (dec_hold){.limit = limit, .keep_ns = keep_ns};
}

void dec_hold_clear(dec_hold *h)
{
	g_free(h->buf);
	*h = (dec_hold){0};
}

static dec_held held_at(const dec_hold *h, size_t at)
{
	dec_held e;

	memcpy(&e, h->buf + at, sizeof(e));
	return e;
}

static size_t step(const dec_held *e)
{
	return sizeof(*e) + e->n;
}

static pkt packet_of(const dec_hold *h, size_t at, const dec_held *e)
{
	return (pkt){
		.at = e->at,
		.side = e->side,
		.media = e->media,
		.leg = e->leg,
		.why = e->why,
		.flow = e->flow,
		.bytes = span_of(h->buf + at + sizeof(*e), e->n),
	};
}

static void drop_first(dec_hold *h, dec_hold_expired expired, void *user)
{
	const dec_held e = held_at(h, h->from);
	const pkt p = packet_of(h, h->from, &e);

	h->from += step(&e);
	if (!e.gone)
		expired(user, &p);
}

void dec_hold_expire(dec_hold *h, clk_mono now, dec_hold_expired expired,
		     void *user)
{
	while (h->from < h->to) {
		const dec_held e = held_at(h, h->from);

		if (!e.gone && clk_since(now, e.at.mono) <= h->keep_ns)
			return;
		drop_first(h, expired, user);
	}
}

static void pack(dec_hold *h)
{
	if (h->from)
		memmove(h->buf, h->buf + h->from, h->to - h->from);
	h->to -= h->from;
	h->from = 0;
}

/* The buffer may grow to twice the limit, so that what is in use moves to its
 * front only after as many octets were written: linear cost in the end. */
static void make_room(dec_hold *h, size_t need, dec_hold_expired expired,
		      void *user)
{
	while (h->to - h->from + need > h->limit)
		drop_first(h, expired, user);
	while (h->to + need > h->size) {
		if (h->from > h->size / 2) {
			pack(h);
			continue;
		}
		h->size = MIN(MAX(h->size * 2, FIRST_SIZE), h->limit * 2);
		h->buf = g_realloc(h->buf, h->size);
	}
}

bool dec_hold_add(dec_hold *h, const pkt *p, dec_hold_expired expired,
		  void *user)
{
	const dec_held e = {
		.at = p->at,
		.flow = p->flow,
		.n = (uint32_t)p->bytes.left,
		.side = p->side,
		.media = p->media,
		.leg = p->leg,
		.why = p->why,
	};

	if (p->bytes.left > UINT16_MAX || step(&e) > h->limit)
		return false;
	make_room(h, step(&e), expired, user);
	memcpy(h->buf + h->to, &e, sizeof(e));
	if (e.n)
		memcpy(h->buf + h->to + sizeof(e), p->bytes.p, e.n);
	h->to += step(&e);
	return true;
}

void dec_hold_each(dec_hold *h, dec_hold_try try, void *user)
{
	for (size_t at = h->from; at < h->to;) {
		dec_held e = held_at(h, at);
		const pkt p = packet_of(h, at, &e);

		if (!e.gone && try(user, &p)) {
			e.gone = true;
			memcpy(h->buf + at, &e, sizeof(e));
		}
		at += step(&e);
	}
}
