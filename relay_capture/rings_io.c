/* The supervisor's half of the rings. */
#include "relay_capture/ringshare.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relay_capture/balance.h"
#include "relay_capture/filter.h"

#define MEMORY_NAME "rings"

enum {
	STRIKES = 3,
	LAYOUT = 3,		/* version of what is shared; its size is
				 * checked too */
	NAME_MAX_LEN = 16,
};

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
		if (!relay_ringsock_open(&r->ring[r->n], *name, c, err))
			return false;
		relay_card_open(&r->card[r->n], *name, NULL);
		r->room += r->ring[r->n++].place.blocks;
	}
	if (r->n)
		return true;
	g_set_error(err, RELAY_ERROR, RELAY_ERROR_OPEN, "no interface given");
	return false;
}

/* What must be the same for a ring to be gone on with. */
static void make_stamp(char *to, size_t size, const relay_live_config *c)
{
	g_autofree char *names = g_strjoinv(
			";", (char **)(uintptr_t)c->interfaces);
	g_autofree char *filter = c->filter ? g_strdup(c->filter) :
					      relay_filter_text(c, true);
	g_autofree char *all = g_strdup_printf(
		"%d %zu %zu %zu %s %s", LAYOUT, sizeof(relay_rings_shared),
		sizeof(relay_account), c->ring_bytes, names, filter);
	g_autofree char *sum = g_compute_checksum_for_string(
			G_CHECKSUM_SHA256, all, -1);

	g_strlcpy(to, sum, size);
}

static bool map_shared(relay_rings *r)
{
	void *p = mmap(NULL, sizeof(*r->shared), PROT_READ | PROT_WRITE,
		       MAP_SHARED, r->memory, 0);

	r->shared = p == MAP_FAILED ? NULL : p;
	return r->shared != NULL;
}

static relay_rings *rings_new(int memory)
{
	relay_rings *r = g_new0(relay_rings, 1);

	r->memory = memory;
	for (unsigned i = 0; i < RELAY_IFACES_MAX; i++)
		r->card[i] = (relay_card)RELAY_CARD_NONE;
	return r;
}

relay_rings *relay_rings_open(const relay_live_config *c, GError **err)
{
	g_autoptr(relay_rings) r =
		rings_new(memfd_create("edgetape-rings", MFD_CLOEXEC));

	if (r->memory < 0 || ftruncate(r->memory, sizeof(*r->shared)) < 0 ||
	    !map_shared(r)) {
		g_set_error(err, RELAY_ERROR, RELAY_ERROR_OPEN,
			    "shared memory: %s", g_strerror(errno));
		return NULL;
	}
	if (!open_all(r, c, err))
		return NULL;
	r->shared->begun = clk_mono_now();
	for (unsigned i = 0; i < r->n; i++)
		r->shared->ring[i] = r->ring[i].place;
	r->shared->n = r->n;
	make_stamp(r->shared->stamp, sizeof(r->shared->stamp), c);
	return g_steal_pointer(&r);
}

static void name_of(unsigned i, char to[static NAME_MAX_LEN])
{
	g_snprintf(to, NAME_MAX_LEN, "ring-%u", i);
}

bool relay_rings_keep(const relay_rings *r, fdstore *with)
{
	char name[NAME_MAX_LEN];
	bool ok = true;

	for (unsigned i = 0; i < r->n; i++) {
		name_of(i, name);
		ok &= fdstore_keep(with, name, r->ring[i].fd);
	}
	return ok && fdstore_keep(with, MEMORY_NAME, r->memory);
}

static bool is_ours(const relay_rings *r, const relay_live_config *c)
{
	char stamp[sizeof(r->shared->stamp)];
	struct stat st;

	make_stamp(stamp, sizeof(stamp), c);
	return fstat(r->memory, &st) == 0 &&
	       st.st_size == sizeof(*r->shared) &&
	       !strncmp(stamp, r->shared->stamp, sizeof(stamp)) &&
	       r->shared->n <= RELAY_IFACES_MAX;
}

