#include "relay_capture/queue.h"

#include <stdatomic.h>

#include "core/ring.h"

enum {
	AHEAD = 12,		/* notes that WRITER announces */
	ROOM_AHEAD = 2048,	/* octets of a block that CAPTURE asks for */
	MANY = 8,		/* blocks that are worth waking WRITER for: they
				 * still fit into a cache */
};

typedef enum note_kind {
	NOTE_OPEN,
	NOTE_PACKET,
	NOTE_FLOW,
	NOTE_LOSS,
	NOTE_TALLY,
	NOTE_CLOSE,
	NOTE_MARK,
} note_kind;

/* CAPTURE makes it; it belongs to WRITER once NOTE_CLOSE is pushed. */
typedef struct queue_call {
	rec_loss lost;		/* CAPTURE: dropped, not yet told */
	void *below;		/* WRITER: the next sink's; NULL: not open */
	bool open;		/* WRITER */
	char *name;
	clk_both closed;	/* CAPTURE: when, if there was no room */
} queue_call;

/* In a block; a packet's bytes follow it, or a tally. */
typedef struct note {
	uint32_t kind;		/* note_kind */
	uint32_t room;		/* octets up to the next note */
	queue_call *call;
	clk_both at;
	union {
		pkt packet;	/* bytes.p is meaningless here */
		rec_flow flow;
		rec_loss loss;
	};
} note;

typedef struct block {
	size_t n;
	_Alignas(note) uint8_t bytes[RELAY_BLOCK];
} block;

struct relay_queue {
	ring full, empty;
	ring orphans;		/* relay_orphan, to MAIN */
	block *filling;		/* CAPTURE's; NULL when there was none */
	GPtrArray *closing;	/* CAPTURE: calls whose close found no room */
	GPtrArray *blocks;	/* all of them, to free */
	guint fresh;		/* CAPTURE: the first so many were never used */
	size_t many;		/* blocks */
	block *draining;	/* WRITER's; NULL between two */
	size_t drained, hinted;	/* WRITER: octets of it */
	uint64_t marks;		/* CAPTURE */
	uint64_t met;		/* WRITER: of the marks */
	uint64_t taken[RELAY_IFACES_MAX];	/* CAPTURE: packets */
	_Atomic uint64_t dropped[RELAY_IFACES_MAX];
};

relay_queue *relay_queue_new(size_t bytes)
{
	guint n = (guint)CLAMP(bytes / RELAY_BLOCK, 4, RING_SLOTS - 1);
	relay_queue *q = g_aligned_alloc0(1, sizeof(*q), _Alignof(relay_queue));

	q->closing = g_ptr_array_new();
	q->blocks = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < n; i++) {
		block *b = g_malloc(sizeof(*b));

		b->n = 0;
		g_ptr_array_add(q->blocks, b);
	}
	q->fresh = n;
	q->many = MIN(MANY, n / 2);
	return q;
}

static void queue_call_free(queue_call *c)
{
	g_free(c->name);
	g_free(c);
}

void relay_queue_free(relay_queue *q)
{
	void *o;

	while ((o = ring_pop(&q->orphans)) != NULL)
		g_free(o);
	for (guint i = 0; i < q->closing->len; i++)
		queue_call_free(g_ptr_array_index(q->closing, i));
	g_ptr_array_unref(q->closing);
	g_ptr_array_unref(q->blocks);
	g_aligned_free(q);
}

/* ---- CAPTURE from here on ---- */

static void push_filling(relay_queue *q)
{
	if (!ring_push(&q->full, q->filling))
		g_assert_not_reached();	/* the ring holds all blocks */
	q->filling = NULL;
}

/* One that WRITER has just given back is in the cache; one that was never used
 * is not even memory yet, and only a burst needs it. */
static block *take_empty(relay_queue *q)
{
	block *b = ring_pop(&q->empty);

	if (!b && q->fresh)
		b = g_ptr_array_index(q->blocks, --q->fresh);
	return b;
}

/* WRITER's processor had this block last. What is stored there waits until the
 * memory has come back, and so does whatever is stored after it. */
static void ask_for_room(block *b, size_t octets)
{
	const size_t from = b->n + ROOM_AHEAD;
	const size_t to = MIN(from + octets, RELAY_BLOCK);

	for (size_t i = from; i < to; i += 64)
		__builtin_prefetch(b->bytes + i, 1);
}

