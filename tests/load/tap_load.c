/* A real `edgetape tap` under load: how long a verdict takes at a steady rate,
 * how many INVITEs of new recorded calls it rewrites, and what a dialog that
 * waits costs in memory; the first again while render is stopped, and with a
 * full disk. CPU seconds are those of the tap's process, so that
 * others on the machine count for little. Latencies are told twice: by the
 * generator's clock, its own wake-up included, and by the tap's histogram
 * (signaling_tap/latency.h), which is what is judged.
 * LOAD_RATE, LOAD_SECONDS, LOAD_DIALOGS; LOAD_STEADY=1: the steady rate alone;
 * LOAD_MEMORY=1: the memory alone; LOAD_FLOOD=1: the INVITEs a core alone;
 * LOAD_FILL=1, as root: on a small spool of its own, which is filled;
 * LOAD_SLOW=1: its disk takes 1.5 seconds for a sync;
 * LOAD_REFUSE=1: its calls may not go unrecorded. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "signaling_tap/latency.h"
#include "tests/load/front_end.h"
#include "tests/load/talk.h"

enum {
	CONNECTIONS = 32,
	FLIGHT = 8,		/* INVITEs in flight on each, at saturation */
	P50_US = 1000, P99_US = 5000, PER_CORE = 10000, DIALOG = 8192,
};

typedef struct bench {
	load_rig rig;
	pid_t tap, capture, render;
	load_fe *fe[CONNECTIONS];
	unsigned calls;		/* numbers used so far */
	bool missed;
} bench;

static void tell(bench *b, const char *what, double got, const char *unit,
		 double limit, bool at_most)
{
	bool ok = at_most ? got <= limit : got >= limit;

	b->missed |= !ok;
	printf("%-44s %10.0f %-7s %s %6.0f  %s\n", what, got, unit,
	       at_most ? "<=" : ">=", limit, ok ? "yes" : "NO");
}

static uint64_t stat(const bench *b, const char *name)
{
	return load_rig_stat(&b->rig, "tap", name);
}

/* How many verdicts took at most so long: `to` is one for each bound. */
static void within(const bench *b, uint64_t *to)
{
	for (unsigned i = 0; tap_latency_bound(i); i++) {
		g_autofree char *name = g_strdup_printf(
			"verdicts-within-%uus", tap_latency_bound(i));

		to[i] = stat(b, name);
	}
}

/* The bound of the bucket that the quantile is in. */
static double inside(const uint64_t *before, const uint64_t *after, unsigned n,
		     double p)
{
	unsigned i = 0;

	while (tap_latency_bound(i) &&
	       (double)(after[i] - before[i]) < p * n)
		i++;
	return i < TAP_LATENCY_BUCKETS - 1 ? tap_latency_bound(i) : INFINITY;
}

/* Until a second's stats hold all of them. */
static void await_verdicts(const bench *b, uint64_t n)
{
	for (int i = 0; i < 100 && stat(b, "verdicts") < n; i++)
		g_usleep(100000);
}

static void tell_inside(bench *b, const uint64_t *before, unsigned n)
{
	uint64_t after[TAP_LATENCY_BUCKETS];

	within(b, after);
	tell(b, "  verdict inside the tap, p50 at most",
	     inside(before, after, n, .5), "us", P50_US, true);
	tell(b, "  p99 at most", inside(before, after, n, .99), "us", P99_US,
	     true);
}

/* Calls from INVITE to BYE, each message at its time. */
static void steady(bench *b, const char *while_, bool any)
{
	unsigned rate = load_env("LOAD_RATE", 500);
	unsigned n = rate * load_env("LOAD_SECONDS", 20), late = 0;
	g_autofree double *us = g_new0(double, n);
	uint64_t before[TAP_LATENCY_BUCKETS], verdicts;
	double begun, cpu, sent;

	g_usleep(1500000);	/* the stats of what was before */
	within(b, before);
	verdicts = stat(b, "verdicts");
	cpu = load_cpu_s(b->tap);
	begun = load_now_s();
	for (unsigned i = 0; i < n; i++) {
		load_fe *fe = b->fe[i / LOAD_STEPS % CONNECTIONS];
		load_step step = i % LOAD_STEPS;
		g_autofree char *m = load_lync(b->calls + i / LOAD_STEPS,
					       step);
		double due = begun + (double)i / rate;

		load_sleep_until(due);
		sent = load_now_s();
		late += sent - due > 0.002;
		load_fe_send(fe, m);
		load_fe_await(fe, 1, any ? -1 : step == LOAD_INVITE ||
						step == LOAD_OK);
		us[i] = 1e6 * (load_now_s() - sent);
	}
	b->calls += n / LOAD_STEPS;
	cpu = load_cpu_s(b->tap) - cpu;
	printf("%s: %u messages at %u a second over %d connections: INVITE, "
	       "200, ACK, BYE\n", while_, n, rate, CONNECTIONS);
	await_verdicts(b, verdicts + n);
	tell_inside(b, before, n);
	printf("%-44s %10.0f us\n", "  by the generator's clock, p50",
	       load_quantile(us, n, .5));
	printf("%-44s %10.0f us\n", "  p99", load_quantile(us, n, .99));
	printf("%-44s %10.0f us\n", "  p99.9", load_quantile(us, n, .999));
	printf("%-44s %10.1f us\n", "  CPU of the tap, a message",
	       1e6 * cpu / n);
	printf("%-44s %10u\n", "  sent more than 2 ms late by the generator",
	       late);
}

