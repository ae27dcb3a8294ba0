#include "tests/load/rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/seal.h"
#include "tests/support/tap_certs.h"

void load_die(const char *fmt, ...)
{
	va_list a;

	va_start(a, fmt);
	vfprintf(stderr, fmt, a);
	va_end(a);
	fputc('\n', stderr);
	exit(1);
}

unsigned load_env(const char *name, unsigned otherwise)
{
	const char *text = g_getenv(name);
	uint64_t n;

	if (!text)
		return otherwise;
	if (!span_number(span_str(text), 1000000, &n))
		load_die("%s: \"%s\" is not a number", name, text);
	return (unsigned)n;
}

double load_now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void load_sleep_until(double due_s)
{
	const double whole = (double)(time_t)due_s;
	const struct timespec t = {(time_t)due_s,
				   (long)((due_s - whole) * 1e9)};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double load_quantile(double *v, size_t n, double p)
{
	qsort(v, n, sizeof(*v), by_size);
	return n ? v[MIN((size_t)((double)n * p), n - 1)] : 0;
}

double load_average(void)
{
	double l = 0;

	(void)getloadavg(&l, 1);
	return l;
}

/* ---- the rig ---- */

char *load_rig_path(const load_rig *r, const char *name)
{
	return g_build_filename(r->dir, name, NULL);
}

static uint16_t free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		load_die("no free port: %s", g_strerror(errno));
	close(fd);
	return ntohs(a.sin_port);
}

static void write_conf(load_rig *r, const char *interface, const char *formats)
{
	g_autofree char *text = g_strdup_printf(
		"[edgetape]\nspool=%s/spool\nrecordings=%s/recordings\n"
		"catalog=%s/catalog/catalog.db\nrun=%s/run\n"
		"public-key=%s/recorder.pub\nprivate-key=%s/recorder.key\n"
		"[tap]\nlisten=127.0.0.1:%u\ncertificate=%s\nkey=%s\nca=%s\n"
		"peers=fe1.example\ndeadline=5000\n"
		"[rules]\nrecord=sip:*@example.com\nwhen-impossible=%s\n"
		"[capture]\ninterfaces=%s\nring-mib=64\n"
		"[render]\nname={id}\nformats=%s\n",
		r->dir, r->dir, r->dir, r->dir, r->dir, r->dir, r->port,
		tap_certs_file("server.crt"), tap_certs_file("server.key"),
		tap_certs_file("ca.crt"),
		load_env("LOAD_REFUSE", 0) ? "refuse" : "allow", interface,
		formats);

	r->conf = load_rig_path(r, "edgetape.conf");
	if (!g_file_set_contents(r->conf, text, -1, NULL))
		load_die("%s: cannot be written", r->conf);
}

void load_rig_open(load_rig *r, const char *interface, const char *formats)
{
	const char *b = g_getenv("B"), *below = g_getenv("LOAD_DIR");
	g_autoptr(GError) err = NULL;
	g_autofree char *build = g_canonicalize_filename(b ? b : "build", NULL);
	g_autofree char *recorder = NULL;
	static gsize quiet;

	if (g_once_init_enter(&quiet)) {
		tap_certs_quiet();
		g_once_init_leave(&quiet, 1);
	}
	r->program = g_build_filename(build, "app/edgetape", NULL);
	if (!g_file_test(r->program, G_FILE_TEST_IS_EXECUTABLE))
		load_die("%s is missing: run it by make", r->program);
	r->dir = g_build_filename(below ? below : g_get_tmp_dir(),
				  "edgetape-load-XXXXXX", NULL);
	if (!g_mkdtemp(r->dir))
		load_die("%s: %s", r->dir, g_strerror(errno));
	recorder = load_rig_path(r, "recorder");
	if (!seal_generate(recorder, &err))
		load_die("%s", err->message);
	r->port = free_port();
	write_conf(r, interface, formats);
}

void load_remove(const char *dir)
{
	g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
	const char *name;

	while (d && (name = g_dir_read_name(d))) {
		g_autofree char *p = g_build_filename(dir, name, NULL);

		if (g_unlink(p) != 0)
			load_remove(p);
	}
	g_rmdir(dir);
}

void load_rig_close(load_rig *r)
{
	if (g_getenv("LOAD_KEEP"))
		fprintf(stderr, "kept: %s\n", r->dir);
	else
		load_remove(r->dir);
	tap_certs_clear();
	g_free(r->dir);
	g_free(r->conf);
	g_free(r->program);
}

static void to_log(const char *log)
{
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
}

void load_rig_become(const load_rig *r, const char *role)
{
	g_autofree char *file = g_strconcat(role, ".log", NULL);
	g_autofree char *log = load_rig_path(r, file);

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	to_log(log);
}