/* Room for a note and what follows it, or NULL. */
static note *note_new(relay_queue *q, note_kind kind, queue_call *c,
		      clk_both at, size_t more)
{
	size_t room = (sizeof(note) + more + 7) & ~(size_t)7;
	note *n;

	if (room > RELAY_BLOCK)
		return NULL;
	if (q->filling && RELAY_BLOCK - q->filling->n < room)
		push_filling(q);
	if (!q->filling && !(q->filling = take_empty(q)))
		return NULL;
	n = (note *)(void *)(q->filling->bytes + q->filling->n);
	q->filling->n += room;
	ask_for_room(q->filling, room);
	n->kind = kind;
	n->room = (uint32_t)room;
	n->call = c;
	n->at = at;
	return n;
}

static void *on_open(void *user, const char *call, clk_both at)
{
	queue_call *c = g_new0(queue_call, 1);

	c->name = g_strdup(call);
	/* Without room WRITER opens it with the first packet. */
	note_new(user, NOTE_OPEN, c, at, 0);
	return c;
}

static bool tell_lost(relay_queue *q, queue_call *c, clk_both at)
{
	note *n = note_new(q, NOTE_LOSS, c, at, 0);

	if (!n)
		return false;
	n->loss = c->lost;
	c->lost.packets = 0;
	return true;
}

static void drop(relay_queue *q, queue_call *c, const pkt *p)
{
	if (!c->lost.packets++)
		c->lost.from = p->at.mono;
	c->lost.to = p->at.mono;
	c->lost.place = REC_LOSS_QUEUE;
	atomic_fetch_add_explicit(&q->dropped[p->iface], 1,
				  memory_order_relaxed);
}

static void on_packet(void *user, void *call, const pkt *p)
{
	relay_queue *q = user;
	queue_call *c = call;
	note *n = NULL;

	if (!c->lost.packets || tell_lost(q, c, p->at))
		n = note_new(q, NOTE_PACKET, c, p->at, p->bytes.left);
	if (!n) {
		drop(q, c, p);
		return;
	}
	n->packet = *p;
	memcpy(n + 1, p->bytes.p, p->bytes.left);
	q->taken[p->iface]++;
}

static void on_flow(void *user, void *call, const rec_flow *f, clk_both at)
{
	note *n = note_new(user, NOTE_FLOW, call, at, 0);

	if (n)
		n->flow = *f;
}

static void on_loss(void *user, void *call, const rec_loss *l, clk_both at)
{
	note *n = note_new(user, NOTE_LOSS, call, at, 0);

	if (n)
		n->loss = *l;
}

static void on_tally(void *user, void *call, const rec_tally *t, clk_both at)
{
	note *n = note_new(user, NOTE_TALLY, call, at, sizeof(*t));

	if (n)
		memcpy(n + 1, t, sizeof(*t));
}

static bool close_now(relay_queue *q, queue_call *c, clk_both at)
{
	if (c->lost.packets && !tell_lost(q, c, at))
		return false;
	return note_new(q, NOTE_CLOSE, c, at, 0) != NULL;
}

static void on_close(void *user, void *call, clk_both at)
{
	relay_queue *q = user;
	queue_call *c = call;

	c->closed = at;
	if (!close_now(q, c, at))
		g_ptr_array_add(q->closing, c);
}

static void on_orphan(void *user, const relay_orphan *o, clk_both at)
{
	relay_queue *q = user;
	relay_orphan *copy = g_memdup2(o, sizeof(*o));

	(void)at;
	/* MAIN that does not look for so many will not miss one more. */
	if (!ring_push(&q->orphans, copy))
		g_free(copy);
}

const relay_sink relay_queue_sink = {
	.open = on_open,
	.packet = on_packet,
	.flow = on_flow,
	.loss = on_loss,
	.close = on_close,
	.orphan = on_orphan,
	.tally = on_tally,
};

bool relay_queue_push(relay_queue *q)
{
	queue_call *c;
	guint i = 0;

	while (i < q->closing->len) {
		c = g_ptr_array_index(q->closing, i);
		if (!close_now(q, c, c->closed))
			break;
		g_ptr_array_remove_index_fast(q->closing, i);
	}
	if (q->filling && q->filling->n)
		push_filling(q);
	return ring_held(&q->full) >= q->many;
}

bool relay_queue_stuck(const relay_queue *q)
{
	return q->closing->len > 0;
}

