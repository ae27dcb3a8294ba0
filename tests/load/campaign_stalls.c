/* campaign_stalls.c - roles that stand still for a while, and a disk that
 * does. */
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "tests/load/campaign.h"

enum {
	STOP_TICKS = 60,	/* on average, between two stops */
	SLOW_TICKS = 500,	/* and between two phases of a slow disk */
};

#define LEAST_S 0.2
#define MOST_S 8.0

typedef struct stop {
	int process;		/* a pidfd: its number may be another's soon */
	bool tap;
	double until;
} stop;

typedef enum victim {
	VICTIM_TAP,
	VICTIM_CAPTURE,		/* its supervisor, which keeps the rings */
	VICTIM_CAPTURE_WORKER,
	VICTIM_CAPTURE_BOTH,
	VICTIM_RENDER,		/* its supervisor */
	VICTIM_RENDER_WORKERS,
	VICTIM_RENDER_ALL,
	VICTIM_ALL,
	VICTIMS
} victim;

static void stop_one(campaign *p, pid_t pid, bool tap, double until)
{
	stop s = {pid > 0 ? pidfd_open(pid, 0) : -1, tap, until};

	if (s.process < 0)
		return;
	pidfd_send_signal(s.process, SIGSTOP, NULL, 0);
	g_array_append_val(p->stopped, s);
}

static void stop_children(campaign *p, pid_t of, double until)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/children", of,
						of);
	g_autofree char *text = NULL;
	g_auto(GStrv) pids = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return;
	pids = g_strsplit(text, " ", -1);
	for (char **pid = pids; *pid; pid++)
		stop_one(p, (pid_t)g_ascii_strtoll(*pid, NULL, 10), false,
			 until);
}

static void stop_role(campaign *p, campaign_role role, double until)
{
	stop_one(p, p->role[role], role == CAMPAIGN_TAP, until);
	stop_children(p, p->role[role], until);
}

static void stop_victim(campaign *p, victim v, double until)
{
	switch (v) {
	case VICTIM_TAP:
		stop_role(p, CAMPAIGN_TAP, until);
		break;
	case VICTIM_CAPTURE:
		stop_one(p, p->role[CAMPAIGN_CAPTURE], false, until);
		break;
	case VICTIM_CAPTURE_WORKER:
		stop_children(p, p->role[CAMPAIGN_CAPTURE], until);
		break;
	case VICTIM_CAPTURE_BOTH:
		stop_role(p, CAMPAIGN_CAPTURE, until);
		break;
	case VICTIM_RENDER:
		stop_one(p, p->role[CAMPAIGN_RENDER], false, until);
		break;
	case VICTIM_RENDER_WORKERS:
		stop_children(p, p->role[CAMPAIGN_RENDER], until);
		break;
	case VICTIM_RENDER_ALL:
		stop_role(p, CAMPAIGN_RENDER, until);
		break;
	case VICTIM_ALL:
		for (int i = 0; i < CAMPAIGN_ROLES; i++)
			stop_role(p, (campaign_role)i, until);
		break;
	case VICTIMS:
		break;
	}
}

/* Short ones are as frequent as long ones. */
static double length_s(campaign *p)
{
	return LEAST_S * pow(MOST_S / LEAST_S, g_rand_double(p->rand));
}

static void go_on(campaign *p, double now)
{
	for (guint i = p->stopped->len; i-- > 0;) {
		const stop *s = &g_array_index(p->stopped, stop, i);

		if (now < s->until)
			continue;
		pidfd_send_signal(s->process, SIGCONT, NULL, 0);
		close(s->process);
		g_array_remove_index_fast(p->stopped, i);
	}
}

static char *switch_path(const campaign *p)
{
	return load_rig_path(&p->rig, "slow");
}

static void slow_disk(campaign *p, double now)
{
	g_autofree char *path = switch_path(p);

	if (p->slow_until && now >= p->slow_until) {
		g_unlink(path);
		p->slow_until = 0;
	} else if (!p->slow_until && g_rand_int_range(p->rand, 0,
						      SLOW_TICKS) == 0) {
		g_file_set_contents(path, "", 0, NULL);
		p->slow_until = now + length_s(p);
		p->slows++;
	}
}

void campaign_stalls_open(campaign *p)
{
	const char *b = g_getenv("B");
	g_autofree char *lib = g_build_filename(b ? b : "build",
						"tests/plugins/slowdisk.so",
						NULL);
	g_autofree char *whole = g_canonicalize_filename(lib, NULL);
	g_autofree char *path = switch_path(p);

	p->stopped = g_array_new(FALSE, FALSE, sizeof(stop));
	if (!p->stalls)
		return;
	g_setenv("LD_PRELOAD", whole, TRUE);
	g_setenv("SLOWDISK", path, TRUE);
}

void campaign_stalls_tick(campaign *p)
{
	const double now = load_now_s();

	if (!p->stalls)
		return;
	go_on(p, now);
	slow_disk(p, now);
	if (g_rand_int_range(p->rand, 0, STOP_TICKS))
		return;
	p->stops++;
	stop_victim(p, (victim)g_rand_int_range(p->rand, 0, VICTIMS),
		    now + length_s(p));
}

void campaign_stalls_end(campaign *p)
{
	g_autofree char *path = switch_path(p);

	go_on(p, INFINITY);
	g_unlink(path);
}

bool campaign_tap_stands(const campaign *p)
{
	bool tap = false;

	for (guint i = 0; i < p->stopped->len; i++)
		tap |= g_array_index(p->stopped, stop, i).tap;
	return tap;
}
