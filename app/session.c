#include "app/session.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "app/ends.h"
#include "core/journal_io.h"
#include "core/ring.h"

enum {
	RECORD_MAX = 256 << 10,	/* octets of one encoded event */
	SPILL_MAX = 1 << 17,	/* events that may wait beside the ring */
	SPILL_MS = 20,
	SYNC_MS = 100,		/* what comes within shares a sync */
	BATCH = 512,		/* events between two syncs, at most */
	ARM_MAX = RECORD_MAX + 256,
};

/* One call. MAIN owns `name` to `arms`, the writing side the rest, and all of
 * it once MAIN has queued JRN_CLOSE. */
typedef struct session {
	char name[REC_NAME];
	bool recorded, ended;
	GQueue waiting;		/* of item: until the decision falls */
	GQueue arms;		/* of GBytes: what capture was told */
	jrn_out *out;
	bool dirty;
	bool over;		/* what comes now gets a file of its own */
} session;

/* One event, encoded. */
typedef struct item {
	session *call;
	uint16_t type;
	clk_both at;
	GBytes *payload;
	uint8_t *keys;		/* in clear until sealed; NULL when none */
	size_t n_keys;
	uint32_t serial;	/* of the half that the keys belong to */
} item;

struct session_writer {
	session_config cfg;
	GHashTable *live;	/* set of session; MAIN */
	ends *ends;		/* MAIN */
	GPtrArray *dirty;	/* of session: not synced; writing side */
	GPtrArray *done;	/* of session: to be freed then; writing side */
	int64_t unsynced;	/* events; writing side */
	clk_mono synced;	/* writing side */
	ring queue;
	GQueue spill;		/* of item; what found it full; MAIN */
	guint spill_timer;
	uint64_t told;		/* events taken so far; MAIN */
	int wake;		/* eventfd */
	pthread_t thread;
	bool started;
	_Atomic bool stop;
	_Atomic uint64_t lost;
	_Atomic int64_t waiting;	/* events not yet on disk */
	uint8_t buf[RECORD_MAX];
	uint8_t armbuf[ARM_MAX];
};

static void item_free(void *p)
{
	item *it = p;

	if (it->keys)
		explicit_bzero(it->keys, it->n_keys);
	g_free(it->keys);
	g_bytes_unref(it->payload);
	g_free(it);
}

static void free_bytes(void *p)
{
	g_bytes_unref(p);
}

static void session_free(session *s)
{
	jrn_out_free(s->out);
	g_queue_clear_full(&s->waiting, item_free);
	g_queue_clear_full(&s->arms, free_bytes);
	g_free(s);
}

/* ---- the writing side ---- */

static void warn_once(session_writer *w, const session *s, const GError *err)
{
	if (atomic_fetch_add(&w->lost, 1) == 0)
		g_critical("%s: session record lost: %s", s->name,
			   err ? err->message : "queue full");
}

static bool open_out(session_writer *w, session *s, clk_both at)
{
	g_autofree char *dir = g_build_filename(w->cfg.spool, s->name, NULL);
	g_autoptr(GError) err = NULL;

	if (!s->out)
		s->out = jrn_out_open(dir, JRN_SESSION,
				      w->cfg.thread ? JRN_KEEP_UNTIL_SYNC
						    : JRN_KEEP_UNTIL_WRITTEN,
				      at, NULL, &err);
	if (!s->out)
		warn_once(w, s, err);
	return s->out != NULL;
}

static void add(session_writer *w, item *it, uint16_t type, span a, span b)
{
	session *s = it->call;

	if (!jrn_out_add(s->out, type, it->at, a, b))
		warn_once(w, s, NULL);
	if (!s->dirty)
		g_ptr_array_add(w->dirty, s);
	s->dirty = true;
}

static void add_keys(session_writer *w, item *it)
{
	g_autoptr(GError) err = NULL;
	uint8_t serial[4], *sealed = g_malloc(it->n_keys + SEAL_OVERHEAD);
	put head = put_into(serial, sizeof(serial));
	put o = put_into(sealed, it->n_keys + SEAL_OVERHEAD);

	put_u32(&head, it->serial);
	if (seal_put(w->cfg.box, &o, span_of(it->keys, it->n_keys),
		     span_str(it->call->name), &err))
		add(w, it, JRN_KEYS, put_done(&head), put_done(&o));
	else
		warn_once(w, it->call, err);
	g_free(sealed);
}

