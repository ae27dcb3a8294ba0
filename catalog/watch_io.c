#include "catalog/watch.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "catalog/db.h"
#include "core/clock.h"
#include "core/ring.h"

enum { POLL_MS = 200 };

struct cat_watch {
	char *path;
	cat_policy *policy;		/* MAIN: in force */
	_Atomic(cat_policy *) fresh;	/* the thread's to MAIN; whoever takes
					 * it owns it */
	ring queue;			/* of cat_entry */
	int wake;			/* eventfd */
	pthread_t thread;
	_Atomic bool stop;
	_Atomic uint64_t lost;

	/* the thread's */
	cat_db *db;
	int64_t data_version, policy_version;
	GPtrArray *unwritten;		/* of cat_entry */
	bool troubled;			/* said so already */
};

/* ---- the thread ---- */

static void trouble(cat_watch *w, const GError *err)
{
	if (!w->troubled)
		g_critical("%s", err->message);
	w->troubled = true;
}

static void publish(cat_watch *w, cat_policy *p)
{
	cat_policy_unref(atomic_exchange(&w->fresh, p));
}

/* A reload that fails leaves the policy in force. */
static bool reload(cat_watch *w, GError **err)
{
	int64_t version = cat_policy_version(w->db);
	int64_t now = clk_now().wall.ns / CLK_NS_PER_S;
	cat_policy *p;

	if (version == w->policy_version)
		return true;
	p = cat_policy_load(w->db, now, err);
	if (!p)
		return false;
	w->policy_version = version;
	publish(w, p);
	return true;
}

/* The ledger's own rows change data_version of render's connection, not the
 * policy's version: asking is cheap, loading is not. */
static bool look(cat_watch *w, GError **err)
{
	int64_t version;

	if (!w->db)
		w->db = cat_open_existing(w->path, err);
	if (!w->db)
		return !*err;
	version = cat_data_version(w->db);
	if (version == w->data_version)
		return true;
	w->data_version = version;
	return reload(w, err);
}

static void write_entries(cat_watch *w)
{
	g_autoptr(GError) err = NULL;
	cat_entry *e;

	while ((e = ring_pop(&w->queue)))
		g_ptr_array_add(w->unwritten, e);
	if (!w->unwritten->len || !w->db)
		return;
	if (cat_ledger_put_all(w->db, w->unwritten, &err)) {
		g_ptr_array_set_size(w->unwritten, 0);
		w->troubled = false;
		return;
	}
	trouble(w, err);	/* kept, and tried again */
	if (w->unwritten->len > RING_SLOTS) {
		atomic_fetch_add(&w->lost, w->unwritten->len);
		g_ptr_array_set_size(w->unwritten, 0);
	}
}

static void *work(void *p)
{
	cat_watch *w = p;
	struct pollfd fd = {.fd = w->wake, .events = POLLIN};
	uint64_t n;

	while (!atomic_load(&w->stop)) {
		g_autoptr(GError) err = NULL;

		if (poll(&fd, 1, POLL_MS) > 0 &&
		    read(w->wake, &n, sizeof(n)) < 0 && errno != EINTR &&
		    errno != EAGAIN)
			break;
		if (!look(w, &err))
			trouble(w, err);
		write_entries(w);
	}
	write_entries(w);
	return NULL;
}

/* ---- MAIN ---- */

static void entry_free(void *e)
{
	cat_entry_free(e);
}

cat_watch *cat_watch_new(const char *path, GError **err)
{
	cat_watch *w = g_aligned_alloc0(1, sizeof(*w), 64);
	GError *first = NULL;

	w->path = g_strdup(path);
	w->data_version = w->policy_version = -2;
	w->unwritten = g_ptr_array_new_with_free_func(entry_free);
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	g_assert(w->wake >= 0);
	if (look(w, &first) &&
	    pthread_create(&w->thread, NULL, work, w) == 0)
		return w;
	if (first)
		g_propagate_error(err, first);
	else
		g_set_error(err, CAT_ERROR, CAT_ERROR_DB,
			    "%s: no thread for it", path);
	atomic_store(&w->stop, true);
	cat_watch_free(w);
	return NULL;
}

static void nudge(cat_watch *w)
{
	uint64_t one = 1;

	if (write(w->wake, &one, sizeof(one)) < 0 && errno != EAGAIN)
		g_warning("waking the catalog's thread: %s",
			  g_strerror(errno));
}

const cat_policy *cat_watch_policy(cat_watch *w)
{
	cat_policy *p = atomic_exchange(&w->fresh, NULL);

	if (p) {
		cat_policy_unref(w->policy);
		w->policy = p;
	}
	return w->policy;
}

bool cat_watch_take(cat_watch *w, cat_entry *e)
{
	if (!ring_push(&w->queue, e)) {
		atomic_fetch_add(&w->lost, 1);
		cat_entry_free(e);
		return false;
	}
	nudge(w);
	return true;
}

uint64_t cat_watch_lost(const cat_watch *w)
{
	return atomic_load(&w->lost);
}

void cat_watch_free(cat_watch *w)
{
	cat_entry *e;

	if (!w)
		return;
	if (!atomic_exchange(&w->stop, true)) {
		nudge(w);
		pthread_join(w->thread, NULL);
	}
	while ((e = ring_pop(&w->queue)))
		cat_entry_free(e);
	g_ptr_array_unref(w->unwritten);
	cat_policy_unref(atomic_exchange(&w->fresh, NULL));
	cat_policy_unref(w->policy);
	cat_close(w->db);
	close(w->wake);
	g_free(w->path);
	g_aligned_free(w);
}
