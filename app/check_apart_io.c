/* The tests of `edgetape check` for a supervisor: in a process of its own,
 * because they read keys, which the supervisor never holds, and because one
 * that hangs must not hang it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/check.h"
#include "core/clock.h"
#include "core/rights.h"

enum { PATIENCE_MS = 10000 };	/* the watchdog's is 30 s */

static const char end_mark[] = ".\n";

/* Disks, the clock and the inside of the database are this host's affair, not
 * the configuration's: the roles are at work with them. */
static void test(check *k, const conf *c)
{
	check_keys(k, c);
	check_certificates(k, c);
	check_interfaces(k, c);
	check_listeners(k, c);
	check_rights(k, c);
	check_alarms(k, c);
}

G_GNUC_NORETURN
static void work(const conf *c, int to)
{
	g_autoptr(check) k = check_new();
	FILE *out = fdopen(to, "w");

	prctl(PR_SET_DUMPABLE, 0);
	rights_keep_from_child();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	test(k, c);
	if (!out)
		_exit(1);
	check_print_errors(k, out);
	fputs(end_mark, out);
	fclose(out);
	_exit(0);
}

/* All that comes until the other side closes it; what comes too late is not
 * read. */
static char *text_of(int fd)
{
	const clk_mono begun = clk_mono_now();
	GString *s = g_string_new(NULL);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char buf[4096];
	ssize_t n;

	for (;;) {
		const int64_t left = PATIENCE_MS -
			clk_since(clk_mono_now(), begun) / CLK_NS_PER_MS;

		if (left <= 0 || (poll(&p, 1, (int)left) < 0 && errno != EINTR))
			break;
		if (!p.revents)
			continue;
		n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			break;
		g_string_append_len(s, buf, n);
	}
	return g_string_free(s, FALSE);
}

static void take(const char *text, GPtrArray *errors)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **l = lines; *l; l++)
		if (**l && strcmp(*l, ".") != 0)
			g_ptr_array_add(errors, g_strdup(*l));
	if (!g_str_has_suffix(text, end_mark))
		g_ptr_array_add(errors, g_strdup(
			"the tests did not come to an end; `edgetape check` "
			"shows where"));
}

void check_apart(const conf *c, GPtrArray *errors)
{
	g_autofree char *text = NULL;
	int fd[2];
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) != 0 || (pid = fork()) < 0) {
		g_ptr_array_add(errors, g_strdup(g_strerror(errno)));
		return;
	}
	if (pid == 0)
		work(c, fd[1]);
	close(fd[1]);
	text = text_of(fd[0]);
	close(fd[0]);
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	take(text, errors);
}