static void write_item(session_writer *w, item *it)
{
	gsize n;
	const void *p = g_bytes_get_data(it->payload, &n);

	if (it->type == JRN_CLOSE) {
		g_ptr_array_add(w->done, it->call);
		return;
	}
	it->call->over |= it->type == JRN_END;
	if (!open_out(w, it->call, it->at))
		return;
	add(w, it, it->type, span_of(p, n), span_of(NULL, 0));
	if (it->keys)
		add_keys(w, it);
}

/* What is written survives the death of this process. Trouble stays with the
 * file, and the sync tells of it. */
static void flush_dirty(session_writer *w)
{
	for (guint i = 0; i < w->dirty->len; i++) {
		session *s = g_ptr_array_index(w->dirty, i);
		g_autoptr(GError) err = NULL;

		if (!jrn_out_flush(s->out, &err) && !w->cfg.thread)
			warn_once(w, s, err);
	}
}

/* What is synced survives that of the host. */
static void sync_dirty(session_writer *w)
{
	g_autofree jrn_out **all = g_new(jrn_out *, w->dirty->len + 1);
	g_autoptr(GError) err = NULL;
	unsigned n = 0;

	for (guint i = 0; i < w->dirty->len; i++)
		all[n++] = ((session *)g_ptr_array_index(w->dirty, i))->out;
	if (n && jrn_out_sync_many(all, n, &err))
		g_critical("session journals are not on disk: %s",
			   err->message);
}

/* Nothing more is to be done for what was written. */
static void settle(session_writer *w)
{
	if (w->cfg.thread)
		sync_dirty(w);
	for (guint i = 0; i < w->dirty->len; i++) {
		session *s = g_ptr_array_index(w->dirty, i);

		s->dirty = false;
		if (s->over)
			g_clear_pointer(&s->out, jrn_out_free);
	}
	g_ptr_array_set_size(w->dirty, 0);
	g_ptr_array_set_size(w->done, 0);
	atomic_fetch_sub(&w->waiting, w->unsynced);
	w->unsynced = 0;
	w->synced = clk_mono_now();
}

/* Everything queued. What is not synced stays in memory too: not too much. */
static void drain(session_writer *w)
{
	item *it;

	for (; (it = ring_pop(&w->queue)); w->unsynced++) {
		if (w->unsynced == BATCH)
			settle(w);
		write_item(w, it);
		item_free(it);
	}
	flush_dirty(w);
}

/* Until something is queued, or what was written is to be synced. */
static bool await(session_writer *w)
{
	struct pollfd fd = {.fd = w->wake, .events = POLLIN};
	int64_t ms = SYNC_MS - clk_since(clk_mono_now(), w->synced) /
				       CLK_NS_PER_MS;
	uint64_t n;

	if (poll(&fd, 1, w->unsynced ? (int)MAX(ms, 0) : -1) > 0)
		return read(w->wake, &n, sizeof(n)) > 0 || errno == EINTR;
	return true;
}

static bool sync_due(const session_writer *w)
{
	return w->unsynced && clk_since(clk_mono_now(), w->synced) >=
				      SYNC_MS * CLK_NS_PER_MS;
}

static void *writer(void *p)
{
	session_writer *w = p;

	while (!atomic_load(&w->stop) && await(w)) {
		drain(w);
		if (sync_due(w))
			settle(w);
	}
	drain(w);
	settle(w);
	return NULL;
}

/* ---- MAIN ---- */

static void wake(session_writer *w)
{
	uint64_t one = 1;

	if (write(w->wake, &one, sizeof(one)) < 0)
		g_warning("waking the session writer: %s", g_strerror(errno));
}

/* True when nothing waits beside the ring any more. */
static bool unspill(session_writer *w)
{
	bool any = false;

	while (!g_queue_is_empty(&w->spill) &&
	       ring_push(&w->queue, g_queue_peek_head(&w->spill))) {
		g_queue_pop_head(&w->spill);
		any = true;
	}
	if (any)
		wake(w);
	return g_queue_is_empty(&w->spill);
}

static gboolean on_spill(gpointer user)
{
	session_writer *w = user;

	if (!unspill(w))
		return G_SOURCE_CONTINUE;
	w->spill_timer = 0;
	return G_SOURCE_REMOVE;
}