/* In `dir`, where a core would be; NULL: where this runs. */
static pid_t start(char **argv, const char *log, const char *dir)
{
	pid_t p = fork();

	if (p < 0)
		load_die("fork: %s", g_strerror(errno));
	if (p > 0)
		return p;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	to_log(log);
	if (dir && chdir(dir) != 0)
		_exit(126);
	execv(argv[0], argv);
	_exit(127);
}

pid_t load_rig_start(const load_rig *r, const char *role)
{
	g_autofree char *file = g_strconcat(role, ".log", NULL);
	g_autofree char *log = load_rig_path(r, file);
	char *argv[] = {r->program, (char *)(uintptr_t)role, "-c", r->conf,
			r->verbose ? "-v" : NULL, NULL};

	return start(argv, log, r->dir);
}

void load_rig_stop(pid_t role)
{
	kill(role, SIGTERM);
	waitpid(role, NULL, 0);
}

bool load_rig_tap_there(const load_rig *r)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(r->port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool up;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	up = connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
	close(fd);
	return up;
}

void load_rig_await_tap(const load_rig *r)
{
	bool up = false;

	for (int i = 0; i < 200 && !up; i++) {
		up = load_rig_tap_there(r);
		g_usleep(50000);
	}
	if (!up)
		load_die("the tap does not come up; see %s", r->dir);
	g_usleep(1200000);	/* capture's first beat, the link's retry */
}

uint64_t load_rig_stat(const load_rig *r, const char *role, const char *name)
{
	g_autofree char *file = g_strdup_printf("run/%s.stats", role);
	g_autofree char *path = load_rig_path(r, file);
	g_autofree char *text = NULL;
	span all, line, key, value;
	uint64_t n;
	gsize len;

	if (!g_file_get_contents(path, &text, &len, NULL))
		return 0;
	all = span_of(text, len);
	while (span_line(&all, &line))
		if (span_word(&line, &key) && span_word(&line, &value) &&
		    span_eq(key, name) && span_number(value, UINT64_MAX, &n))
			return n;
	return 0;
}

/* ---- what it costs ---- */

static double stat_cpu_s(const char *path, pid_t *parent)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) f = NULL;
	const char *p;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return 0;
	p = strrchr(text, ')');	/* of the name, which may hold anything */
	f = g_strsplit(p ? p : "", " ", -1);
	if (g_strv_length(f) < 14)
		return 0;
	if (parent)
		*parent = (pid_t)g_ascii_strtoll(f[2], NULL, 10);
	return (double)(g_ascii_strtoull(f[12], NULL, 10) +
			g_ascii_strtoull(f[13], NULL, 10)) /
	       (double)sysconf(_SC_CLK_TCK);
}

/* Told for a process and for each of its children. */
static void each(pid_t p, void (*fn)(pid_t, void *), void *user)
{
	g_autoptr(GDir) d = g_dir_open("/proc", 0, NULL);
	const char *name;

	fn(p, user);
	while (d && (name = g_dir_read_name(d))) {
		g_autofree char *path = NULL;
		pid_t parent = 0;

		if (!g_ascii_isdigit(*name))
			continue;
		path = g_strdup_printf("/proc/%s/stat", name);
		(void)stat_cpu_s(path, &parent);
		if (parent == p)
			fn((pid_t)g_ascii_strtoll(name, NULL, 10), user);
	}
}

static void add_cpu(pid_t p, void *user)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", p);

	*(double *)user += stat_cpu_s(path, NULL);
}

double load_cpu_s(pid_t p)
{
	double s = 0;

	each(p, add_cpu, &s);
	return s;
}

double load_cpu_first_s(pid_t p)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/stat", p, p);

	return stat_cpu_s(path, NULL);
}

static void add_rss(pid_t p, void *user)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/statm", p);
	g_autofree char *text = NULL;
	g_auto(GStrv) f = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return;
	f = g_strsplit(text, " ", 3);
	if (f[0] && f[1])
		*(uint64_t *)user += g_ascii_strtoull(f[1], NULL, 10) *
				     (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t load_rss(pid_t p)
{
	uint64_t n = 0;

	each(p, add_rss, &n);
	return n;
}

void load_run_command(char **argv, const char *log, load_run *out)
{
	double begun = load_now_s();
	pid_t p = start(argv, log, NULL);
	struct rusage u;
	int status;

	if (wait4(p, &status, 0, &u) != p || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != 0)
		load_die("%s %s failed; see %s", argv[0], argv[1], log);
	out->wall_s = load_now_s() - begun;
	out->cpu_s = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		     (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
	out->rss = (uint64_t)u.ru_maxrss * 1024;
}
