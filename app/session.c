#include "app/session_impl.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	SPILL_MAX = 1 << 17,	/* events that may wait beside the ring */
	SPILL_MS = 20,
};

void session_item_free(session_item *it)
{
	if (it->keys)
		explicit_bzero(it->keys, it->n_keys);
	g_free(it->keys);
	g_bytes_unref(it->payload);
	g_free(it);
}

static void free_item(void *p)
{
	session_item_free(p);
}

static void free_bytes(void *p)
{
	g_bytes_unref(p);
}

static void free_session(session *s)
{
	jrn_out_free(s->out);
	g_queue_clear_full(&s->waiting, free_item);
	g_queue_clear_full(&s->arms, free_bytes);
	g_free(s);
}

void session_lost(session_writer *w, const session *s, const char *why)
{
	if (atomic_fetch_add(&w->lost, 1) == 0)
		g_critical("%s: session record lost: %s", s->name,
			   why);
}

static void wake(session_writer *w)
{
	uint64_t one = 1;

	if (write(w->wake, &one, sizeof(one)) < 0)
		g_warning("waking the session writer: %s", g_strerror(errno));
}

/* Between the item's way to the thread and the wake: one that took it before
 * this was told looks once more, and tells that nothing waits. */
static void tell_waiting(session_writer *w, clk_mono since)
{
	int64_t none = 0;

	if (w->reach)
		atomic_compare_exchange_strong(w->reach, &none, since.ns);
}

/* True when nothing waits beside the ring any more. */
static bool unspill(session_writer *w)
{
	const session_item *first = g_queue_peek_head(&w->spill);
	const clk_mono since = first ? first->at.mono : (clk_mono){0};
	bool any = false;

	while (!g_queue_is_empty(&w->spill) &&
	       ring_push(&w->queue, g_queue_peek_head(&w->spill))) {
		g_queue_pop_head(&w->spill);
		any = true;
	}
	if (first)
		tell_waiting(w, since);
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
static void spill(session_writer *w, session_item *it)
{
	if (g_queue_get_length(&w->spill) == SPILL_MAX) {
		atomic_fetch_sub(&w->waiting, 1);
		w->told--;
		session_lost(w, it->call, "too many wait for the disk");
		session_item_free(it);
		return;
	}
	g_queue_push_tail(&w->spill, it);
	if (!w->spill_timer)
		w->spill_timer = g_timeout_add(SPILL_MS, on_spill, w);
}

static void queue_take(session_writer *w, session_item *it)
{
	const clk_mono at = it->at.mono;

	w->told++;
	atomic_fetch_add(&w->waiting, 1);
	if (!unspill(w) || !ring_push(&w->queue, it)) {
		spill(w, it);
		tell_waiting(w, at);
	} else if (w->cfg.thread) {
		tell_waiting(w, at);
		wake(w);
	} else {
		session_out_drain(w);
		session_out_settle(w);
	}
}

static void take_keys(session_writer *w, session_item *it, const call_half *h)
{
	put o = put_into(w->buf, REC_KEYS_MAX);

	rec_keys_put(&o, h);
	it->n_keys = o.full ? 0 : o.n;
	it->serial = h->serial;
	it->keys = g_memdup2(o.p, it->n_keys);
	explicit_bzero(o.p, o.n);
}

/* NULL when it is too big for any record. */
static session_item *item_new(session_writer *w, session *s, const rec_event *e)
{
	put o = put_into(w->buf, sizeof(w->buf));
	session_item *it;

	if (e->type != JRN_CLOSE)	/* for the writer alone */
		rec_event_put(&o, e);
	if (o.full)
		return NULL;
	it = g_new0(session_item, 1);
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
	session_item *it;

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
	const bool last = e->type == JRN_END || e->type == JRN_CLOSE;
	session_item *it;

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
		session_lost(w, s, "too large");
		return;
	}
	if (e->type == JRN_DECISION && e->decision.record)
		s->recorded = true;
	if (!s->recorded) {
		g_queue_push_tail(&s->waiting, it);
		if (last) {
			*own = NULL;
			end(w, s);
			free_session(s);
		}
		return;
	}
	if (s->ended)
		arm_late(w, s, e);
	else
		arm(w, s, e);
	if (last)	/* a close frees it, whether it ended or not */
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

void *session_writer_late(session_writer *w, const char *name)
{
	session *s = session_new(w);

	g_strlcpy(s->name, name, sizeof(s->name));
	s->recorded = s->over = true;
	end(w, s);
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
			(GDestroyNotify)free_session);
	g_queue_init(&w->spill);
	w->wake = eventfd(0, EFD_CLOEXEC);
	g_assert(w->wake >= 0);
	return w;
}

void session_writer_tell_reach(session_writer *w, _Atomic int64_t *to,
			       reach_news *news)
{
	atomic_store(to, 0);
	w->reach = to;
	w->news = news;
}

void session_writer_start(session_writer *w)
{
	int e;

	if (!w->cfg.thread)
		return;
	e = pthread_create(&w->thread, NULL, session_out_thread, w);
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
		free_session(p);
	g_hash_table_unref(w->live);
	ends_free(w->ends);
	g_ptr_array_unref(w->dirty);
	g_ptr_array_unref(w->done);
	close(w->wake);
	g_aligned_free(w);
}
