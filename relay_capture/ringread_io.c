/* The worker's half of the rings. */
#include "relay_capture/ringshare.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "relay_capture/ifaces.h"

/* Of one ring, all workers so far. */
static relay_ring_fates fates(const relay_rings *r, unsigned i)
{
	const relay_ring_fates *old = &r->base.ring[i];

	return (relay_ring_fates){old->frames + r->mine[i].frames,
				  old->copies + r->mine[i].copies,
				  old->given_up + r->mine[i].given_up};
}

void relay_rings_add(const relay_rings *r, relay_live_stats *to)
{
	relay_account now = r->base;

	for (unsigned i = 0; i < r->n; i++)
		now.ring[i] = fates(r, i);
	relay_rings_add_account(r, &now, to);
}

static uint64_t held_now(const relay_account *a, unsigned i)
{
	const uint64_t *c = a->count[i];
	uint64_t out = c[RELAY_LATE_STORED] + c[RELAY_LATE_DUPLICATE] +
		       c[RELAY_LATE_NOT_RECORDED] + c[RELAY_EXPIRED] +
		       a->held_died[i];
	uint64_t in = c[RELAY_HELD] + c[RELAY_TCP_HELD];

	return in > out ? in - out : 0;
}

/* What was given back, for lack of room in the ring, before it was written. */
static uint64_t unwritten(const relay_account *a, unsigned i)
{
	const uint64_t *c = a->count[i];
	uint64_t out = a->queue_dropped[i] + a->fates.stored[i] +
		       a->fates.lost[i];
	uint64_t in = c[RELAY_STORED] + c[RELAY_TCP_STORED] +
		      c[RELAY_LATE_STORED];

	return in > out ? in - out : 0;
}

/* A worker of a supervisor that died may not be quite dead yet. The lock goes
 * with the process that holds it. */
static void wait_for_the_dead(const relay_rings *r)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	while (fcntl(r->memory, F_SETLKW, &l) < 0 && errno == EINTR)
		;
}

void relay_rings_join(relay_rings *r)
{
	wait_for_the_dead(r);
	r->base = *relay_rings_valid(r);
	r->fifo = g_new(relay_pending, r->room);
	for (unsigned i = 0; i < r->n; i++) {
		uint64_t done = r->base.released[i];

		r->base.held_died[i] += held_now(&r->base, i);
		r->base.fates.lost[i] += unwritten(&r->base, i);
		r->next[i] = done + 1;
		r->read_before[i] = atomic_load(&r->shared->read_to[i]);
		/* The dead one may have come as far as saying so. */
		relay_ringsock_release_to(&r->ring[i], done);
	}
}

static void snapshot(const relay_rings *r, const relay_tap *tap,
		     const relay_queue *q, relay_account *to)
{
	for (unsigned i = 0; i < r->n; i++) {
		to->ring[i] = fates(r, i);
		for (int c = 0; c < RELAY_COUNTERS; c++)
			to->count[i][c] = relay_count_from(tap, i,
							   (relay_counter)c);
		to->fates.stored[i] = relay_queue_taken(q, i);
		to->queue_dropped[i] = relay_queue_dropped(q, i);
	}
}

static void give_up(relay_rings *r, unsigned i, relay_tap *tap,
		    uint32_t packets)
{
	clk_both now = clk_now();
	rec_loss loss = {.place = REC_LOSS_DOWN, .packets = packets,
			 .from = now.mono, .to = now.mono};

	r->mine[i].given_up += packets;
	relay_loss(tap, &loss, now);
}

static bool is_poison(const relay_rings *r, unsigned i, uint64_t block)
{
	return atomic_load(&r->shared->poison.block) == block &&
	       atomic_load(&r->shared->poison.ring) == i;
}

/* The next frames of a block, without copies: how many. */
static unsigned take_group(relay_rings *r, unsigned i, relay_ring_block *b,
			   span frame[static RELAY_GROUP],
			   int64_t wall[static RELAY_GROUP])
{
	unsigned n = 0;
	relay_ring_frame f;

	while (n < RELAY_GROUP && relay_ring_block_next(&r->ring[i], b, &f)) {
		if (f.copy) {
			r->mine[i].copies++;
			continue;
		}
		frame[n] = f.bytes;
		wall[n++] = f.wall;
	}
	return n;
}

static void read_frames(relay_rings *r, unsigned i, relay_ring_block *b,
			relay_tap *tap, relay_stamp *stamp)
{
	const int link = r->ring[i].place.link;
	int64_t wall[RELAY_GROUP];
	span frame[RELAY_GROUP];
	unsigned n;

	while ((n = take_group(r, i, b, frame, wall)) > 0) {
		relay_hint(tap, link, frame, n);
		r->mine[i].frames += n;
		for (unsigned k = 0; k < n; k++) {
			if (relay_stamp_is_old(stamp, wall[k]))
				relay_stamp_again(stamp, clk_now());
			relay_frame(tap, link, frame[k],
				    relay_stamp_at(stamp, wall[k]));
		}
	}
}

static void read_block(relay_rings *r, unsigned i, relay_ring_block b,
		       relay_tap *tap, relay_stamp *stamp)
{
	uint64_t number = r->next[i];

	if (number <= r->read_before[i])
		atomic_fetch_add(&r->shared->read_again, b.left);
	else
		atomic_store(&r->shared->read_to[i], number);
	if (is_poison(r, i, number)) {
		give_up(r, i, tap, b.left);
		return;
	}
	relay_from(tap, i);
	atomic_store(&r->shared->at.ring, i);
	atomic_store(&r->shared->at.block, number);
	read_frames(r, i, &b, tap, stamp);
	atomic_store(&r->shared->at.block, 0);
}

