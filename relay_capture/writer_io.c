#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#include "relay_capture/relay.h"

enum {
	FLUSH_FROM = 32 << 10,	/* octets that wait, still in a cache */
	/* And how long, where syncs are further apart or there are none. */
	FLUSH_NS = 250 * CLK_NS_PER_MS,
	WAITING_FIRST = 64,
	ROOM_MIN = 1 << 20,	/* octets; with less the disk is full */
};

typedef struct writer_call {
	/* What a packet touches: a cache line. */
	_Alignas(64) relay_writer *writer;
	jrn_out *out;		/* NULL while the disk refuses to make it */
	uint64_t lost;		/* packets since the last loss record */
	clk_mono lost_from, lost_to;
	uint8_t *waiting;	/* the interface of each packet that was given
				 * to `out` since all of it was written */
	uint32_t n_waiting, room;
	bool closed, watch_told;
	char *dir;
} writer_call;

struct relay_writer {
	char *spool;
	int64_t sync_ns;
	const jrn_disk *disk;
	clk_mono since;
	GPtrArray *calls;	/* of writer_call, owned */
	GPtrArray *due;		/* of jrn_out, scratch */
	clk_mono next_flush, next_sync, next_look;
	relay_fates fates;
	bool unsettled;		/* added since all was written */
	bool closing;		/* a closed call may still be among `calls` */
	GError *trouble;	/* met between two ticks */
};

static void call_free(gpointer p)
{
	writer_call *c = p;

	jrn_out_free(c->out);
	g_free(c->waiting);
	g_free(c->dir);
	g_aligned_free(c);
}

/* A file for each call: the default of 1,024 is soon used up. */
static void allow_files(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_cur == l.rlim_max)
		return;
	l.rlim_cur = l.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &l) < 0)
		return;
}

relay_writer *relay_writer_new(const relay_writer_config *c, GError **err)
{
	relay_writer *w;

	if (g_mkdir_with_parents(c->spool, 0750) < 0) {
		g_set_error(err, JRN_ERROR, JRN_ERROR_OPEN,
			    "%s: cannot be made", c->spool);
		return NULL;
	}
	allow_files();
	w = g_new0(relay_writer, 1);
	w->spool = g_strdup(c->spool);
	w->sync_ns = c->sync_ns;
	w->disk = c->disk ? c->disk : &jrn_disk_real;
	w->since = c->since;
	w->calls = g_ptr_array_new_with_free_func(call_free);
	w->due = g_ptr_array_new();
	return w;
}

static void note_trouble(relay_writer *w, GError *err)
{
	g_clear_error(&w->trouble);
	w->trouble = err;
}

static bool out_begin(writer_call *c, clk_both at)
{
	relay_writer *w = c->writer;
	GError *err = NULL;

	if (c->out)
		return true;
	c->out = jrn_out_open(c->dir, JRN_MEDIA,
			      w->sync_ns ? JRN_KEEP_UNTIL_SYNC :
					   JRN_KEEP_UNTIL_WRITTEN,
			      at, w->disk, &err);
	if (!c->out)
		note_trouble(w, err);
	return c->out != NULL;
}

/* Whatever has to come before it. */
static bool add_now(writer_call *c, uint16_t type, clk_both at, span payload)
{
	const jrn_rec r = {type, 0, at, payload};

	return jrn_out_add(c->out, &r, span_of(NULL, 0));
}

/* Before all else in the file: without it the file claims what is not known. */
static bool tell_watch(writer_call *c, clk_both at)
{
	const rec_watch w = {clk_since(at.mono, c->writer->since)};
	uint8_t buf[8];
	put o = put_into(buf, sizeof(buf));

	if (c->watch_told || !c->writer->since.ns)
		return true;
	rec_watch_put(&o, &w);
	c->watch_told = add_now(c, JRN_WATCH, at, put_done(&o));
	c->writer->unsettled |= c->watch_told;
	return c->watch_told;
}

static void *on_open(void *user, const char *call, clk_both at)
{
	relay_writer *w = user;
	writer_call *c = g_aligned_alloc0(1, sizeof(*c), _Alignof(writer_call));

	c->writer = w;
	c->dir = g_build_filename(w->spool, call, NULL);
	g_ptr_array_add(w->calls, c);
	if (out_begin(c, at))
		tell_watch(c, at);
	return c;
}

