/* capture_work.c - the worker: what the tap tells arms the capture, and what
 * goes wrong is told. */
#include "app/capture.h"

#include "app/alarm_post.h"
#include "app/app.h"
#include "app/armed.h"
#include "app/reach.h"
#include "core/link.h"

/* Trouble is told each time it is met, a flush or a sync; so long after the
 * last time it counts as over. */
enum { TROUBLE_MS = 2000 };

/* Media of a call that has ended comes no later: the tap's grace is shorter. */
#define AFTER_END_NS (15 * CLK_NS_PER_S)

typedef struct worker {
	const capture_plan *plan;
	relay_live *live;
	link_capture *link;
	armed *armed;
	char *trouble;
	clk_mono troubled;	/* when it was last met */
	relay_live_stats last;
	alarm_post *post;
	alarm_count kernel, queue, disk;
} worker;

static void arm_half(worker *r, const char *call, const jrn_rec *rec)
{
	call_half *h = rec_half_get(rec->payload);

	if (!h)
		g_warning("%s: unreadable description", call);
	else if (!relay_live_arm_take(r->live, call, h, rec->at))
		g_critical("%s: capture is too busy to be armed", call);
}

/* For a worker that is to come. */
static void remember(worker *r, span message)
{
	if (r->plan->log && !relay_armlog_add(r->plan->log, message))
		g_warning("no room to remember this call for a next worker");
}

/* Calls whose end nobody told us. */
static void drop(worker *r, char *const *calls)
{
	uint8_t buf[128];

	for (; *calls; calls++) {
		const clk_both now = clk_now();
		put o = put_into(buf, sizeof(buf));

		g_message("%s: ended while there was no capture", *calls);
		rec_arm_put(&o, *calls, JRN_END, now, span_of(NULL, 0));
		remember(r, put_done(&o));
		if (!relay_live_disarm(r->live, *calls, now))
			g_critical("%s: capture is too busy to be disarmed",
				   *calls);
	}
}

static void act_on(void *user, span message)
{
	worker *r = user;
	char name[REC_NAME];
	g_auto(GStrv) over = NULL;
	jrn_rec rec;
	span call;

	if (!rec_arm_get(message, &call, &rec)) {
		g_warning("unreadable message from the tap");
		return;
	}
	span_copy(call, name, sizeof(name));
	if (rec.type == JRN_HALF)
		arm_half(r, name, &rec);
	else if (rec.type == JRN_END &&
		 !relay_live_disarm(r->live, name, clk_now()))
		g_critical("%s: capture is too busy to be disarmed", name);
	over = armed_told(r->armed, name, rec.type);
	/* What one tap does not name may be another's. */
	if (over && link_capture_taps(r->link) == 1)
		drop(r, over);
}

static void on_message(void *user, span message)
{
	worker *r = user;

	remember(r, message);
	act_on(r, message);
}

/* Packets on a relay that no signalling has told of. */
static void tell_orphans(worker *r)
{
	char src[NET_ADDR_TEXT], dst[NET_ADDR_TEXT];
	char path[2 * NET_ADDR_TEXT + 8];
	relay_orphan o;

	while (relay_live_orphan(r->live, &o)) {
		net_addr_text(&o.src, src);
		net_addr_text(&o.dst, dst);
		g_snprintf(path, sizeof(path), "%s to %s", src, dst);
		alarms_say(alarm_post_peek(r->post), ALARM_ORPHAN_MEDIA, path,
			   clk_now(), "media that no call claims: SSRC %08x, %"
			   G_GUINT64_FORMAT " packets", o.ssrc, o.packets);
	}
}

static void watch_counters(worker *r, const relay_live_stats *s)
{
	clk_both now = clk_now();

	alarm_post_grown(r->post, &r->kernel, s->kernel_dropped,
			 ALARM_PACKETS_LOST, now, "by the kernel's ring");
	alarm_post_grown(r->post, &r->queue, s->queue_dropped,
			 ALARM_PACKETS_LOST, now, "between capture and writer");
	alarm_post_grown(r->post, &r->disk, s->disk_lost, ALARM_PACKETS_LOST,
			 now, "by the disk");
	if (r->trouble)
		alarms_say(alarm_post_peek(r->post), ALARM_CAPTURE_TROUBLE, "",
			   now, "%s", r->trouble);
	alarm_post_tick(r->post, now);
}