int relay_rings_read(relay_rings *r, relay_tap *tap, relay_queue *q,
		     relay_stamp *stamp)
{
	relay_ring_block b;
	int n = 0;

	for (unsigned i = 0; i < r->n; i++) {
		relay_pending *p;

		if (!relay_ringsock_block(&r->ring[i], r->next[i], &b))
			continue;
		read_block(r, i, b, tap, stamp);
		p = &r->fifo[(r->head + r->used++) % r->room];
		p->ring = i;
		p->block = r->next[i]++;
		p->due = relay_queue_mark(q);
		snapshot(r, tap, q, &p->so_far);
		r->held[i]++;
		n++;
	}
	return n;
}

static relay_pending *at_fifo(const relay_rings *r, size_t k)
{
	return &r->fifo[(r->head + k) % r->room];
}

/* They only grow, though one source of them may be behind another. */
static void take_fates(relay_rings *r, const relay_fates *f)
{
	for (unsigned i = 0; i < r->n; i++) {
		r->fates.stored[i] = MAX(r->fates.stored[i], f->stored[i]);
		r->fates.lost[i] = MAX(r->fates.lost[i], f->lost[i]);
	}
}

/* `mine` of one interface, added to the account as it was before this
 * worker. */
static void add_mine(const relay_rings *r, unsigned i,
		     const relay_account *mine, relay_account *to)
{
	const relay_account *base = &r->base;

	for (int c = 0; c < RELAY_COUNTERS; c++)
		to->count[i][c] = base->count[i][c] + mine->count[i][c];
	to->ring[i] = mine->ring[i];
	to->held_died[i] = base->held_died[i];
	to->queue_dropped[i] = base->queue_dropped[i] + mine->queue_dropped[i];
	to->fates.stored[i] = base->fates.stored[i] + r->fates.stored[i];
	to->fates.lost[i] = base->fates.lost[i] + r->fates.lost[i];
}

/* The first `n` of the queue are done, with the results `f`. One store switches
 * from one account to the next. */
static void commit(relay_rings *r, size_t n, const relay_account *mine,
		   const relay_fates *f)
{
	unsigned now = atomic_load(&r->shared->valid);
	relay_account a = {0};

	take_fates(r, f);
	memcpy(a.released, relay_rings_valid(r)->released, sizeof(a.released));
	for (size_t k = 0; k < n; k++)
		a.released[at_fifo(r, k)->ring] = at_fifo(r, k)->block;
	for (unsigned i = 0; i < r->n; i++)
		add_mine(r, i, mine, &a);
	relay_account_share(&r->shared->account[(now + 1) & 1], &a);
	atomic_store(&r->shared->valid, now + 1);
	atomic_store(&r->shared->committed, clk_mono_now().ns);
}

clk_mono relay_rings_reached(const relay_rings *r)
{
	return (clk_mono){atomic_load(&r->shared->committed)};
}

/* A ring has few blocks left for the kernel. */
static bool is_short(const relay_rings *r,
		     const unsigned held[static RELAY_IFACES_MAX])
{
	for (unsigned i = 0; i < r->n; i++)
		if (held[i] > r->ring[i].place.blocks / 4 * 3)
			return true;
	return false;
}

/* How many blocks must go, the oldest first, so that none is short. */
static size_t count_short(const relay_rings *r)
{
	unsigned held[RELAY_IFACES_MAX];
	size_t n = 0;

	memcpy(held, r->held, sizeof(held));
	while (n < r->used && is_short(r, held))
		held[at_fifo(r, n++)->ring]--;
	return n;
}

static size_t count_done(const relay_rings *r, const relay_written *w)
{
	size_t n = 0;

	while (n < r->used && at_fifo(r, n)->due <= w->mark)
		n++;
	return MAX(n, count_short(r));
}

void relay_rings_release(relay_rings *r, const relay_written *w)
{
	size_t n = count_done(r, w);

	if (!n)
		return;
	commit(r, n, &at_fifo(r, n - 1)->so_far, &w->at_mark);
	for (; n; n--) {
		const relay_pending *p = at_fifo(r, 0);

		relay_ringsock_release(&r->ring[p->ring], p->block);
		r->held[p->ring]--;
		r->head = (r->head + 1) % r->room;
		r->used--;
	}
}

static bool all_written(const relay_rings *r, const relay_queue *q,
			const relay_fates *f)
{
	for (unsigned i = 0; i < r->n; i++)
		if (relay_queue_taken(q, i) != f->stored[i] + f->lost[i])
			return false;
	return true;
}

void relay_rings_settle(relay_rings *r, const relay_tap *tap,
			const relay_queue *q, const relay_written *w)
{
	relay_account now = {0};

	if (r->used || !all_written(r, q, &w->now))
		return;
	snapshot(r, tap, q, &now);
	commit(r, 0, &now, &w->now);
}

void relay_rings_finish(relay_rings *r, const relay_tap *tap,
			const relay_queue *q, const relay_written *w)
{
	relay_rings_release(r, w);
	relay_rings_settle(r, tap, q, w);
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
	const char *down = NULL;

	for (unsigned i = 0; i < r->n; i++) {
		const relay_ringsock *s = &r->ring[i];

		if (relay_ringsock_error(s) ||
		    !relay_iface_up(s->fd, s->place.name))
			down = s->place.name;
	}
	return down;
}

uint64_t relay_rings_untold(relay_rings *r)
{
	uint64_t dropped = 0;

	for (unsigned i = 0; i < r->n; i++)
		dropped += atomic_load(&r->shared->dropped[i]);
	return dropped - atomic_exchange(&r->shared->told, dropped);
}
