/* Capture's supervisor is killed, with its worker: the service manager still
 * holds the rings, the account and the calls in progress, and the next
 * supervisor loses nothing. Needs root. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay_capture/armlog.h"
#include "relay_capture/rings.h"
#include "tests/support/live_rig.h"
#include "tests/support/relay_rig.h"

enum {
	KILLS = 10,
	LIFE_MS = 250,
	LOG_BYTES = 1 << 20,
	QUIET_MS = 200,
	WAIT_MS = 5000,
};

static void plan(relay_live_config *c, const char *spool)
{
	static const char *const lo[] = {"lo", NULL};

	relay_live_config_init(c);
	c->interfaces = lo;
	c->ring_bytes = 32 << 20;
	c->queue_bytes = 8 << 20;
	c->writer.spool = spool;
}

/* ---- the supervisor, a program of its own ---- */

static relay_rings *adopt_or_open(const relay_live_config *c, fdstore *store,
				  const char *first)
{
	g_autoptr(GError) err = NULL;
	relay_rings *r = relay_rings_adopt(c, store);

	/* Only the first one may have none. */
	g_assert_true((r == NULL) == (*first == '1'));
	if (r)
		return r;
	r = relay_rings_open(c, &err);
	g_assert_no_error(err);
	g_assert_true(relay_rings_keep(r, store));
	return r;
}

static void count_message(void *user, span message)
{
	*(unsigned *)user += span_eq(message, "a call");
}

/* What the tap told the first supervisor is known to the last. */
static relay_armlog *log_of(fdstore *store, const char *first)
{
	relay_armlog *l = relay_armlog_adopt(LOG_BYTES, store);
	unsigned n = 0;

	if (*first == '1') {
		g_assert_null(l);
		l = relay_armlog_new(LOG_BYTES);
		g_assert_true(relay_armlog_keep(l, store));
		g_assert_true(relay_armlog_add(l, span_str("a call")));
	}
	relay_armlog_each(l, (clk_mono){0}, count_message, &n);
	g_assert_cmpuint(n, ==, 1);
	return l;
}

/* Until SIGTERM; then the account goes to stdout. */
static int supervisor(const char *spool, const char *first)
{
	g_autoptr(fdstore) store = fdstore_open();
	g_autoptr(relay_armlog) log = log_of(store, first);
	relay_live_stats s;
	relay_live_config c;
	live_worker w;
	sigset_t set;

	plan(&c, spool);
	c.rings = adopt_or_open(&c, store, first);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	g_assert_nonnull(log);	/* kept, for who comes next */
	w = live_worker_start(&c, NULL);
	sigwaitinfo(&set, NULL);
	live_worker_end(&w);
	relay_rings_tick(c.rings);
	relay_rings_stats(c.rings, &s);
	g_assert_cmpint(write(STDOUT_FILENO, &s, sizeof(s)), ==, sizeof(s));
	fdstore_forget_all(store);
	relay_rings_free(c.rings);
	return 0;
}

/* ---- the manager ---- */

/* This program once more, as `role`. */
static pid_t start(fdkeeper *k, const char *role, const char *spool,
		   const char *first, int out)
{
	const char *argv[] = {"/proc/self/exe", role, spool, first, NULL};
	char **env = fdkeeper_environment(k);
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (out >= 0)
		dup2(out, STDOUT_FILENO);
	fdkeeper_hand_over(k);
	execve(argv[0], (char **)(uintptr_t)argv, env);
	_exit(99);
}

static void kill_soon(fdkeeper *k, pid_t pid, int sig)
{
	int status;

	g_usleep(LIFE_MS * 1000);
	g_assert_cmpint(kill(pid, sig), ==, 0);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpint(sig == SIGKILL ? WTERMSIG(status) : status, ==,
			sig == SIGKILL ? SIGKILL : 0);
	fdkeeper_hear(k, pid);
}

/* One ring, its memory, the calls. */
static void await_rings(fdkeeper *k, pid_t pid)
{
	for (int ms = 0; ms < WAIT_MS && fdkeeper_count(k) < 3; ms += 5) {
		g_usleep(5000);
		fdkeeper_hear(k, pid);
	}
	g_assert_cmpuint(fdkeeper_count(k), ==, 3);
}

static void test_supervisor_killed(void)
{
	g_autoptr(fdkeeper) k = fdkeeper_new(NULL);
	g_autofree char *spool = NULL, *dir = NULL;
	relay_live_stats s;
	live_sender sender;
	int out[2], to;
	uint32_t sent;
	pid_t pid;

	if (live_rig_skip())
		return;
	spool = g_dir_make_tmp("edgetape-keep-XXXXXX", NULL);
	dir = g_build_filename(spool, "one", NULL);
	to = live_rig_udp(5004);
	/* The rings must stand before the first packet. */
	pid = start(k, "--supervise", spool, "1", -1);
	await_rings(k, pid);
	kill_soon(k, pid, SIGKILL);
	live_sender_start(&sender);
	for (int i = 0; i < KILLS; i++)
		kill_soon(k, start(k, "--supervise", spool, "0", -1), SIGKILL);
	g_assert_cmpint(pipe(out), ==, 0);
	pid = start(k, "--supervise", spool, "0", out[1]);
	g_usleep(LIFE_MS * 1000);
	sent = live_sender_stop(&sender);
	g_usleep(QUIET_MS * 1000);
	kill_soon(k, pid, SIGTERM);
	g_assert_cmpint(read(out[0], &s, sizeof(s)), ==, sizeof(s));
	live_rig_check(dir, sent);
	g_assert_cmpuint(s.count[RELAY_STORED], ==, sent);
	g_assert_cmpuint(s.stored, ==, sent);
	g_assert_cmpuint(s.kernel_dropped, ==, 0);
	g_assert_cmpuint(s.kernel_seen, ==, s.count[RELAY_FRAMES] + s.copies);
	/* Ended as it should: nothing is kept. */
	g_assert_cmpuint(fdkeeper_count(k), ==, 0);
	live_rig_remove(spool);
	close(out[0]);
	close(out[1]);
	close(to);
}

/* Rings of another configuration are not gone on with. */
static void test_other_configuration(void)
{
	g_autofree char *spool = NULL;
	g_autoptr(fdkeeper) k = fdkeeper_new(NULL);
	pid_t pid;
	int status;

	if (live_rig_skip())
		return;
	spool = g_dir_make_tmp("edgetape-keep-XXXXXX", NULL);
	pid = start(k, "--supervise", spool, "1", -1);
	await_rings(k, pid);
	kill_soon(k, pid, SIGKILL);
	pid = start(k, "--other", spool, "0", -1);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpint(status, ==, 0);
	live_rig_remove(spool);
}

static int other(const char *spool)
{
	g_autoptr(fdstore) store = fdstore_open();
	relay_live_config c;

	plan(&c, spool);
	c.filter = "udp port 1";
	return relay_rings_adopt(&c, store) != NULL;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "--supervise"))
		return supervisor(argv[2], argv[3]);
	if (argc == 4 && !strcmp(argv[1], "--other"))
		return other(argv[2]);
	g_test_init(&argc, &argv, NULL);
	live_rig_namespace();
	g_test_add_func("/relay/keep/supervisor_killed",
			test_supervisor_killed);
	g_test_add_func("/relay/keep/other_configuration",
			test_other_configuration);
	return g_test_run();
}
