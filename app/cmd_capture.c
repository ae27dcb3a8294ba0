/* cmd_capture.c - the role that writes relayed media to the call journals. It
 * holds no keys. A supervisor holds the kernel's rings and reads no packet; the
 * worker that it forks does all else, and when it dies the next one goes on
 * with the same rings. */
#include "app/app.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/link.h"
#include "app/setup.h"
#include "app/stats.h"
#include "relay_capture/armlog.h"

enum {
	TICK_MS = 500,
	LOG_BYTES = 64 << 20,	/* 20,000 calls and more */
	SOON_MS = 1000,	/* before the next worker, if the last one died young */
};

typedef struct capture_role {
	conf *conf;
	GArray *edges;
	relay_live_config cfg;
	relay_rings *rings;	/* NULL: libpcap, and no supervisor */
	char *why_not;		/* why there are no rings, though wanted */
	relay_armlog *log;		/* with rings */
	pid_t worker;		/* SUPERVISOR */
	clk_mono born;
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

static void act_on(void *user, span message)
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

static void on_message(void *user, span message)
{
	capture_role *r = user;

	if (r->log && !relay_armlog_add(r->log, message))
		g_warning("no room to remember this call for a next worker");
	act_on(r, message);
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
	stats_add(text, "loopback-copies", s->copies);
	stats_add(text, "given-up", s->given_up);
	stats_add(text, "read-again", s->read_again);
	stats_add(text, "held-died", s->held_died);
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

/* Before the first packet is read: threads and workers inherit it. */
static bool confine_capture(const conf *c, GError **err)
{
	const char *const read[] = {"/etc/localtime", "/proc/sys/kernel/random",
				    "/sys/class/net", "/proc/net", NULL};
	const char *const write[] = {conf_text(c, CONF_SPOOL),
				     conf_text(c, CONF_RUN), NULL};

	return app_confine(true, read, write, err);
}

/* What is not yet open, and from then on no privilege. With rings all of that
 * was done by the supervisor. */
static bool start(capture_role *r, GError **err)
{
	r->live = relay_live_open(&r->cfg, err);
	if (!r->live)
		return false;
	r->link = link_capture_new(conf_text(r->conf, CONF_RUN), on_message, r,
				   err);
	if (!r->link)
		return false;
	if (!r->rings && !(app_drop(r->conf, err) &&
			   confine_capture(r->conf, err)))
		return false;
	if (r->log)
		relay_armlog_each(r->log, act_on, r);
	return relay_live_start(r->live, err);
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
}

/* Captures until SIGTERM. */
static int work(capture_role *r)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(GError) err = NULL;

	if (!start(r, &err)) {
		stop(r);
		return app_fail("capture", err);
	}
	g_timeout_add(100, watch, r);
	g_timeout_add_seconds(1, tick, r);
	g_timeout_add_seconds(10, watch_losses, r);
	if (r->why_not)
		g_warning("%s; capturing through libpcap: what is in the "
			  "kernel's ring will not survive a crash",
			  r->why_not);
	g_message("capturing");
	app_loop_run(loop, NULL, NULL);
	stop(r);
	return APP_OK;
}

/* ---- supervisor ---- */

static void watch_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGCHLD);
}

/* Only fork: no thread runs here and none is lost. A worker without its
 * supervisor would stand in the way of the next one. */
static void start_worker(capture_role *r)
{
	pid_t self = getpid();
	sigset_t set;

	r->born = clk_mono_now();
	r->worker = fork();
	if (r->worker < 0)
		g_critical("no worker: %s", g_strerror(errno));
	if (r->worker != 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != self)
		_exit(APP_FAIL);
	watch_signals(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	exit(work(r));
}

static bool is_crash(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL &&
	       WTERMSIG(status) != SIGTERM;
}

/* True: the worker ended by itself, with `*status`. */
static bool reap(capture_role *r, int *status)
{
	int how;

	if (r->worker <= 0 || waitpid(r->worker, &how, WNOHANG) != r->worker)
		return false;
	r->worker = 0;
	if (WIFEXITED(how)) {
		*status = WEXITSTATUS(how);
		return true;
	}
	relay_rings_died(r->rings, is_crash(how));
	g_critical("the worker was killed by signal %d; the next one reads on "
		   "in the ring", WTERMSIG(how));
	return false;
}

static bool worker_due(const capture_role *r)
{
	return r->worker <= 0 && clk_since(clk_mono_now(), r->born) >=
					 SOON_MS * CLK_NS_PER_MS;
}

/* The kernel's counters are taken here: a process that is killed between
 * taking them and adding them up would lose them. */
static int supervise(capture_role *r)
{
	const struct timespec tick_time = {0, TICK_MS * CLK_NS_PER_MS};
	int sig = 0, status = APP_OK;
	sigset_t set;

	watch_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	start_worker(r);
	while (sig != SIGTERM && sig != SIGINT) {
		sig = sigtimedwait(&set, NULL, &tick_time);
		if (reap(r, &status))
			return status;
		if (worker_due(r))
			start_worker(r);
		relay_rings_tick(r->rings);
	}
	if (r->worker > 0) {
		kill(r->worker, SIGTERM);
		while (waitpid(r->worker, NULL, 0) < 0 && errno == EINTR)
			;
	}
	return APP_OK;
}

static void last_stats(capture_role *r)
{
	relay_live_stats s;

	relay_rings_tick(r->rings);
	relay_rings_stats(r->rings, &s);
	write_stats(r, &s);
}

/* Where there can be no rings, libpcap may still do. */
static bool prepare(capture_role *r, GError **err)
{
	g_autoptr(GError) why = NULL;

	r->edges = g_array_new(FALSE, TRUE, sizeof(net_addr));
	if (!setup_capture(&r->cfg, r->edges, r->conf, err))
		return false;
	if (conf_choice(r->conf, CONF_CAPTURE_BACKEND) == 1)
		return true;
	r->rings = relay_rings_open(&r->cfg, &why);
	if (!r->rings) {
		r->why_not = g_strdup(why->message);
		return true;
	}
	r->cfg.rings = r->rings;
	r->log = relay_armlog_new(LOG_BYTES);
	g_mkdir_with_parents(conf_text(r->conf, CONF_RUN), 0750);
	return app_drop(r->conf, err) && confine_capture(r->conf, err);
}

int cmd_capture(int argc, char **argv)
{
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
	if (!prepare(&r, &err))
		status = app_fail("capture", err);
	else if (!r.rings)
		status = work(&r);
	else
		status = supervise(&r);
	if (r.rings && status == APP_OK)
		last_stats(&r);
	relay_rings_free(r.rings);
	relay_armlog_free(r.log);
	g_free(r.why_not);
	g_array_unref(r.edges);
	conf_free(r.conf);
	return status;
}