static void flush_if_much(writer_call *c)
{
	GError *err = NULL;

	if (jrn_out_unwritten(c->out) >= FLUSH_FROM &&
	    !jrn_out_flush(c->out, &err))
		note_trouble(c->writer, err);
}

static bool add_loss(writer_call *c, clk_both at)
{
	rec_loss loss = {REC_LOSS_DISK, c->lost, c->lost_from, c->lost_to};
	uint8_t buf[64];
	put o = put_into(buf, sizeof(buf));

	rec_loss_put(&o, &loss);
	if (!add_now(c, JRN_LOSS, at, put_done(&o)))
		return false;
	c->lost = 0;
	return true;
}

/* Losses before this record are written before it. */
static bool add(writer_call *c, const jrn_rec *r, span more)
{
	if (!c->out && !out_begin(c, r->at))
		return false;
	if (!tell_watch(c, r->at))
		return false;
	if (c->lost && !add_loss(c, r->at))
		return false;
	if (!jrn_out_add(c->out, r, more))
		return false;
	c->writer->unsettled = true;
	flush_if_much(c);
	return true;
}

static bool add_one(writer_call *c, uint16_t type, clk_both at, span payload)
{
	const jrn_rec r = {type, 0, at, payload};

	return add(c, &r, span_of(NULL, 0));
}

/* A replay loses nothing: it ends with the first error. */
static void keep_waiting(const relay_writer *w, writer_call *c, const pkt *p)
{
	if (!w->sync_ns)
		return;
	if (c->out && !jrn_out_unwritten(c->out))
		c->n_waiting = 0;
	if (c->n_waiting == c->room) {
		c->room = MAX(2 * c->room, WAITING_FIRST);
		c->waiting = g_realloc(c->waiting, c->room);
	}
	c->waiting[c->n_waiting++] = p->iface;
}

static void on_packet(void *user, void *call, const pkt *p)
{
	relay_writer *w = user;
	writer_call *c = call;
	uint8_t buf[REC_PACKET_HEAD];
	put o = put_into(buf, sizeof(buf));
	jrn_rec r = {.type = JRN_PACKET, .at = p->at};

	rec_packet_put_head(&o, p);
	r.payload = put_done(&o);
	keep_waiting(w, c, p);
	if (add(c, &r, p->bytes)) {
		w->fates.stored[p->iface]++;
		return;
	}
	if (c->n_waiting)
		c->n_waiting--;
	if (!c->lost++)
		c->lost_from = p->at.mono;
	c->lost_to = p->at.mono;
	w->fates.lost[p->iface]++;
}

static void on_flow(void *user, void *call, const rec_flow *f, clk_both at)
{
	uint8_t buf[256];
	put o = put_into(buf, sizeof(buf));

	(void)user;
	rec_flow_put(&o, f);
	g_assert(!o.full);
	add_one(call, JRN_FLOW, at, put_done(&o));
}

static void on_loss(void *user, void *call, const rec_loss *l, clk_both at)
{
	uint8_t buf[64];
	put o = put_into(buf, sizeof(buf));

	(void)user;
	rec_loss_put(&o, l);
	g_assert(!o.full);
	add_one(call, JRN_LOSS, at, put_done(&o));
}

static void on_tally(void *user, void *call, const rec_tally *t, clk_both at)
{
	uint8_t buf[128];
	put o = put_into(buf, sizeof(buf));

	(void)user;
	rec_tally_put(&o, t);
	g_assert(!o.full);
	add_one(call, JRN_TALLY, at, put_done(&o));
}

static void on_close(void *user, void *call, clk_both at)
{
	relay_writer *w = user;
	writer_call *c = call;

	/* If it cannot be written, readers see a role that died. */
	add_one(c, JRN_CLOSE, at, span_of(NULL, 0));
	c->closed = true;
	w->closing = true;
}

/* An orphan belongs to no call, so that it has no journal. */
static void on_orphan(void *user, const relay_orphan *o, clk_both at)
{
	(void)user;
	(void)o;
	(void)at;
}

static void on_hint(void *user, const void *call, size_t bytes)
{
	const writer_call *c = call;

	(void)user;
	if (c->waiting)
		__builtin_prefetch(c->waiting + c->n_waiting, 1);
	if (c->out)
		jrn_out_hint(c->out, bytes + REC_PACKET_HEAD);
}