/* Round by round, every connection full. `fresh`: calls of their own. */
static void flood(bench *b, const char *what, unsigned rounds, bool fresh,
		  bool judged)
{
	unsigned n = rounds * CONNECTIONS * FLIGHT, call = b->calls;
	g_autofree char *same = load_lync(b->calls, LOAD_INVITE);
	double cpu = load_cpu_s(b->tap), main_cpu = load_cpu_first_s(b->tap);
	double begun = load_now_s();

	for (unsigned r = 0; r < rounds; r++) {
		for (unsigned c = 0; c < CONNECTIONS; c++)
			for (unsigned k = 0; k < FLIGHT; k++) {
				g_autofree char *m = fresh ? load_lync(call++,
					LOAD_INVITE) : g_strdup(same);

				load_fe_send(b->fe[c], m);
			}
		for (unsigned c = 0; c < CONNECTIONS; c++)
			load_fe_await(b->fe[c], FLIGHT, 1);
	}
	begun = load_now_s() - begun;
	main_cpu = load_cpu_first_s(b->tap) - main_cpu;
	cpu = load_cpu_s(b->tap) - cpu;
	b->calls = call + !fresh;
	printf("%s: %u INVITEs of %zu octets, %.0f a second by the clock\n",
	       what, n, strlen(same), n / begun);
	printf("%-44s %10.0f a s\n", "  per core of the tap, all its threads",
	       n / cpu);
	if (judged)
		tell(b, "  per core of the thread that answers", n / main_cpu,
		     "a s", PER_CORE, false);
	else
		printf("%-44s %10.0f a s\n",
		       "  per core of the thread that answers", n / main_cpu);
}

/* Until nothing waits for a disk, which is not what a dialog costs. */
static void await_quiet(const bench *b)
{
	do
		g_usleep(2500000);	/* and stats are a second old */
	while (stat(b, "records-waiting") || stat(b, "ledger-rows-waiting"));
}

/* Dialogs that are answered and wait. */
static uint64_t stand(bench *b, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		load_fe *fe = b->fe[i % CONNECTIONS];

		for (load_step s = LOAD_INVITE; s <= LOAD_ACK; s++) {
			g_autofree char *m = load_lync(b->calls, s);

			load_fe_send(fe, m);
			load_fe_await(fe, 1, -1);
		}
		b->calls++;
	}
	await_quiet(b);
	return load_rss(b->tap);
}

static void memory(bench *b)
{
	unsigned n = load_env("LOAD_DIALOGS", 2000);
	uint64_t before = stand(b, n / 2);
	double grown = (double)stand(b, n) - (double)before;

	printf("%u dialogs that wait\n", n);
	tell(b, "  resident memory, a dialog", grown / n, "octets", DIALOG,
	     true);
}

static void steady_unrendered(bench *b)
{
	kill(b->render, SIGSTOP);
	steady(b, "render stopped", false);
	kill(b->render, SIGCONT);
}

/* Of this process and its children alone; it goes with them. */
static void small_spool(const bench *b)
{
	g_autofree char *spool = load_rig_path(&b->rig, "spool");

	if (g_mkdir_with_parents(spool, 0750) != 0 ||
	    unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("spool", spool, "tmpfs", 0, "size=128m") != 0)
		load_die("LOAD_FILL: %s", g_strerror(errno));
}

/* Whether there was still room. */
static bool fill(int fd)
{
	static const uint8_t block[4096];
	bool any = false;

	while (write(fd, block, sizeof(block)) > 0)
		any = true;
	if (errno != ENOSPC)
		load_die("filler: %s", g_strerror(errno));
	return any;
}

