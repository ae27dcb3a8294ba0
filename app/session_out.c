#include "app/session_impl.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum {
	SYNC_MS = 100,		/* what comes within shares a sync */
	AGAIN_MS = 1000,	/* between two tries of a disk that is full */
	BATCH = 512,		/* events between two syncs, at most */
	WAIT_MAX = 1 << 17,	/* events that may wait for such a disk */
};

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
		session_lost(w, s, err->message);
	return s->out != NULL;
}

static void add(session_writer *w, session_item *it, uint16_t type, span a,
		span b)
{
	const jrn_rec r = {type, 0, it->at, a};
	session *s = it->call;

	if (!jrn_out_add(s->out, &r, b))
		session_lost(w, s, "the disk took nothing for too long");
	if (!s->dirty)
		g_ptr_array_add(w->dirty, s);
	s->dirty = true;
}

static void add_keys(session_writer *w, session_item *it)
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
		session_lost(w, it->call, err->message);
	g_free(sealed);
}

static void write_item(session_writer *w, session_item *it)
{
	gsize n;
	const void *p = g_bytes_get_data(it->payload, &n);

	it->call->over |= it->type == JRN_END || it->type == JRN_CLOSE;
	if (it->type == JRN_CLOSE) {
		g_ptr_array_add(w->done, it->call);
		return;
	}
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
			session_lost(w, s, err->message);
		if (w->news)
			reach_tell(w->news, s->name);
	}
}

/* What is synced survives that of the host. */
static void sync_dirty(session_writer *w)
{
	g_autofree jrn_out **all = g_new(jrn_out *, w->dirty->len + 1);
	g_autoptr(GError) err = NULL;
	unsigned n = 0, bad = 0;

	for (guint i = 0; i < w->dirty->len; i++)
		all[n++] = ((session *)g_ptr_array_index(w->dirty, i))->out;
	if (n)
		bad = jrn_out_sync_many(all, n, &err);
	if (bad && !w->full)
		g_critical("session journals are not on disk: %s",
			   err->message);
	w->full = bad > 0;
}

/* A disk that is full gets room again, or too much waits for it. */
static bool waits_on(const session_writer *w, const session *s)
{
	return w->full && jrn_out_unsynced(s->out) &&
	       !atomic_load(&w->stop) && w->unsynced < WAIT_MAX;
}

/* What did not reach the file of a call that goes on is written with the next
 * event. */
static void settle_one(session_writer *w, session *s)
{
	const bool last = s->over || atomic_load(&w->stop);

	s->dirty = false;
	if (last && w->full && jrn_out_unsynced(s->out))
		session_lost(w, s, "the disk took nothing to the end");
	if (s->over)
		g_clear_pointer(&s->out, jrn_out_free);
}

void session_out_settle(session_writer *w)
{
	guint wait = 0;

	if (w->cfg.thread)
		sync_dirty(w);
	for (guint i = 0; i < w->dirty->len; i++) {
		session *s = g_ptr_array_index(w->dirty, i);

		if (waits_on(w, s))
			w->dirty->pdata[wait++] = s;
		else
			settle_one(w, s);
	}
	g_ptr_array_set_size(w->dirty, (gint)wait);
	w->synced = clk_mono_now();
	if (wait)
		return;
	g_ptr_array_set_size(w->done, 0);
	atomic_fetch_sub(&w->waiting, w->unsynced);
	w->unsynced = 0;
}

/* What is not synced stays in memory too: not too much. */
void session_out_drain(session_writer *w)
{
	session_item *it;

	for (; (it = ring_pop(&w->queue)); w->unsynced++) {
		if (w->unsynced && w->unsynced % BATCH == 0)
			session_out_settle(w);
		write_item(w, it);
		session_item_free(it);
	}
	flush_dirty(w);
	if (w->reach)
		atomic_store(w->reach, 0);
}

/* From now to the next sync, if there is something to sync. */
static int64_t rest_ms(const session_writer *w)
{
	return (w->full ? AGAIN_MS : SYNC_MS) -
	       clk_since(clk_mono_now(), w->synced) / CLK_NS_PER_MS;
}

/* Until something is queued, or what was written is to be synced. */
static bool await(session_writer *w)
{
	struct pollfd fd = {.fd = w->wake, .events = POLLIN};
	const int64_t ms = rest_ms(w);
	uint64_t n;

	if (poll(&fd, 1, w->unsynced ? (int)MAX(ms, 0) : -1) > 0)
		return read(w->wake, &n, sizeof(n)) > 0 || errno == EINTR;
	return true;
}

static bool sync_due(const session_writer *w)
{
	return w->unsynced && rest_ms(w) <= 0;
}

void *session_out_thread(void *p)
{
	session_writer *w = p;

	while (!atomic_load(&w->stop) && await(w)) {
		session_out_drain(w);
		if (sync_due(w))
			session_out_settle(w);
	}
	session_out_drain(w);
	session_out_settle(w);
	return NULL;
}
