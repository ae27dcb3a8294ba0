#include "catalog/watch.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "catalog/audit.h"
#include "catalog/db.h"
#include "core/clock.h"
#include "core/ring.h"

enum {
	POLL_MS = 200,
	GATHER_MS = 100,	/* what comes within shares a commit */
};

struct cat_watch {
	char *path;
	cat_policy *policy;		/* MAIN: in force */
	uint64_t told;			/* MAIN: jobs so far */
	_Atomic(cat_policy *) fresh;	/* the thread's to MAIN; whoever takes
					 * it owns it */
	ring queue;			/* of job */
	int wake;			/* eventfd */
	pthread_t thread;
	_Atomic bool stop;
	_Atomic uint64_t lost;
	_Atomic int64_t waiting;
	_Atomic int64_t version;	/* of the policy published last */

	/* the thread's */
	cat_db *db;
	int64_t data_version;
	GPtrArray *unwritten;		/* of job */
	bool troubled;			/* said so already */
};

/* One thing to write: a row of the ledger, a time in which no tap listened, or
 * else a row of the audit log. */
typedef struct job {
	cat_entry *entry;
	cat_away away;		/* with a `why` */
	char *actor, *reason, *action, *object;
	int64_t at;
} job;

static void job_free(void *p)
{
	job *j = p;

	cat_entry_free(j->entry);
	g_free(j->away.why);
	g_free(j->actor);
	g_free(j->reason);
	g_free(j->action);
	g_free(j->object);
	g_free(j);
}

static bool job_write(cat_db *db, const job *j, GError **err)
{
	const cat_actor who = {j->actor, j->reason, 0};

	if (j->entry)
		return cat_ledger_put(db, j->entry, err);
	if (j->away.why)
		return cat_away_add(db, &j->away, err);
	return cat_audit_add(db, &who, j->at, j->action, j->object, err);
}

/* All in one transaction, for one sync. */
static bool write_all(cat_db *db, const GPtrArray *jobs, GError **err)
{
	bool ok = true;

	if (!cat_txn_begin(db, err))
		return false;
	for (guint i = 0; ok && i < jobs->len; i++)
		ok = job_write(db, g_ptr_array_index(jobs, i), err);
	return cat_txn_end(db, ok, err);
}

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

	if (version == atomic_load(&w->version))
		return true;
	p = cat_policy_load(w->db, now, err);
	if (!p)
		return false;
	publish(w, p);
	atomic_store(&w->version, version);
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
	if (!reload(w, err))
		return false;
	w->data_version = version;	/* what failed is tried again */
	return true;
}

/* False when there was nothing to write. */
static bool write_entries(cat_watch *w)
{
	g_autoptr(GError) err = NULL;
	job *j;

	while ((j = ring_pop(&w->queue)))
		g_ptr_array_add(w->unwritten, j);
	if (!w->unwritten->len)
		return false;
	/* Rows do not wait in memory for somebody else to make the catalog. */
	if (!w->db)
		w->db = cat_open(w->path, &err);
	if (w->db && write_all(w->db, w->unwritten, &err)) {
		atomic_fetch_sub(&w->waiting, w->unwritten->len);
		g_ptr_array_set_size(w->unwritten, 0);
		w->troubled = false;
		return true;
	}
	trouble(w, err);	/* kept, and tried again */
	if (w->unwritten->len > RING_SLOTS) {
		atomic_fetch_add(&w->lost, w->unwritten->len);
		atomic_fetch_sub(&w->waiting, w->unwritten->len);
		g_ptr_array_set_size(w->unwritten, 0);
	}
	return true;
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
		if (write_entries(w))
			g_usleep(GATHER_MS * 1000);
	}
	write_entries(w);
	return NULL;
}

/* ---- MAIN ---- */

cat_watch *cat_watch_new(const char *path, GError **err)
{
	cat_watch *w = g_aligned_alloc0(1, sizeof(*w), 64);
	GError *first = NULL;

	w->path = g_strdup(path);
	w->data_version = -2;
	w->version = -2;
	w->unwritten = g_ptr_array_new_with_free_func(job_free);
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

static bool job_take(cat_watch *w, job *j)
{
	atomic_fetch_add(&w->waiting, 1);
	if (!ring_push(&w->queue, j)) {
		atomic_fetch_sub(&w->waiting, 1);
		atomic_fetch_add(&w->lost, 1);
		job_free(j);
		return false;
	}
	w->told++;
	nudge(w);
	return true;
}

bool cat_watch_take(cat_watch *w, cat_entry *e)
{
	job *j = g_new0(job, 1);

	j->entry = e;
	return job_take(w, j);
}

bool cat_watch_note(cat_watch *w, const cat_actor *who, int64_t at,
		    const char *action, const char *object)
{
	job *j = g_new0(job, 1);

	j->actor = g_strdup(who->name);
	j->reason = g_strdup(who->reason);
	j->action = g_strdup(action);
	j->object = g_strdup(object);
	j->at = at;
	return job_take(w, j);
}

bool cat_watch_away(cat_watch *w, const cat_away *a)
{
	job *j = g_new0(job, 1);

	j->away = *a;
	j->away.why = g_strdup(a->why);
	return job_take(w, j);
}

uint64_t cat_watch_version(const cat_watch *w)
{
	return (uint64_t)MAX(atomic_load(&w->version), 0);
}

uint64_t cat_watch_waiting(const cat_watch *w)
{
	return (uint64_t)MAX(atomic_load(&w->waiting), 0);
}

uint64_t cat_watch_told(const cat_watch *w)
{
	return w->told;
}

uint64_t cat_watch_lost(const cat_watch *w)
{
	return atomic_load(&w->lost);
}

void cat_watch_free(cat_watch *w)
{
	job *j;

	if (!w)
		return;
	if (!atomic_exchange(&w->stop, true)) {
		nudge(w);
		pthread_join(w->thread, NULL);
	}
	while ((j = ring_pop(&w->queue)))
		job_free(j);
	g_ptr_array_unref(w->unwritten);
	cat_policy_unref(atomic_exchange(&w->fresh, NULL));
	cat_policy_unref(w->policy);
	cat_close(w->db);
	close(w->wake);
	g_free(w->path);
	g_aligned_free(w);
}