/* A disk that is full does not turn a call away from the recorder, for it may
 * have room the next minute; one that must not go unrecorded is refused. */
static void steady_full(bench *b)
{
	bool refuse = load_env("LOAD_REFUSE", 0);
	g_autofree char *filler = load_rig_path(&b->rig, "spool/filler");
	uint64_t before, rewritten;
	unsigned first = b->calls, descriptions;
	int fd = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		load_die("%s: %s", filler, g_strerror(errno));
	/* Journals that end give back what they had reserved. */
	while (fill(fd))
		sleep(3);	/* and stats are a second old */
	before = stat(b, "rewritten");
	steady(b, "disk full", true);
	sleep(2);
	rewritten = stat(b, "rewritten") - before;
	descriptions = refuse ? 0 : 2 * (b->calls - first);
	tell(b, "  of them rewritten", (double)rewritten, "", descriptions,
	     refuse);
	close(fd);
	unlink(filler);
}

static pid_t start_tap(const bench *b)
{
	const char *below = g_getenv("B");
	g_autofree char *lib = g_build_filename(below ? below : "build",
						"tests/plugins/slowdisk.so",
						NULL);
	g_autofree char *whole = g_canonicalize_filename(lib, NULL);
	pid_t p;

	if (load_env("LOAD_SLOW", 0))
		g_setenv("LD_PRELOAD", whole, TRUE);
	p = load_rig_start(&b->rig, "tap");
	g_unsetenv("LD_PRELOAD");
	return p;
}

static unsigned journals(const bench *b)
{
	g_autofree char *spool = load_rig_path(&b->rig, "spool");
	g_autoptr(GDir) d = g_dir_open(spool, 0, NULL);
	const char *name;
	unsigned n = 0;

	while (d && (name = g_dir_read_name(d))) {
		g_autofree char *path = g_build_filename(
			spool, name, "session-001.etj", NULL);

		n += g_file_test(path, G_FILE_TEST_EXISTS);
	}
	return n;
}

/* Verdicts do not wait for it, and what they say is written nevertheless. */
static void steady_slow(bench *b)
{
	uint64_t before[TAP_LATENCY_BUCKETS], after[TAP_LATENCY_BUCKETS], n;

	within(b, before);
	n = stat(b, "verdicts");
	steady(b, "disk slow", false);
	n = stat(b, "verdicts") - n;
	within(b, after);
	tell(b, "  slowest of them, at most",
	     inside(before, after, (unsigned)n, 1), "us", 1000000, true);
	await_quiet(b);
	tell(b, "  journals", journals(b), "", b->calls, false);
	tell(b, "  records lost", (double)stat(b, "records-lost"), "", 0, true);
}

/* A part of the whole, unless another one was asked for alone. */
static bool is_wanted(const char *part)
{
	static const char *const alone[] = {"LOAD_STEADY", "LOAD_MEMORY",
					    "LOAD_FLOOD"};
	bool any = false;

	for (size_t i = 0; i < G_N_ELEMENTS(alone); i++)
		any |= load_env(alone[i], 0);
	return !any || load_env(part, 0);
}

int main(void)
{
	bench b = {0};

	load_rig_open(&b.rig, "lo", "wav");
	if (load_env("LOAD_FILL", 0))
		small_spool(&b);
	b.capture = load_rig_start(&b.rig, "capture");
	b.render = load_rig_start(&b.rig, "render");
	b.tap = start_tap(&b);
	load_rig_await_tap(&b.rig);
	for (unsigned i = 0; i < CONNECTIONS; i++)
		b.fe[i] = load_fe_new(&b.rig);
	printf("edgetape tap; load average %.1f\n", load_average());
	if (load_env("LOAD_SLOW", 0))
		steady_slow(&b);
	else if (is_wanted("LOAD_STEADY")) {
		steady(&b, "all is well", false);
		steady_unrendered(&b);
	}
	if (load_env("LOAD_FILL", 0))
		steady_full(&b);
	if (is_wanted("LOAD_MEMORY"))
		memory(&b);
	if (is_wanted("LOAD_FLOOD")) {
		flood(&b, "one INVITE again and again", 60, false, true);
		flood(&b, "new recorded calls", 20, true, false);
	}
	sleep(2);
	printf("%-44s %10" G_GUINT64_FORMAT "\n", "session records lost",
	       stat(&b, "records-lost"));
	for (unsigned i = 0; i < CONNECTIONS; i++)
		load_fe_free(b.fe[i]);
	load_rig_stop(b.tap);
	load_rig_stop(b.capture);
	load_rig_stop(b.render);
	load_rig_close(&b.rig);
	return b.missed;
}
