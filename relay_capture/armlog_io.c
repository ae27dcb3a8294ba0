#include "relay_capture/armlog.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "core/call.h"
#include "core/record.h"

enum { HEAD = 4 };		/* length of the message behind it */

typedef struct page {
	_Atomic uint32_t used;
	uint32_t room;
	uint8_t *bytes;
} page;

/* One page is read and added to; the other is where the living messages go
 * when it is full. */
struct relay_armlog {
	_Atomic unsigned now;
	page page[2];
	size_t size;		/* of the mapping */
};

relay_armlog *relay_armlog_new(size_t bytes)
{
	size_t size = sizeof(relay_armlog) + 2 * bytes;
	relay_armlog *l;
	void *p;

	g_assert(bytes <= INT32_MAX);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	l = p;
	l->size = size;
	for (unsigned i = 0; i < 2; i++) {
		l->page[i].room = (uint32_t)bytes;
		l->page[i].bytes = (uint8_t *)(l + 1) + i * bytes;
	}
	return l;
}

void relay_armlog_free(relay_armlog *l)
{
	if (l)
		munmap(l, l->size);
}

/* A worker killed in here leaves the page as it was. */
static bool append(page *p, span m)
{
	uint32_t used = atomic_load(&p->used), n = (uint32_t)m.left;

	if (m.left >= p->room || p->room - used < n + HEAD)
		return false;
	memcpy(p->bytes + used, &n, HEAD);
	memcpy(p->bytes + used + HEAD, m.p, n);
	atomic_store(&p->used, used + HEAD + n);
	return true;
}

static bool next(const page *p, uint32_t *at, span *out)
{
	uint32_t n;

	if (*at >= atomic_load(&p->used))
		return false;
	memcpy(&n, p->bytes + *at, HEAD);
	*out = span_of(p->bytes + *at + HEAD, n);
	*at += HEAD + n;
	return true;
}

/* Whose message it is: "CALL/SIDE"; NULL: nobody's. */
static char *name_of(span m, bool *end)
{
	g_autoptr(call_half) h = NULL;
	char name[REC_NAME];
	jrn_rec rec;
	span call;

	if (!rec_arm_get(m, &call, &rec))
		return NULL;
	span_copy(call, name, sizeof(name));
	*end = rec.type == JRN_END;
	if (*end)
		return g_strdup(name);
	h = rec.type == JRN_HALF ? rec_half_get(rec.payload) : NULL;
	return h ? g_strdup_printf("%s/%u", name, h->side) : NULL;
}

/* Where each name's last message begins, that is not followed by an end. */
static GHashTable *living(const page *p)
{
	GHashTable *last = g_hash_table_new_full(g_str_hash, g_str_equal,
						 g_free, NULL);
	uint32_t at = 0, begin = 0;
	span m;

	for (; next(p, &at, &m); begin = at) {
		bool end = false;
		char *name = name_of(m, &end);

		if (name && !end) {
			g_hash_table_replace(last, name,
					     GUINT_TO_POINTER(begin + 1));
			continue;
		}
		for (unsigned side = 0; name && side < 2; side++) {
			g_autofree char *of = g_strdup_printf("%s/%u", name,
							      side);

			g_hash_table_remove(last, of);
		}
		g_free(name);
	}
	return last;
}

static void compact(relay_armlog *l)
{
	page *from = &l->page[l->now], *to = &l->page[!l->now];
	g_autoptr(GHashTable) last = living(from);
	g_autoptr(GHashTable) keep = g_hash_table_new(NULL, NULL);
	uint32_t at = 0, begin = 0;
	GHashTableIter i;
	void *where;
	span m;

	g_hash_table_iter_init(&i, last);
	while (g_hash_table_iter_next(&i, NULL, &where))
		g_hash_table_add(keep, where);
	atomic_store(&to->used, 0);
	for (; next(from, &at, &m); begin = at)
		if (g_hash_table_contains(keep, GUINT_TO_POINTER(begin + 1)))
			append(to, m);
	atomic_store(&l->now, !l->now);
}

bool relay_armlog_add(relay_armlog *l, span message)
{
	if (append(&l->page[l->now], message))
		return true;
	compact(l);
	return append(&l->page[l->now], message);
}

void relay_armlog_each(const relay_armlog *l, void (*message)(void *, span),
		       void *user)
{
	const page *p = &l->page[l->now];
	uint32_t at = 0;
	span m;

	while (next(p, &at, &m))
		message(user, m);
}