const relay_sink relay_writer_sink = {
	.open = on_open,
	.packet = on_packet,
	.flow = on_flow,
	.loss = on_loss,
	.close = on_close,
	.orphan = on_orphan,
	.tally = on_tally,
	.hint = on_hint,
};

/* Closed calls whose bytes are safe go. */
static void drop_closed(relay_writer *w)
{
	if (!w->closing)
		return;
	w->closing = false;
	for (guint i = w->calls->len; i-- > 0;) {
		writer_call *c = g_ptr_array_index(w->calls, i);

		if (c->closed && (!c->out || !jrn_out_unsynced(c->out)))
			g_ptr_array_remove_index_fast(w->calls, i);
		else
			w->closing |= c->closed;
	}
}

static bool flush_all(relay_writer *w, GError **err)
{
	bool ok = true;

	for (guint i = 0; i < w->calls->len; i++) {
		writer_call *c = g_ptr_array_index(w->calls, i);

		if (!c->out || !jrn_out_unwritten(c->out))
			continue;
		g_clear_error(err);
		ok &= jrn_out_flush(c->out, err);
	}
	w->unsettled = !ok;
	return ok;
}

static bool sync_all(relay_writer *w, GError **err)
{
	g_ptr_array_set_size(w->due, 0);
	for (guint i = 0; i < w->calls->len; i++) {
		writer_call *c = g_ptr_array_index(w->calls, i);

		if (c->out && jrn_out_unsynced(c->out))
			g_ptr_array_add(w->due, c->out);
	}
	if (jrn_out_sync_many((jrn_out **)w->due->pdata, w->due->len, err))
		return false;
	w->unsettled = false;
	return true;
}

/* A full disk is trouble before a call has lost anything by it, and for as
 * long as it is full: nobody begins what cannot be kept. */
static void look_for_room(relay_writer *w, clk_mono now)
{
	struct statvfs v;

	if (clk_since(now, w->next_look) < 0)
		return;
	w->next_look.ns = now.ns + CLK_NS_PER_S;
	if (statvfs(w->spool, &v) == 0 && v.f_blocks &&
	    (uint64_t)v.f_bavail * v.f_frsize < ROOM_MIN)
		note_trouble(w, g_error_new(JRN_ERROR, JRN_ERROR_FULL,
					    "%s: the disk is full", w->spool));
}

bool relay_writer_tick(relay_writer *w, clk_both now, GError **err)
{
	bool ok = true, quiet;

	look_for_room(w, now.mono);
	quiet = !w->trouble;
	if (!quiet) {
		g_propagate_error(err, g_steal_pointer(&w->trouble));
		err = NULL;
	}
	if (w->sync_ns && clk_since(now.mono, w->next_sync) >= 0) {
		ok = sync_all(w, err);
		w->next_sync.ns = now.mono.ns + w->sync_ns;
		w->next_flush.ns = now.mono.ns + FLUSH_NS;
	} else if (clk_since(now.mono, w->next_flush) >= 0) {
		ok = flush_all(w, err);
		w->next_flush.ns = now.mono.ns + FLUSH_NS;
	}
	drop_closed(w);
	return ok && quiet;
}

bool relay_writer_settled(const relay_writer *w)
{
	return !w->unsettled;
}

bool relay_writer_flush(relay_writer *w, GError **err)
{
	bool ok = w->sync_ns ? sync_all(w, err) : flush_all(w, err);

	drop_closed(w);
	return ok;
}

static void give_up(relay_writer *w, const writer_call *c)
{
	guint n = jrn_out_missing(c->out, JRN_PACKET), all = c->n_waiting;

	for (guint i = all - MIN(n, all); i < all; i++) {
		w->fates.stored[c->waiting[i]]--;
		w->fates.lost[c->waiting[i]]++;
	}
}

void relay_writer_give_up(relay_writer *w)
{
	for (guint i = 0; i < w->calls->len; i++) {
		const writer_call *c = g_ptr_array_index(w->calls, i);

		if (c->out)
			give_up(w, c);
	}
	g_ptr_array_set_size(w->calls, 0);
}

relay_fates relay_writer_fates(const relay_writer *w)
{
	return w->fates;
}

void relay_writer_free(relay_writer *w)
{
	if (!w)
		return;
	g_ptr_array_unref(w->calls);
	g_ptr_array_unref(w->due);
	g_clear_error(&w->trouble);
	g_free(w->spool);
	g_free(w);
}
