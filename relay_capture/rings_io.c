#include "relay_capture/rings.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "relay_capture/ringsock.h"

enum {
	STRIKES = 3,
};

/* Sums over all workers, as of the blocks given back so far. */
typedef struct account {
	uint64_t released[RELAY_IFACES_MAX];	/* number of the last block */
	uint64_t count[RELAY_COUNTERS];
	uint64_t copies, given_up, queue_dropped, stored, lost, held_died;
} account;

typedef struct place {
	_Atomic uint64_t ring, block;	/* block 0: nowhere */
} place;

/* Shared by the supervisor and its workers. */
typedef struct shared {
	account account[2];
	_Atomic unsigned valid;	/* which one; the other is being written */
	_Atomic uint64_t read_to[RELAY_IFACES_MAX];
	_Atomic uint64_t read_again;
	_Atomic uint64_t seen, dropped, told;
	place at;		/* being read */
	place poison;		/* not to be read */
} shared;

/* A block that was read and not yet given back, and the worker's counters
 * behind it. */
typedef struct pending {
	unsigned ring;
	uint64_t block, due;
	account so_far;
} pending;

struct relay_rings {
	ring_socket ring[RELAY_IFACES_MAX];
	unsigned n;
	shared *shared;
	/* SUPERVISOR */
	uint64_t crash_ring, crash_block;
	unsigned strikes;
	/* WORKER */
	account base;		/* what was true at its birth */
	uint64_t read_before[RELAY_IFACES_MAX];
	uint64_t next[RELAY_IFACES_MAX];
	unsigned held[RELAY_IFACES_MAX];	/* blocks not given back */
	_Atomic uint64_t copies, given_up;
	pending *fifo;
	size_t room, head, used;
};

/* SUPERVISOR from here on. */

static bool open_all(relay_rings *r, const relay_live_config *c, GError **err)
{
	const char *const *name = c->interfaces;

	for (; name && *name; name++) {
		if (r->n == RELAY_IFACES_MAX) {
			g_set_error(err, RELAY_ERROR, RELAY_ERROR_OPEN,
				    "more than %d interfaces",
				    RELAY_IFACES_MAX);
			return false;
		}
		if (!ring_socket_open(&r->ring[r->n], *name, c, err))
			return false;
		r->room += r->ring[r->n++].blocks;
	}
	if (r->n)
		return true;
	g_set_error(err, RELAY_ERROR, RELAY_ERROR_OPEN, "no interface given");
	return false;
}

