/* cmd_render.c - the role that turns journals into recordings, live: a
 * supervisor that reads no byte from outside, and the workers that do. */
#include "app/app.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "app/alarm_post.h"
#include "app/ledger.h"
#include "app/limits.h"
#include "app/setup.h"
#include "app/worker.h"
#include "decoder/lavc_io.h"
#include "decoder/plugin.h"

enum {
	/* What a few packets may take: a search for keys takes less than
	 * three. The same long may a codec be without coming back. */
	STUCK_S = 10,
	/* Unless it had that much of the processor: others are in its way. */
	WORKS_MS = 200,
};

static const struct timespec second = {1, 0};

typedef struct watched {
	pid_t pid;		/* 0: not running */
	uint64_t pulse;		/* when it was looked at last */
	unsigned still;		/* seconds for which that was so */
	int64_t used_ns;	/* of processor time, before them */
	bool stuck;		/* so it was ended */
} watched;

typedef struct render_role {
	conf *conf;
	render_config cfg;
	GArray *outputs;
	dec_plugins *plugins;
	ledger_pen pen;
	unsigned count;
	watched worker[WORKER_MAX];
	worker_seen *seen;	/* shared with the workers, one each */
	alarm_post *post;	/* the supervisor's */
} render_role;

/* Only fork: no thread runs here and none is lost. */
static void start_worker(render_role *r, unsigned i)
{
	const worker_plan plan = {
		.cfg = &r->cfg,
		.spool = conf_text(r->conf, CONF_SPOOL),
		.run = conf_text(r->conf, CONF_RUN),
		.index = i,
		.count = r->count,
		.seen = &r->seen[i],
		.done = ledger_pen_done,
		.flush = ledger_pen_flush,
		.user = &r->pen,
	};
	sigset_t set;

	r->seen[i].now[0] = '\0';
	atomic_store(&r->seen[i].pulse, 0);
	r->worker[i] = (watched){.pid = fork()};
	if (r->worker[i].pid < 0)
		g_critical("no further worker: %s", g_strerror(errno));
	if (r->worker[i].pid != 0)
		return;
	r->cfg.pulse = &r->seen[i].pulse;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	app_signals(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	_exit(worker_run(&plan));
}

/* SIGKILL is somebody's wish, or the kernel short of memory. */
static bool is_crash(const watched *w, int status)
{
	if (w->stuck)
		return true;
	if (WIFEXITED(status))
		return WEXITSTATUS(status) != 0;
	return WTERMSIG(status) != SIGKILL && WTERMSIG(status) != SIGTERM;
}

static void tell_crash(render_role *r, const watched *w, const char *call,
		       int status)
{
	alarms *a = alarm_post_peek(r->post);

	if (w->stuck)
		alarms_say(a, ALARM_RENDER_CRASH, call, clk_now(),
			   "ended: a codec did not come back within %d s",
			   STUCK_S);
	else
		alarms_say(a, ALARM_RENDER_CRASH, call, clk_now(),
			   WIFSIGNALED(status) ? "ended by signal %d"
					       : "ended with status %d",
			   WIFSIGNALED(status) ? WTERMSIG(status)
					       : WEXITSTATUS(status));
}

static void on_death(render_role *r, unsigned i, int status)
{
	const watched *w = &r->worker[i];
	const char *call = r->seen[i].now;
	unsigned n;

	if (WIFSIGNALED(status))
		g_critical("worker %u was killed by signal %d", i,
			   WTERMSIG(status));
	else
		g_critical("worker %u ended with status %d", i,
			   WEXITSTATUS(status));
	if (!is_crash(w, status))
		return;
	tell_crash(r, w, call, status);
	if (!*call)
		return;
	n = worker_strike(conf_text(r->conf, CONF_SPOOL), call);
	g_critical("%s: its render has crashed, number %u%s", call, n,
		   n >= WORKER_STRIKES ? "; from now on without codecs" : "");
}

static void reap(render_role *r, bool stopping)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (unsigned i = 0; i < r->count; i++) {
			if (r->worker[i].pid != pid)
				continue;
			r->worker[i].pid = 0;
			if (stopping)
				continue;
			on_death(r, i, status);
			start_worker(r, i);
		}
	}
}

static bool any_left(const render_role *r)
{
	for (unsigned i = 0; i < r->count; i++)
		if (r->worker[i].pid > 0)
			return true;
	return false;
}

/* Processor time of a worker, ns. */
static int64_t used_ns(const watched *w)
{
	struct timespec t;
	clockid_t id;

	if (clock_getcpuclockid(w->pid, &id) != 0 || clock_gettime(id, &t) != 0)
		return 0;
	return t.tv_sec * CLK_NS_PER_S + t.tv_nsec;
}

/* Once a second. A codec that sleeps, or waits for something that never comes,
 * uses no processor time, so no limit on that ends it. Outside the decoder a
 * worker may wait for the disk as long as it takes. */
static void watch_worker(watched *w, const worker_seen *seen)
{
	const uint64_t pulse = atomic_load(&seen->pulse);

	if (w->pid <= 0 || w->stuck)
		return;
	if (pulse % 2 == 0 || pulse != w->pulse) {
		w->pulse = pulse;
		w->still = 0;
		w->used_ns = used_ns(w);
		return;
	}
	if (++w->still < STUCK_S)
		return;
	if (used_ns(w) - w->used_ns > WORKS_MS * CLK_NS_PER_MS) {
		w->still = 0;
		w->used_ns = used_ns(w);
		return;
	}
	g_critical("%s: a codec has not come back for %d s", seen->now,
		   STUCK_S);
	w->stuck = true;
	kill(w->pid, SIGKILL);
}