/* A burst of calls is faster than the disk: the rest waits in memory. */
static void spill(session_writer *w, item *it)
{
	if (g_queue_get_length(&w->spill) == SPILL_MAX) {
		atomic_fetch_sub(&w->waiting, 1);
		w->told--;
		warn_once(w, it->call, NULL);
		item_free(it);
		return;
	}
	g_queue_push_tail(&w->spill, it);
	if (!w->spill_timer)
		w->spill_timer = g_timeout_add(SPILL_MS, on_spill, w);
}

static void queue_take(session_writer *w, item *it)
{
	w->told++;
	atomic_fetch_add(&w->waiting, 1);
	if (!unspill(w) || !ring_push(&w->queue, it)) {
		spill(w, it);
	} else if (w->cfg.thread) {
		wake(w);
	} else {
		drain(w);
		settle(w);
	}
}

static void take_keys(session_writer *w, item *it, const call_half *h)
{
	put o = put_into(w->buf, REC_KEYS_MAX);

	rec_keys_put(&o, h);
	it->n_keys = o.full ? 0 : o.n;
	it->serial = h->serial;
	it->keys = g_memdup2(o.p, it->n_keys);
	explicit_bzero(o.p, o.n);
}

/* NULL when it is too big for any record. */
static item *item_new(session_writer *w, session *s, const rec_event *e)
{
	put o = put_into(w->buf, sizeof(w->buf));
	item *it;

	if (e->type != JRN_CLOSE)	/* for the writer alone */
		rec_event_put(&o, e);
	if (o.full)
		return NULL;
	it = g_new0(item, 1);
	it->call = s;
	it->type = e->type;
	it->at = e->at;
	it->payload = g_bytes_new(o.p, o.n);
	if (e->type == JRN_HALF)
		take_keys(w, it, e->half);
	return it;
}

static void arm(session_writer *w, session *s, const rec_event *e)
{
	put o = put_into(w->armbuf, sizeof(w->armbuf));
	put p = put_into(w->buf, sizeof(w->buf));

	if (!w->cfg.arm || (e->type != JRN_HALF && e->type != JRN_END))
		return;
	if (e->type == JRN_HALF)
		rec_half_put_paths(&p, e->half);
	else
		rec_end_put(&p, &e->end);
	rec_arm_put(&o, s->name, e->type, e->at, put_done(&p));
	if (p.full || o.full)
		return;
	if (e->type == JRN_HALF && !s->ended)
		g_queue_push_tail(&s->arms, g_bytes_new(o.p, o.n));
	if (e->type == JRN_END)
		ends_add(w->ends, clk_mono_now(), s->name, put_done(&o));
	w->cfg.arm(w->cfg.arm_user, s->name, put_done(&o),
		   e->type == JRN_END);
}

static session *session_new(session_writer *w)
{
	session *s = g_new0(session, 1);

	g_queue_init(&s->waiting);
	g_queue_init(&s->arms);
	g_hash_table_add(w->live, s);
	return s;
}

static void release_waiting(session_writer *w, session *s)
{
	item *it;

	while ((it = g_queue_pop_head(&s->waiting)))
		queue_take(w, it);
}

/* Capture takes a half for a call that goes on: it is told of the end again. */
static void arm_late(session_writer *w, session *s, const rec_event *e)
{
	const rec_event over = {.type = JRN_END, .at = e->at,
				.end = {.cause = REC_BYE}};

	arm(w, s, e);
	if (e->type == JRN_HALF)
		arm(w, s, &over);
}

/* From here on the call is not armed again for a capture that comes anew. */
static void end(session_writer *w, session *s)
{
	s->ended = true;
	g_hash_table_remove(w->live, s);
	g_queue_clear_full(&s->arms, free_bytes);
}

void session_writer_sink(void *user, uint64_t call, void **own,
			 const rec_event *e)
{
	session_writer *w = user;
	session *s = *own;
	item *it;

	(void)call;
	if (!s) {
		if (e->type != JRN_BEGIN)
			return;
		*own = s = session_new(w);
		rec_call_name(e->at.wall, e->begin.call_id, e->begin.from_tag,
			      s->name);
	}
	it = item_new(w, s, e);
	if (!it) {
		warn_once(w, s, NULL);
		return;
	}
	if (e->type == JRN_DECISION && e->decision.record)
		s->recorded = true;
	if (!s->recorded) {
		g_queue_push_tail(&s->waiting, it);
		if (e->type == JRN_END) {
			*own = NULL;
			end(w, s);
			session_free(s);
		}
		return;
	}
	if (s->ended)
		arm_late(w, s, e);
	else
		arm(w, s, e);
	if (e->type == JRN_END)
		end(w, s);
	if (e->type == JRN_CLOSE)
		*own = NULL;
	release_waiting(w, s);
	queue_take(w, it);
}

