/* capture_supervise.c - the supervisor: forks the worker, again when it has
 * died, and reads the kernel's counters. */
#include "app/capture.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/app.h"

enum {
	TICK_MS = 500,
	STATS_TICKS = 2,	/* from one telling of counters to the next */
	SOON_MS = 1000,	/* before the next worker, if the last one died young */
};

typedef struct supervisor {
	const capture_plan *plan;
	pid_t worker;		/* 0: none */
	clk_mono born;
	clk_mono next_tick;
	unsigned ticks;
} supervisor;

/* fork() alone is enough: no other thread runs here. A worker must not outlive
 * its supervisor, or it would be in the way of the next one. */
static void start_worker(supervisor *r)
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
	app_signals(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	exit(capture_work(r->plan));
}

static bool is_crash(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL &&
	       WTERMSIG(status) != SIGTERM;
}

/* True: the worker ended by itself, with `*status`. */
static bool reap(supervisor *r, int *status)
{
	int how;

	if (r->worker <= 0 || waitpid(r->worker, &how, WNOHANG) != r->worker)
		return false;
	r->worker = 0;
	if (WIFEXITED(how)) {
		*status = WEXITSTATUS(how);
		return true;
	}
	relay_rings_died(r->plan->rings, is_crash(how));
	g_critical("the worker was killed by signal %d; the next one reads on "
		   "in the ring", WTERMSIG(how));
	return false;
}

static bool worker_due(const supervisor *r)
{
	return r->worker <= 0 && clk_since(clk_mono_now(), r->born) >=
					 SOON_MS * CLK_NS_PER_MS;
}

static void tell_stats(const capture_plan *p)
{
	relay_live_stats s;

	relay_rings_stats(p->rings, &s);
	capture_stats_write(p->conf, &s);
}

/* The kernel's counters are taken here: a process that is killed between
 * taking them and adding them up would lose them. */
static void tick(supervisor *r)
{
	const clk_mono now = clk_mono_now();

	if (clk_since(now, r->next_tick) < 0)
		return;
	r->next_tick.ns = now.ns + TICK_MS * CLK_NS_PER_MS;
	relay_rings_tick(r->plan->rings);
	if (r->ticks++ % STATS_TICKS == 0)
		tell_stats(r->plan);
}

static int supervise(supervisor *r)
{
	const struct timespec tick_time = {0, TICK_MS * CLK_NS_PER_MS};
	int sig = 0, status = APP_OK;
	sigset_t set;

	app_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	start_worker(r);
	while (sig != SIGTERM && sig != SIGINT) {
		sig = sigtimedwait(&set, NULL, &tick_time);
		if (reap(r, &status))
			return status;
		if (worker_due(r))
			start_worker(r);
		tick(r);
	}
	if (r->worker > 0) {
		kill(r->worker, SIGTERM);
		while (waitpid(r->worker, NULL, 0) < 0 && errno == EINTR)
			;
	}
	return APP_OK;
}

int capture_supervise(const capture_plan *p)
{
	supervisor r = {.plan = p};
	int status = supervise(&r);

	if (status != APP_OK)
		return status;
	relay_rings_tick(p->rings);
	tell_stats(p);
	return APP_OK;
}