relay_rings *relay_rings_open(const relay_live_config *c, GError **err)
{
	g_autoptr(relay_rings) r = g_new0(relay_rings, 1);

	r->shared = mmap(NULL, sizeof(*r->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	g_assert(r->shared != MAP_FAILED);
	if (!open_all(r, c, err))
		return NULL;
	return g_steal_pointer(&r);
}

void relay_rings_tick(relay_rings *r)
{
	uint64_t seen, dropped;

	for (unsigned i = 0; i < r->n; i++) {
		ring_socket_bind_again(&r->ring[i]);
		ring_socket_counters(&r->ring[i], &seen, &dropped);
		atomic_fetch_add(&r->shared->seen, seen);
		atomic_fetch_add(&r->shared->dropped, dropped);
	}
}

void relay_rings_died(relay_rings *r, bool crashed)
{
	shared *s = r->shared;
	uint64_t block = crashed ? atomic_load(&s->at.block) : 0;
	uint64_t ring = atomic_load(&s->at.ring);

	atomic_store(&s->at.block, 0);
	if (!block || block != r->crash_block || ring != r->crash_ring)
		r->strikes = 0;
	r->crash_block = block;
	r->crash_ring = ring;
	if (!block || ++r->strikes < STRIKES)
		return;
	atomic_store(&s->poison.ring, ring);
	atomic_store(&s->poison.block, block);
}

void relay_rings_free(relay_rings *r)
{
	if (!r)
		return;
	for (unsigned i = 0; i < r->n; i++)
		ring_socket_close(&r->ring[i]);
	munmap(r->shared, sizeof(*r->shared));
	g_free(r->fifo);
	g_free(r);
}

static const account *valid(const relay_rings *r)
{
	return &r->shared->account[atomic_load(&r->shared->valid)];
}

static void add_stats(const relay_rings *r, const account *a,
		      relay_live_stats *to)
{
	to->kernel_seen = atomic_load(&r->shared->seen);
	to->kernel_dropped = atomic_load(&r->shared->dropped);
	to->read_again = atomic_load(&r->shared->read_again);
	to->queue_dropped += a->queue_dropped;
	to->disk_lost += a->lost;
	to->stored += a->stored;
	to->copies += a->copies;
	to->given_up += a->given_up;
	to->held_died += a->held_died;
	for (int c = 0; c < RELAY_COUNTERS; c++)
		to->count[c] += a->count[c];
}

void relay_rings_stats(const relay_rings *r, relay_live_stats *out)
{
	*out = (relay_live_stats){0};
	add_stats(r, valid(r), out);
}

/* WORKER from here on. */

void relay_rings_add(const relay_rings *r, relay_live_stats *to)
{
	to->copies += r->copies;
	to->given_up += r->given_up;
	add_stats(r, &r->base, to);
}

static uint64_t held_now(const account *a)
{
	const uint64_t *c = a->count;
	uint64_t out = c[RELAY_LATE_STORED] + c[RELAY_LATE_DUPLICATE] +
		       c[RELAY_LATE_NOT_RECORDED] + c[RELAY_EXPIRED] +
		       a->held_died;
	uint64_t in = c[RELAY_HELD] + c[RELAY_TCP_HELD];

	return in > out ? in - out : 0;
}

void relay_rings_join(relay_rings *r)
{
	r->base = *valid(r);
	r->base.held_died += held_now(&r->base);
	r->fifo = g_new(pending, r->room);
	for (unsigned i = 0; i < r->n; i++) {
		uint64_t done = r->base.released[i];

		r->next[i] = done + 1;
		r->read_before[i] = atomic_load(&r->shared->read_to[i]);
		/* The dead one may have come as far as saying so. */
		ring_socket_release_to(&r->ring[i], done);
	}
}

static void snapshot(const relay_rings *r, const relay_tap *tap,
		     const relay_queue *q, account *to)
{
	for (int c = 0; c < RELAY_COUNTERS; c++)
		to->count[c] = relay_count(tap, (relay_counter)c);
	to->copies = r->copies;
	to->given_up = r->given_up;
	to->queue_dropped = relay_queue_dropped(q);
}

static void give_up(relay_rings *r, relay_tap *tap, uint32_t packets)
{
	clk_both now = clk_now();
	rec_loss loss = {.place = REC_LOSS_DOWN, .packets = packets,
			 .from = now.mono, .to = now.mono};

	r->given_up += packets;
	relay_loss(tap, &loss, now);
}

static bool is_poison(const relay_rings *r, unsigned i, uint64_t block)
{
	return atomic_load(&r->shared->poison.block) == block &&
	       atomic_load(&r->shared->poison.ring) == i;
}

static void read_block(relay_rings *r, unsigned i, ring_block b,
		       relay_tap *tap, int64_t mono_less_wall)
{
	uint64_t number = r->next[i];
	ring_frame f;

	if (number <= r->read_before[i])
		atomic_fetch_add(&r->shared->read_again, b.left);
	else
		atomic_store(&r->shared->read_to[i], number);
	if (is_poison(r, i, number)) {
		give_up(r, tap, b.left);
		return;
	}
	atomic_store(&r->shared->at.ring, i);
	atomic_store(&r->shared->at.block, number);
	while (ring_block_next(&r->ring[i], &b, &f)) {
		clk_both at = {{f.wall + mono_less_wall}, {f.wall}};

		if (f.copy)
			r->copies++;
		else
			relay_frame(tap, r->ring[i].link, f.bytes, at);
	}
	atomic_store(&r->shared->at.block, 0);
}

int relay_rings_read(relay_rings *r, relay_tap *tap, const relay_queue *q,
		     int64_t mono_less_wall)
{
	ring_block b;
	int n = 0;

	for (unsigned i = 0; i < r->n; i++) {
		pending *p;

		if (!ring_socket_block(&r->ring[i], r->next[i], &b))
			continue;
		read_block(r, i, b, tap, mono_less_wall);
		p = &r->fifo[(r->head + r->used++) % r->room];
		p->ring = i;
		p->block = r->next[i]++;
		p->due = relay_queue_due(q);
		snapshot(r, tap, q, &p->so_far);
		r->held[i]++;
		n++;
	}
	return n;
}

static pending *at_fifo(const relay_rings *r, size_t k)
{
	return &r->fifo[(r->head + k) % r->room];
}

/* The first `n` of the queue are done. The step from one account to the next
 * is one store. */
static void commit(relay_rings *r, size_t n, const account *mine,
		   const relay_written *w)
{
	unsigned now = atomic_load(&r->shared->valid);
	account *a = &r->shared->account[!now];

	memcpy(a->released, r->shared->account[now].released,
	       sizeof(a->released));
	for (size_t k = 0; k < n; k++)
		a->released[at_fifo(r, k)->ring] = at_fifo(r, k)->block;
	for (int c = 0; c < RELAY_COUNTERS; c++)
		a->count[c] = r->base.count[c] + mine->count[c];
	a->copies = r->base.copies + mine->copies;
	a->given_up = r->base.given_up + mine->given_up;
	a->queue_dropped = r->base.queue_dropped + mine->queue_dropped;
	a->stored = r->base.stored + w->stored;
	a->lost = r->base.lost + w->lost;
	a->held_died = r->base.held_died;
	atomic_store(&r->shared->valid, !now);
}

/* A ring has few blocks left for the kernel. */
static bool is_short(const relay_rings *r)
{
	for (unsigned i = 0; i < r->n; i++)
		if (r->held[i] > r->ring[i].blocks / 4 * 3)
			return true;
	return false;
}

static size_t count_done(const relay_rings *r, const relay_written *w)
{
	size_t n = 0;

	while (n < r->used && at_fifo(r, n)->due <= w->blocks)
		n++;
	return n || !r->used || !is_short(r) ? n : 1;
}

void relay_rings_release(relay_rings *r, const relay_written *w)
{
	size_t n = count_done(r, w);

	if (!n)
		return;
	commit(r, n, &at_fifo(r, n - 1)->so_far, w);
	for (; n; n--) {
		const pending *p = at_fifo(r, 0);

		ring_socket_release(&r->ring[p->ring], p->block);
		r->held[p->ring]--;
		r->head = (r->head + 1) % r->room;
		r->used--;
	}
}

void relay_rings_finish(relay_rings *r, const relay_tap *tap,
			const relay_queue *q, const relay_written *w)
{
	account last = {0};

	relay_rings_release(r, w);
	snapshot(r, tap, q, &last);
	commit(r, 0, &last, w);
}

bool relay_rings_waiting(const relay_rings *r)
{
	return r->used > 0;
}

nfds_t relay_rings_poll(const relay_rings *r, struct pollfd *to)
{
	for (unsigned i = 0; i < r->n; i++)
		to[i] = (struct pollfd){.fd = r->ring[i].fd, .events = POLLIN};
	return r->n;
}

const char *relay_rings_down(relay_rings *r)
{
	for (unsigned i = 0; i < r->n; i++)
		if (ring_socket_error(&r->ring[i]))
			return r->ring[i].name;
	return NULL;
}

uint64_t relay_rings_untold(relay_rings *r)
{
	uint64_t dropped = atomic_load(&r->shared->dropped);

	return dropped - atomic_exchange(&r->shared->told, dropped);
}
