#include "relay_capture/armlog.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/call.h"
#include "core/record.h"

#define MEMORY_NAME "calls"

enum { HEAD = 4 };		/* length of the message behind it */

typedef struct page {
	_Atomic uint32_t used;
	uint32_t room;
	uint64_t begin;		/* of its octets, in the mapping */
} page;

/* One page is read and added to; the other is where the living messages go
 * when it is full. */
typedef struct shared {
	uint64_t size;		/* of the mapping */
	_Atomic unsigned now;
	page page[2];
} shared;

struct relay_armlog {
	int fd;
	size_t size;
	shared *s;
};

static relay_armlog *map(int fd, size_t size)
{
	relay_armlog *l;
	void *p;

	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		close(fd);
		return NULL;
	}
	l = g_new0(relay_armlog, 1);
	*l = (relay_armlog){.fd = fd, .size = size, .s = p};
	return l;
}

static size_t size_for(size_t bytes)
{
	return sizeof(shared) + 2 * bytes;
}

relay_armlog *relay_armlog_new(size_t bytes)
{
	int fd = memfd_create("edgetape-calls", MFD_CLOEXEC);
	relay_armlog *l;

	g_assert(bytes <= INT32_MAX);
	if (fd < 0)
		return NULL;
	if (ftruncate(fd, (off_t)size_for(bytes)) < 0) {
		close(fd);
		return NULL;
	}
	l = map(fd, size_for(bytes));
	for (unsigned i = 0; l && i < 2; i++) {
		l->s->page[i].room = (uint32_t)bytes;
		l->s->page[i].begin = sizeof(shared) + i * bytes;
	}
	if (l)
		l->s->size = l->size;
	return l;
}

bool relay_armlog_keep(const relay_armlog *l, fdstore *with)
{
	return fdstore_keep(with, MEMORY_NAME, l->fd);
}

relay_armlog *relay_armlog_adopt(size_t bytes, fdstore *from)
{
	int fd = fdstore_take(from, MEMORY_NAME);
	relay_armlog *l;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0 || (size_t)st.st_size != size_for(bytes)) {
		close(fd);
		return NULL;
	}
	l = map(fd, size_for(bytes));
	if (!l || l->s->size == l->size)
		return l;
	relay_armlog_free(l);
	return NULL;
}

void relay_armlog_free(relay_armlog *l)
{
	if (!l)
		return;
	munmap(l->s, l->size);
	close(l->fd);
	g_free(l);
}

static uint8_t *bytes_of(const relay_armlog *l, const page *p)
{
	return (uint8_t *)l->s + p->begin;
}

/* A worker killed in here leaves the page as it was. */
static bool append(const relay_armlog *l, page *p, span m)
{
	uint8_t *bytes = bytes_of(l, p);
	uint32_t used = atomic_load(&p->used), n = (uint32_t)m.left;

	if (m.left >= p->room || p->room - used < n + HEAD)
		return false;
	memcpy(bytes + used, &n, HEAD);
	memcpy(bytes + used + HEAD, m.p, n);
	atomic_store(&p->used, used + HEAD + n);
	return true;
}

static bool next(const relay_armlog *l, const page *p, uint32_t *at,
		 span *out)
{
	const uint8_t *bytes = bytes_of(l, p);
	uint32_t n;

	if (*at >= atomic_load(&p->used))
		return false;
	memcpy(&n, bytes + *at, HEAD);
	*out = span_of(bytes + *at + HEAD, n);
	*at += HEAD + n;
	return true;
}

/* What matters of a message; one that cannot be read is nobody's. */
typedef struct telling {
	char call[REC_NAME];
	unsigned side;
	bool half, end;
	clk_mono at;
} telling;

static telling telling_of(span m)
{
	g_autoptr(call_half) h = NULL;
	telling t = {0};
	jrn_rec rec;
	span call;

	if (!rec_arm_get(m, &call, &rec))
		return t;
	span_copy(call, t.call, sizeof(t.call));
	t.at = rec.at.mono;
	t.end = rec.type == JRN_END;
	h = rec.type == JRN_HALF ? rec_half_get(rec.payload) : NULL;
	t.half = h != NULL;
	t.side = h ? h->side : 0;
	return t;
}

/* The calls that are over since before that: nothing of them can come. */
static GHashTable *gone(const relay_armlog *l, const page *p, clk_mono before)
{
	GHashTable *calls = g_hash_table_new_full(g_str_hash, g_str_equal,
						  g_free, NULL);
	uint32_t at = 0;
	span m;

	while (next(l, p, &at, &m)) {
		const telling t = telling_of(m);

		if (t.end && clk_since(before, t.at) > 0)
			g_hash_table_add(calls, g_strdup(t.call));
		else if (t.half)
			g_hash_table_remove(calls, t.call);
	}
	return calls;
}

/* Where the last description of each side begins, of calls not yet over. */
static GHashTable *living(const relay_armlog *l, const page *p)
{
	const clk_mono always = {INT64_MAX};
	g_autoptr(GHashTable) over = gone(l, p, always);
	g_autoptr(GHashTable) last = g_hash_table_new_full(
			g_str_hash, g_str_equal, g_free, NULL);
	GHashTable *begins = g_hash_table_new(NULL, NULL);
	uint32_t at = 0, begin = 0;
	GHashTableIter i;
	void *where;
	span m;

	for (; next(l, p, &at, &m); begin = at) {
		const telling t = telling_of(m);

		if (t.half && !g_hash_table_contains(over, t.call))
			g_hash_table_replace(
				last, g_strdup_printf("%s/%u", t.call, t.side),
				GUINT_TO_POINTER(begin + 1));
	}
	g_hash_table_iter_init(&i, last);
	while (g_hash_table_iter_next(&i, NULL, &where))
		g_hash_table_add(begins, where);
	return begins;
}

static void compact(relay_armlog *l)
{
	page *from = &l->s->page[l->s->now], *to = &l->s->page[!l->s->now];
	g_autoptr(GHashTable) keep = living(l, from);
	uint32_t at = 0, begin = 0;
	span m;

	atomic_store(&to->used, 0);
	for (; next(l, from, &at, &m); begin = at)
		if (g_hash_table_contains(keep, GUINT_TO_POINTER(begin + 1)))
			append(l, to, m);
	atomic_store(&l->s->now, !l->s->now);
}

bool relay_armlog_add(relay_armlog *l, span message)
{
	if (append(l, &l->s->page[l->s->now], message))
		return true;
	compact(l);
	return append(l, &l->s->page[l->s->now], message);
}

void relay_armlog_each(const relay_armlog *l, clk_mono since,
		       void (*message)(void *, span), void *user)
{
	const page *p = &l->s->page[l->s->now];
	g_autoptr(GHashTable) over = gone(l, p, since);
	uint32_t at = 0;
	span m;

	while (next(l, p, &at, &m))
		if (!g_hash_table_contains(over, telling_of(m).call))
			message(user, m);
}