uint64_t relay_queue_taken(const relay_queue *q, unsigned iface)
{
	g_assert(iface < RELAY_IFACES_MAX);
	return q->taken[iface];
}

uint64_t relay_queue_mark(relay_queue *q)
{
	const clk_both never = {{0}, {0}};

	if (!note_new(q, NOTE_MARK, NULL, never, 0))
		return q->marks + 1;
	return ++q->marks;
}

/* ---- WRITER from here on ---- */

static const note *note_at(const block *b, size_t at)
{
	return (const note *)(const void *)(b->bytes + at);
}

/* CAPTURE has just written them, perhaps on another core. Only the note before
 * gives a note's place, but most packets have the same length. */
static void ask_ahead(const block *b, const note *t)
{
	const size_t guess = (size_t)((const uint8_t *)t - b->bytes) +
			     AHEAD * (size_t)t->room;

	for (size_t i = guess; i < MIN(guess + t->room, b->n); i += 64)
		__builtin_prefetch(b->bytes + i);
}

/* As relay_hint() for frames: the notes of a group wait together for what each
 * of them would wait for alone. */
static void look_ahead(relay_queue *q, const relay_sink *to, void *user)
{
	const note *packet[RELAY_GROUP];
	const block *b = q->draining;
	unsigned n = 0;

	while (n < RELAY_GROUP && q->hinted < b->n) {
		const note *t = note_at(b, q->hinted);

		q->hinted += t->room;
		ask_ahead(b, t);
		if (t->kind != NOTE_PACKET)
			continue;
		__builtin_prefetch(t->call);
		packet[n++] = t;
	}
	for (unsigned i = 0; i < n; i++)
		__builtin_prefetch(packet[i]->call->below, 1);
	for (unsigned i = 0; i < n; i++)
		if (packet[i]->call->below)
			to->hint(user, packet[i]->call->below,
				 packet[i]->packet.bytes.left);
}

static void deliver(const note *n, const relay_sink *to, void *user)
{
	queue_call *c = n->call;
	rec_tally t;
	pkt p;

	if (c && !c->open) {
		c->below = to->open(user, c->name, n->at);
		c->open = true;
	}
	switch ((note_kind)n->kind) {
	case NOTE_OPEN:
		break;
	case NOTE_PACKET:
		p = n->packet;
		p.bytes.p = (const uint8_t *)(n + 1);
		to->packet(user, c->below, &p);
		break;
	case NOTE_FLOW:
		to->flow(user, c->below, &n->flow, n->at);
		break;
	case NOTE_LOSS:
		to->loss(user, c->below, &n->loss, n->at);
		break;
	case NOTE_TALLY:
		memcpy(&t, n + 1, sizeof(t));
		if (to->tally)
			to->tally(user, c->below, &t, n->at);
		break;
	case NOTE_CLOSE:
		to->close(user, c->below, n->at);
		queue_call_free(c);
		break;
	case NOTE_MARK:
		break;
	}
}

static void give_back(relay_queue *q)
{
	q->draining->n = 0;
	if (!ring_push(&q->empty, q->draining))
		g_assert_not_reached();
	q->draining = NULL;
}

/* True: up to a mark, not to the block's end. */
static bool drain_block(relay_queue *q, const relay_sink *to, void *user)
{
	const block *b = q->draining;

	while (q->drained < b->n) {
		const note *n = note_at(b, q->drained);

		if (to->hint && q->drained >= q->hinted)
			look_ahead(q, to, user);
		q->drained += n->room;
		deliver(n, to, user);
		if (n->kind == NOTE_MARK) {
			q->met++;
			return true;
		}
	}
	return false;
}

bool relay_queue_drain(relay_queue *q, const relay_sink *to, void *user)
{
	while (q->draining || (q->draining = ring_pop(&q->full)) != NULL) {
		if (drain_block(q, to, user))
			return true;
		give_back(q);
		q->drained = q->hinted = 0;
	}
	return false;
}

uint64_t relay_queue_met(const relay_queue *q)
{
	return q->met;
}

uint64_t relay_queue_dropped(const relay_queue *q, unsigned iface)
{
	g_assert(iface < RELAY_IFACES_MAX);
	return atomic_load_explicit(&q->dropped[iface], memory_order_relaxed);
}

bool relay_queue_orphan(relay_queue *q, relay_orphan *out)
{
	g_autofree relay_orphan *o = ring_pop(&q->orphans);

	if (o)
		*out = *o;
	return o != NULL;
}