static void watch_workers(render_role *r)
{
	for (unsigned i = 0; i < r->count; i++)
		watch_worker(&r->worker[i], &r->seen[i]);
}

/* They finish their step first, unless that never ends. */
static void stop_workers(render_role *r, const sigset_t *set)
{
	for (unsigned i = 0; i < r->count; i++)
		if (r->worker[i].pid > 0)
			kill(r->worker[i].pid, SIGTERM);
	for (reap(r, true); any_left(r); reap(r, true))
		if (sigtimedwait(set, NULL, &second) < 0)
			watch_workers(r);
}

static void supervise(render_role *r)
{
	sigset_t set;
	int sig = 0;

	r->post = alarm_post_new(conf_text(r->conf, CONF_RUN), "render");
	app_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (unsigned i = 0; i < r->count; i++)
		start_worker(r, i);
	while (sig != SIGTERM && sig != SIGINT) {
		sig = sigtimedwait(&set, NULL, &second);
		if (sig == SIGCHLD)
			reap(r, false);
		else if (sig < 0)
			watch_workers(r);
		alarm_post_tick(r->post, clk_now());
	}
	stop_workers(r, &set);
	alarm_post_free(r->post);
}

static bool load_plugins(render_role *r, GError **err)
{
	r->plugins = dec_plugins_new();
	for (char **p = conf_list(r->conf, CONF_RENDER_PLUGINS); *p; p++)
		if (!dec_plugins_load(r->plugins, *p, err))
			return false;
	return true;
}

static bool setup_srtp(render_role *r, GError **err)
{
	r->cfg.dec.libsrtp = conf_choice(r->conf, CONF_RENDER_SRTP) == 1;
	if (!r->cfg.dec.libsrtp || dec_libsrtp_load())
		return true;
	g_set_error(err, CONF_ERROR, CONF_ERROR_VALUE,
		    "[render] srtp: libsrtp2 makes no session here");
	return false;
}

static bool configure(render_role *r, GError **err)
{
	const conf *c = r->conf;
	const char *key = conf_need(c, CONF_PRIVATE_KEY, err);

	video_quiet();
	if (!key || !setup_name(c, err) || !load_plugins(r, err))
		return false;
	r->outputs = setup_outputs(conf_list(c, CONF_RENDER_FORMATS),
				   conf_choice(c, CONF_RENDER_LAYOUT), err);
	if (!r->outputs) {
		g_prefix_error(err, "[render] formats: ");
		return false;
	}
	r->cfg = (render_config){
		.key = seal_key_open(key, err),
		.recordings = conf_text(c, CONF_RECORDINGS),
		.by_day = true,
		.again = true,
		.pattern = conf_text(c, CONF_RENDER_NAME),
		.outputs = (const mix_output *)(void *)r->outputs->data,
		.n_outputs = r->outputs->len,
		.rate = conf_number(c, CONF_RENDER_RATE),
		.video = setup_video(c),
		.dec = dec_config_default(),
		.grace_ns = conf_number(c, CONF_RENDER_GRACE) * CLK_NS_PER_MS,
		.lost_ns = conf_number(c, CONF_TAP_LOST_CALL) * CLK_NS_PER_S,
	};
	r->cfg.stuck_s = STUCK_S;
	r->cfg.dec.plugins = r->plugins;
	r->count = conf_number(c, CONF_RENDER_WORKERS);
	if (r->count == 0)
		r->count = CLAMP((unsigned)g_get_num_processors(), 1,
				 WORKER_MAX);
	return r->cfg.key != NULL && setup_srtp(r, err) &&
	       setup_sound(&r->cfg, c, err);
}

static bool start(render_role *r, GError **err)
{
	const char *const read[] = {"/etc/localtime", "/proc/self",
				    "/dev/urandom", "/proc/sys/kernel/random",
				    conf_text(r->conf, CONF_RUN), NULL};
	const char *write[] = {conf_text(r->conf, CONF_SPOOL),
			       conf_text(r->conf, CONF_RECORDINGS),
			       conf_text(r->conf, CONF_RUN), NULL, NULL};
	g_autofree char *ledger = NULL;
	void *shared;

	if (!configure(r, err) || !app_drop(r->conf, err))
		return false;
	write[3] = ledger = ledger_dir(r->conf);
	r->pen.path = ledger ? conf_text(r->conf, CONF_CATALOG) : NULL;
	shared = mmap(NULL, sizeof(*r->seen) * WORKER_MAX,
		      PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	g_assert(shared != MAP_FAILED);
	r->seen = shared;
	limits_memory();
	/* A confined role cannot load it later; calls that need it will report
	 * its absence. */
	(void)dec_lavc_load();
	return app_confine(false, read, write, err);
}

static void stop(render_role *r)
{
	if (r->outputs)
		g_array_unref(r->outputs);
	seal_key_free(r->cfg.key);
	dec_plugins_free(r->plugins);
	conf_free(r->conf);
}

int cmd_render(int argc, char **argv)
{
	g_autoptr(GError) err = NULL;
	render_role r = {0};
	app_role role;
	int status;

	if (!app_role_start(&role, "render",
			    "Follows the call journals and makes a recording "
			    "and a JSON sidecar of each call.",
			    argc, argv, &status))
		return status;
	r.conf = role.conf;
	if (!start(&r, &err)) {
		stop(&r);
		return app_fail("render", err);
	}
	g_message("rendering %s into %s with %u workers",
		  conf_text(r.conf, CONF_SPOOL), r.cfg.recordings, r.count);
	supervise(&r);
	stop(&r);
	return APP_OK;
}