static gboolean tick(gpointer user)
{
	worker *r = user;
	relay_live_stats s;

	relay_live_stats_get(r->live, &s);
	if (!r->plan->rings)	/* else the supervisor does */
		capture_stats_write(r->plan->conf, &s);
	tell_orphans(r);
	watch_counters(r, &s);
	return G_SOURCE_CONTINUE;
}

static void tell_losses(worker *r)
{
	relay_live_stats s;

	relay_live_stats_get(r->live, &s);
	if (s.kernel_dropped > r->last.kernel_dropped ||
	    s.queue_dropped > r->last.queue_dropped ||
	    s.disk_lost > r->last.disk_lost)
		g_critical("packets lost so far: kernel ring %" G_GUINT64_FORMAT
			   ", queue %" G_GUINT64_FORMAT
			   ", disk %" G_GUINT64_FORMAT,
			   s.kernel_dropped, s.queue_dropped, s.disk_lost);
	r->last = s;
}

static void trouble_met(worker *r, char *trouble, clk_mono now)
{
	r->troubled = now;
	if (g_strcmp0(trouble, r->trouble))
		g_critical("%s", trouble);
	g_free(r->trouble);
	r->trouble = trouble;
}

static gboolean watch(gpointer user)
{
	worker *r = user;
	char *trouble = relay_live_trouble(r->live);
	clk_mono now = clk_mono_now();

	if (trouble) {
		trouble_met(r, trouble, now);
	} else if (r->trouble && clk_since(now, r->troubled) >
				 TROUBLE_MS * CLK_NS_PER_MS) {
		g_message("the trouble is over");
		g_clear_pointer(&r->trouble, g_free);
	}
	link_capture_troubled(r->link, r->trouble != NULL);
	return G_SOURCE_CONTINUE;
}

static gboolean watch_losses(gpointer user)
{
	tell_losses(user);
	return G_SOURCE_CONTINUE;
}

/* The calls that frames in the rings may belong to. */
static void rearm(worker *r)
{
	clk_mono since;

	if (!r->plan->log)
		return;
	since.ns = relay_rings_reached(r->plan->rings).ns - AFTER_END_NS;
	relay_armlog_each(r->plan->log, since, act_on, r);
}

/* Without it render guesses how far we are. */
static void share_reach(worker *r)
{
	g_autoptr(GError) err = NULL;
	_Atomic int64_t *to = reach_share(conf_text(r->plan->conf, CONF_RUN),
					  REACH_MEDIA, &err);

	if (to)
		relay_live_tell_reach(r->live, to);
	else
		g_warning("%s", err->message);
}

static bool drop_all(const worker *r, GError **err)
{
	if (!app_drop(r->plan->conf, err) ||
	    !capture_confine(r->plan->conf, err))
		return false;
	capture_show_life(r->plan->conf, NULL);
	return true;
}

/* What is not yet open, and from then on no privilege. With rings all of that
 * was done by the supervisor. */
static bool start(worker *r, GError **err)
{
	r->armed = armed_new();
	r->live = relay_live_open(&r->plan->cfg, err);
	if (!r->live)
		return false;
	r->link = link_capture_new(conf_text(r->plan->conf, CONF_RUN),
				   on_message, r, err);
	if (!r->link)
		return false;
	if (!r->plan->rings && !drop_all(r, err))
		return false;
	share_reach(r);
	rearm(r);
	return relay_live_start(r->live, err);
}

static void stop(worker *r)
{
	link_capture_free(r->link);
	if (r->live) {
		relay_live_stop(r->live);
		tell_losses(r);
	}
	relay_live_free(r->live);
	armed_free(r->armed);
	alarm_post_free(r->post);
	g_free(r->trouble);
}

int capture_work(const capture_plan *p)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(GError) err = NULL;
	worker r = {.plan = p};

	if (!start(&r, &err)) {
		stop(&r);
		return app_fail("capture", err);
	}
	r.post = alarm_post_new(conf_text(p->conf, CONF_RUN), "capture");
	g_timeout_add(100, watch, &r);
	g_timeout_add_seconds(1, tick, &r);
	g_timeout_add_seconds(10, watch_losses, &r);
	if (p->why_not)
		g_warning("%s; capturing through libpcap: what is in the "
			  "kernel's ring will not survive a crash",
			  p->why_not);
	g_message("capturing");
	app_loop_run(loop, NULL, NULL);
	stop(&r);
	return APP_OK;
}