void *session_writer_resume(session_writer *w, const char *name, clk_both at,
			    const GPtrArray *halves)
{
	session *s = session_new(w);

	g_strlcpy(s->name, name, sizeof(s->name));
	s->recorded = true;
	for (guint i = 0; i < halves->len; i++) {
		const rec_event e = {
			.type = JRN_HALF,
			.at = at,
			.half = g_ptr_array_index(halves, i),
		};
		arm(w, s, &e);
	}
	return s;
}

void session_writer_over(session_writer *w, const char *name, clk_both at)
{
	const rec_event over = {.type = JRN_END, .at = at,
				.end = {.cause = REC_BYE}};
	session s = {.ended = true};

	g_strlcpy(s.name, name, sizeof(s.name));
	arm(w, &s, &over);
}

const char *session_name(const void *own)
{
	const session *s = own;

	return s ? s->name : "";
}

static void arm_mark(session_writer *w, uint16_t mark)
{
	put o = put_into(w->armbuf, sizeof(w->armbuf));

	rec_arm_put(&o, REC_ARM_NOBODY, mark, clk_now(), span_of(NULL, 0));
	w->cfg.arm(w->cfg.arm_user, REC_ARM_NOBODY, put_done(&o), false);
}

static void tell_end(void *user, const char *call, span message)
{
	session_writer *w = user;

	w->cfg.arm(w->cfg.arm_user, call, message, true);
}

void session_writer_rearm(session_writer *w)
{
	GHashTableIter i;
	void *p;

	arm_mark(w, REC_ARM_LIST);
	ends_each(w->ends, clk_mono_now(), tell_end, w);
	g_hash_table_iter_init(&i, w->live);
	while (g_hash_table_iter_next(&i, &p, NULL))
		for (GList *k = ((session *)p)->arms.head; k; k = k->next) {
			gsize n;
			const void *b = g_bytes_get_data(k->data, &n);

			w->cfg.arm(w->cfg.arm_user, ((session *)p)->name,
				   span_of(b, n), false);
		}
	arm_mark(w, REC_ARM_ALL);
}

session_writer *session_writer_new(const session_config *cfg)
{
	session_writer *w = g_aligned_alloc0(1, sizeof(*w), 64);

	w->cfg = *cfg;
	w->live = g_hash_table_new(NULL, NULL);
	w->ends = ends_new();
	w->dirty = g_ptr_array_new();
	w->done = g_ptr_array_new_with_free_func(
			(GDestroyNotify)session_free);
	g_queue_init(&w->spill);
	w->wake = eventfd(0, EFD_CLOEXEC);
	g_assert(w->wake >= 0);
	return w;
}

void session_writer_start(session_writer *w)
{
	int e;

	if (!w->cfg.thread)
		return;
	e = pthread_create(&w->thread, NULL, writer, w);
	g_assert(e == 0);
	w->started = true;
}

uint64_t session_writer_waiting(const session_writer *w)
{
	return (uint64_t)MAX(atomic_load(&w->waiting), 0);
}

uint64_t session_writer_told(const session_writer *w)
{
	return w->told;
}

uint64_t session_writer_lost(const session_writer *w)
{
	return atomic_load(&w->lost);
}

void session_writer_free(session_writer *w)
{
	GHashTableIter i;
	void *p;

	if (!w)
		return;
	g_clear_handle_id(&w->spill_timer, g_source_remove);
	if (w->started) {
		while (!unspill(w))
			g_usleep(SPILL_MS * 1000);
		atomic_store(&w->stop, true);
		wake(w);
		pthread_join(w->thread, NULL);
	}
	g_hash_table_iter_init(&i, w->live);
	while (g_hash_table_iter_next(&i, &p, NULL))
		session_free(p);
	g_hash_table_unref(w->live);
	ends_free(w->ends);
	g_ptr_array_unref(w->dirty);
	g_ptr_array_unref(w->done);
	close(w->wake);
	g_aligned_free(w);
}