static bool adopt_all(relay_rings *r, fdstore *from)
{
	char name[NAME_MAX_LEN];

	for (unsigned i = 0; i < r->shared->n; i++) {
		name_of(i, name);
		if (!relay_ringsock_adopt(&r->ring[i], &r->shared->ring[i],
					  fdstore_take(from, name)))
			return false;
		relay_card_open(&r->card[i], r->ring[i].place.name, NULL);
		r->room += r->ring[r->n++].place.blocks;
	}
	return r->n > 0;
}

relay_rings *relay_rings_adopt(const relay_live_config *c, fdstore *from)
{
	g_autoptr(relay_rings) r = rings_new(fdstore_take(from, MEMORY_NAME));

	if (r->memory < 0 || !map_shared(r) || !is_ours(r, c) ||
	    !adopt_all(r, from))
		return NULL;
	atomic_store(&r->shared->at.block, 0);
	return g_steal_pointer(&r);
}

clk_mono relay_rings_begun(const relay_rings *r)
{
	return r->shared->begun;
}

/* A worker may be writing: the copy is consistent if the same account was valid
 * before and after. */
static void take_account(relay_rings *r)
{
	unsigned valid;

	do {
		valid = atomic_load(&r->shared->valid);
		relay_account_take(&r->ticked, &r->shared->account[valid & 1]);
	} while (atomic_load(&r->shared->valid) != valid);
}

void relay_rings_tick(relay_rings *r)
{
	uint64_t seen, dropped;

	/* In this order, because what was examined was seen before. */
	take_account(r);
	for (unsigned i = 0; i < r->n; i++) {
		relay_ringsock_bind_again(&r->ring[i]);
		relay_ringsock_counters(&r->ring[i], &seen, &dropped);
		atomic_fetch_add(&r->shared->seen[i], seen);
		atomic_fetch_add(&r->shared->dropped[i], dropped);
		atomic_fetch_add(&r->shared->card[i],
				 relay_card_lost(&r->card[i]));
	}
	r->tick = clk_now();
}

void relay_rings_died(relay_rings *r, bool crashed)
{
	relay_rings_shared *s = r->shared;
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
	for (unsigned i = 0; i < r->n; i++) {
		relay_ringsock_close(&r->ring[i]);
		relay_card_close(&r->card[i]);
	}
	if (r->shared)
		munmap(r->shared, sizeof(*r->shared));
	if (r->memory >= 0)
		close(r->memory);
	g_free(r->fifo);
	g_free(r);
}

static void add_iface(const relay_rings *r, unsigned i, const relay_account *a,
		      relay_iface_stats *s)
{
	const relay_ring_fates *f = &a->ring[i];

	g_strlcpy(s->name, r->ring[i].place.name, sizeof(s->name));
	s->seen = atomic_load(&r->shared->seen[i]);
	s->dropped = atomic_load(&r->shared->dropped[i]);
	s->frames = f->frames;
	s->copies = f->copies;
	s->given_up = f->given_up;
	s->card_dropped = atomic_load(&r->shared->card[i]);
	s->held_died = a->held_died[i];
	s->queue_dropped += a->queue_dropped[i];
	s->disk_lost += a->fates.lost[i];
	s->stored += a->fates.stored[i];
	for (int c = 0; c < RELAY_COUNTERS; c++)
		s->count[c] += a->count[i][c];
}

void relay_rings_add_account(const relay_rings *r, const relay_account *a,
			     relay_live_stats *to)
{
	to->n_ifaces = r->n;
	for (unsigned i = 0; i < r->n; i++)
		add_iface(r, i, a, &to->iface[i]);
	to->read_again = atomic_load(&r->shared->read_again);
	to->begun.mono = r->shared->begun;
	to->begun.wall.ns = to->at.wall.ns -
			    clk_since(to->at.mono, to->begun.mono);
}

void relay_rings_stats(const relay_rings *r, relay_live_stats *out)
{
	*out = (relay_live_stats){.at = r->tick};
	relay_rings_add_account(r, &r->ticked, out);
	relay_balance_total(out);
}
