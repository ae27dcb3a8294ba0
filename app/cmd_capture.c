/* cmd_capture.c - the role that writes relayed media to the call journals. It
 * holds no keys. */
#include "app/app.h"

#include "app/link.h"
#include "app/setup.h"
#include "app/stats.h"

typedef struct capture_role {
	conf *conf;
	GArray *edges;
	relay_live *live;
	link_capture *link;
	char *trouble;
	relay_live_stats last;
} capture_role;

static void arm_half(capture_role *r, const char *call, const jrn_rec *rec)
{
	call_half *h = rec_half_get(rec->payload);

	if (!h)
		g_warning("%s: unreadable description", call);
	else if (!relay_live_arm_take(r->live, call, h, rec->at))
		g_critical("%s: capture is too busy to be armed", call);
}

static void on_message(void *user, span message)
{
	capture_role *r = user;
	char name[REC_NAME];
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
}

/* Packets on a relay that no signalling has told of. */
static void tell_orphans(capture_role *r)
{
	char src[NET_ADDR_TEXT], dst[NET_ADDR_TEXT];
	relay_orphan o;

	while (relay_live_orphan(r->live, &o)) {
		net_addr_text(&o.src, src);
		net_addr_text(&o.dst, dst);
		g_warning("media that no call claims: %s to %s, SSRC %08x, %"
			  G_GUINT64_FORMAT " packets", src, dst, o.ssrc,
			  o.packets);
	}
}

static void write_stats(const capture_role *r, const relay_live_stats *s)
{
	g_autoptr(GString) text = g_string_new(NULL);

	stats_add(text, "kernel-seen", s->kernel_seen);
	stats_add(text, "kernel-dropped", s->kernel_dropped);
	stats_add(text, "nic-dropped", s->nic_dropped);
	stats_add(text, "queue-dropped", s->queue_dropped);
	stats_add(text, "disk-lost", s->disk_lost);
	stats_add(text, "journalled", s->stored);
	for (unsigned i = 0; i < RELAY_COUNTERS; i++)
		stats_add(text, relay_counter_name(i), s->count[i]);
	stats_write(conf_text(r->conf, CONF_RUN), "capture", text);
}

static gboolean tick(gpointer user)
{
	capture_role *r = user;
	relay_live_stats s;

	relay_live_stats_get(r->live, &s);
	write_stats(r, &s);
	tell_orphans(r);
	return G_SOURCE_CONTINUE;
}

static void tell_losses(capture_role *r)
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

static gboolean watch(gpointer user)
{
	capture_role *r = user;
	g_autofree char *trouble = relay_live_trouble(r->live);

	if (g_strcmp0(trouble, r->trouble)) {
		if (trouble)
			g_critical("%s", trouble);
		else
			g_message("the trouble is over");
		g_free(r->trouble);
		r->trouble = g_strdup(trouble);
	}
	link_capture_healthy(r->link, trouble == NULL);
	return G_SOURCE_CONTINUE;
}

static gboolean watch_losses(gpointer user)
{
	tell_losses(user);
	return G_SOURCE_CONTINUE;
}

/* Before the capture threads start: they inherit it. */
static bool confine_capture(const conf *c, GError **err)
{
	const char *const read[] = {"/etc/localtime", "/proc/sys/kernel/random",
				    "/sys/class/net", "/proc/net", NULL};
	const char *const write[] = {conf_text(c, CONF_SPOOL),
				     conf_text(c, CONF_RUN), NULL};

	return app_confine(true, read, write, err);
}

static bool start(capture_role *r, GError **err)
{
	relay_live_config cfg;

	r->edges = g_array_new(FALSE, TRUE, sizeof(net_addr));
	if (!setup_capture(&cfg, r->edges, r->conf, err))
		return false;
	r->live = relay_live_open(&cfg, err);
	if (!r->live)
		return false;
	r->link = link_capture_new(conf_text(r->conf, CONF_RUN), on_message, r,
				   err);
	return r->link && app_drop(r->conf, err) &&
	       confine_capture(r->conf, err) && relay_live_start(r->live, err);
}

static void stop(capture_role *r)
{
	link_capture_free(r->link);
	if (r->live) {
		relay_live_stop(r->live);
		tell_losses(r);
	}
	relay_live_free(r->live);
	g_free(r->trouble);
	g_array_unref(r->edges);
	conf_free(r->conf);
}

int cmd_capture(int argc, char **argv)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(GError) err = NULL;
	capture_role r = {0};
	app_role role;
	int status;

	if (!app_role_start(&role, "capture",
			    "Captures relayed media of the calls that the tap "
			    "tells of and writes it, still\nencrypted, to "
			    "their journals.",
			    argc, argv, &status))
		return status;
	r.conf = role.conf;
	if (!start(&r, &err)) {
		stop(&r);
		return app_fail("capture", err);
	}
	g_timeout_add(100, watch, &r);
	g_timeout_add_seconds(1, tick, &r);
	g_timeout_add_seconds(10, watch_losses, &r);
	g_message("capturing");
	app_loop_run(loop, NULL, NULL);
	stop(&r);
	return APP_OK;
}
