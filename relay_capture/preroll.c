#include "relay_capture/preroll.h"

#include <glib.h>

/* A packet in the ring; its bytes follow. Positions only grow; position
 * modulo size is the place. What does not fit before the end of the ring
 * starts at its beginning, behind a filler. */
typedef struct slot {
	relay_held *owner;	/* NULL: filler, or already taken */
	uint64_t next;		/* the same flow's next packet */
	clk_both at;
	uint16_t len;		/* octets of packet */
	uint16_t from;		/* interface */
	uint32_t room;		/* octets up to the next slot */
} slot;

struct relay_preroll {
	uint8_t *ring;
	size_t size;		/* a multiple of sizeof(slot) */
	uint64_t head, tail;	/* [tail, head) is in use */
	uint64_t expired[RELAY_IFACES_MAX];
};

relay_preroll *relay_preroll_new(size_t bytes)
{
	relay_preroll *p = g_new0(relay_preroll, 1);

	p->size = bytes / sizeof(slot) * sizeof(slot);
	p->ring = p->size ? g_malloc(p->size) : NULL;
	return p;
}

void relay_preroll_free(relay_preroll *p)
{
	g_free(p->ring);
	g_free(p);
}

void relay_held_init(relay_held *h)
{
	*h = (relay_held){RELAY_HELD_NONE, RELAY_HELD_NONE, 0};
}

static slot *slot_at(const relay_preroll *p, uint64_t pos)
{
	return (slot *)(void *)(p->ring + pos % p->size);
}

static void unlink_first(relay_preroll *p, relay_held *h)
{
	slot *s = slot_at(p, h->first);

	h->first = s->next;
	if (h->first == RELAY_HELD_NONE)
		h->last = RELAY_HELD_NONE;
	h->count--;
	s->owner = NULL;
}

static void drop_oldest(relay_preroll *p)
{
	slot *s = slot_at(p, p->tail);

	if (s->owner) {
		/* The oldest of all is the oldest of its flow. */
		g_assert(s->owner->first == p->tail);
		unlink_first(p, s->owner);
		p->expired[s->from]++;
	}
	p->tail += s->room;
}

static void make_room(relay_preroll *p, size_t room)
{
	while (p->head - p->tail + room > p->size)
		drop_oldest(p);
}

/* Fills up to the end of the ring when `room` would reach over it. */
static void wrap(relay_preroll *p, size_t room)
{
	size_t to_end = p->size - p->head % p->size;
	slot *s;

	if (room <= to_end)
		return;
	make_room(p, to_end);
	s = slot_at(p, p->head);
	*s = (slot){.owner = NULL, .room = (uint32_t)to_end};
	p->head += to_end;
}

bool relay_preroll_add(relay_preroll *p, relay_held *h, span packet,
		       clk_both at, unsigned from)
{
	size_t units = (packet.left + sizeof(slot) - 1) / sizeof(slot);
	size_t room = (units + 1) * sizeof(slot);
	slot *s;

	if (room > p->size / 2 || p->size > UINT32_MAX ||
	    packet.left > UINT16_MAX)
		return false;
	wrap(p, room);
	make_room(p, room);
	s = slot_at(p, p->head);
	*s = (slot){h, RELAY_HELD_NONE, at, (uint16_t)packet.left,
		    (uint16_t)from, (uint32_t)room};
	memcpy(s + 1, packet.p, packet.left);
	if (h->first == RELAY_HELD_NONE)
		h->first = p->head;
	else
		slot_at(p, h->last)->next = p->head;
	h->last = p->head;
	h->count++;
	p->head += room;
	return true;
}

void relay_preroll_expire(relay_preroll *p, clk_mono limit)
{
	while (p->tail < p->head) {
		slot *s = slot_at(p, p->tail);

		if (s->owner && clk_since(s->at.mono, limit) >= 0)
			return;
		drop_oldest(p);
	}
}

bool relay_preroll_peek(const relay_preroll *p, const relay_held *h,
			span *packet, clk_both *at, uint64_t *order)
{
	slot *s;

	if (h->first == RELAY_HELD_NONE)
		return false;
	s = slot_at(p, h->first);
	*packet = span_of(s + 1, s->len);
	*at = s->at;
	*order = h->first;
	return true;
}

void relay_preroll_pop(relay_preroll *p, relay_held *h)
{
	unlink_first(p, h);
}

void relay_preroll_drop(relay_preroll *p, relay_held *h)
{
	while (h->first != RELAY_HELD_NONE) {
		p->expired[relay_preroll_from(p, h)]++;
		unlink_first(p, h);
	}
}

unsigned relay_preroll_from(const relay_preroll *p, const relay_held *h)
{
	return slot_at(p, h->first)->from;
}

uint64_t relay_preroll_expired(const relay_preroll *p, unsigned from)
{
	return p->expired[from];
}
