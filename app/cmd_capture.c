/* cmd_capture.c - the role that writes relayed media to the call journals. It
 * holds no keys. */
#include "app/capture.h"

#include "app/app.h"
#include "app/reach.h"
#include "app/setup.h"
#include "app/stats.h"
#include "relay_capture/balance.h"

enum { LOG_BYTES = 64 << 20 };	/* 20,000 calls and more */

static void add_of(GString *text, const char *iface, const char *what,
		   uint64_t n)
{
	g_autofree char *name = g_strdup_printf("%s.%s", iface, what);

	stats_add(text, name, n);
}

/* Where each packet went that the kernel saw. */
static void add_iface(GString *text, const relay_iface_stats *s)
{
	const int64_t waiting = relay_balance_waiting(s);
	relay_term t;

	for (unsigned i = 0; relay_balance_term(s, i, &t); i++)
		add_of(text, s->name, t.name, t.n);
	if (waiting < 0)
		g_critical("%s: %" G_GINT64_FORMAT " packets came out that did "
			   "not come in", s->name, -waiting);
	add_of(text, s->name, "waiting", (uint64_t)MAX(waiting, 0));
}

static void add_time(GString *text, const char *name, clk_wall at)
{
	stats_add(text, name, (uint64_t)(at.ns / CLK_NS_PER_MS));
}

void capture_stats_write(const conf *c, const relay_live_stats *s)
{
	g_autoptr(GString) text = g_string_new(NULL);

	add_time(text, "begun-ms", s->begun.wall);
	add_time(text, "at-ms", s->at.wall);
	stats_add(text, "kernel-seen", s->kernel_seen);
	stats_add(text, "kernel-dropped", s->kernel_dropped);
	stats_add(text, "card-dropped", s->card_dropped);
	stats_add(text, "queue-dropped", s->queue_dropped);
	stats_add(text, "disk-lost", s->disk_lost);
	stats_add(text, "journalled", s->stored);
	stats_add(text, "loopback-copies", s->copies);
	stats_add(text, "given-up", s->given_up);
	stats_add(text, "read-again", s->read_again);
	stats_add(text, "held-died", s->held_died);
	for (unsigned i = 0; i < RELAY_COUNTERS; i++)
		stats_add(text, relay_counter_name(i), s->count[i]);
	for (unsigned i = 0; i < s->n_ifaces; i++)
		add_iface(text, &s->iface[i]);
	stats_write(conf_text(c, CONF_RUN), "capture", text);
}

bool capture_confine(const conf *c, GError **err)
{
	const char *const read[] = {"/etc/localtime", "/proc/sys/kernel/random",
				    "/sys/class/net", "/proc/net", NULL};
	const char *const write[] = {conf_text(c, CONF_SPOOL),
				     conf_text(c, CONF_RUN), NULL};

	return app_confine(true, read, write, err);
}

void capture_show_life(const conf *c, fdstore *store)
{
	g_autoptr(GError) err = NULL;

	if (!reach_live(conf_text(c, CONF_RUN), store, &err))
		g_warning("%s; render will not wait for long when we stand "
			  "still", err->message);
}

/* The rings of a supervisor that died still hold what nobody has read. */
static void adopt_rings(capture_plan *p, fdstore *store)
{
	p->rings = relay_rings_adopt(&p->cfg, store);
	if (!p->rings) {
		fdstore_forget_all(store);
		return;
	}
	g_message("going on with the rings of the supervisor before");
	p->log = relay_armlog_adopt(LOG_BYTES, store);
}

static void open_rings(capture_plan *p, fdstore *store)
{
	g_autoptr(GError) why = NULL;

	p->rings = relay_rings_open(&p->cfg, &why);
	if (!p->rings)
		p->why_not = g_strdup(why->message);
	else if (relay_rings_keep(p->rings, store))
		g_message("the service manager keeps the rings");
}

static void open_log(capture_plan *p, fdstore *store)
{
	p->log = relay_armlog_new(LOG_BYTES);
	if (p->log && !relay_armlog_keep(p->log, store))
		g_debug("nobody keeps the calls for another supervisor");
}

/* Where there can be no rings, libpcap may still do. */
static bool prepare(capture_plan *p, fdstore *store, GError **err)
{
	p->edges = g_array_new(FALSE, TRUE, sizeof(net_addr));
	if (!setup_capture(&p->cfg, p->edges, p->conf, err))
		return false;
	if (conf_choice(p->conf, CONF_CAPTURE_BACKEND) == 1) {
		fdstore_forget_all(store);
		return true;
	}
	adopt_rings(p, store);
	if (!p->rings)
		open_rings(p, store);
	if (!p->rings)
		return true;
	if (!p->log)
		open_log(p, store);
	p->cfg.rings = p->rings;
	if (!app_drop(p->conf, err) || !capture_confine(p->conf, err))
		return false;
	capture_show_life(p->conf, store);
	return true;
}

static int run(capture_plan *p, fdstore *store)
{
	g_autoptr(GError) err = NULL;

	if (!prepare(p, store, &err))
		return app_fail("capture", err);
	/* At the end the manager is not told to forget the rings: it does so
	 * itself when the service is stopped, and keeps them when it is only
	 * restarted. */
	return p->rings ? capture_supervise(p) : capture_work(p);
}

int cmd_capture(int argc, char **argv)
{
	g_autoptr(fdstore) store = fdstore_open();
	capture_plan p = {0};
	app_role role;
	int status;

	if (!app_role_start(&role, "capture",
			    "Captures the media of the calls that the tap "
			    "names and writes it, still\nencrypted, to their "
			    "journals.",
			    argc, argv, &status))
		return status;
	p.conf = role.conf;
	status = run(&p, store);
	relay_rings_free(p.rings);
	relay_armlog_free(p.log);
	g_free(p.why_not);
	g_array_unref(p.edges);
	conf_free(p.conf);
	return status;
}
