#include "core/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Confining is for good: each attempt is made in a child. The child's exit
 * status is the number of the attempt that should have failed and did not, or
 * 100 and more for what should have worked. */
static int in_child(int (*attempt)(const char *dir), const char *dir)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(attempt(dir));
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static bool can_write(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool can_read(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int renderer(const char *dir)
{
	const char *const write[] = {dir, NULL};
	const char *const read[] = {"/usr/share", "/no/such/path", NULL};
	const confine_plan p = {.read = read, .write = write};
	char *const argv[] = {"true", NULL};

	if (!confine(&p, NULL))
		return 100;
	if (!can_write(dir, "a"))
		return 101;
	if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM)
		return 1;
	if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0)
		return 2;
	execv("/bin/true", argv);
	if (errno != EPERM && errno != EACCES)
		return 3;
	if (ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) >= 0)
		return 4;
	if (!confine_has_landlock())
		return 0;
	if (can_read("/etc/passwd"))
		return 5;
	if (can_write("/tmp", "edgetape-confine"))
		return 6;
	if (can_write("/usr/share", "edgetape-confine"))
		return 7;
	return 0;
}

static int server(const char *dir)
{
	const char *const write[] = {dir, NULL};
	const confine_plan p = {.network = true, .write = write};

	if (!confine(&p, NULL))
		return 100;
	if (socket(AF_INET, SOCK_STREAM, 0) < 0)
		return 101;
	return execl("/bin/true", "true", NULL) >= 0;
}

static int missing(const char *dir)
{
	const char *const write[] = {"/no/such/directory", NULL};
	const confine_plan p = {.write = write};
	g_autoptr(GError) err = NULL;

	(void)dir;
	if (!confine_has_landlock())
		return 0;
	if (confine(&p, &err))
		return 1;
	return strstr(err->message, "/no/such/directory") ? 0 : 2;
}

static void run(int (*attempt)(const char *dir))
{
	g_autofree char *dir = g_dir_make_tmp("confine-XXXXXX", NULL);
	g_autofree char *a = g_build_filename(dir, "a", NULL);

	g_assert_cmpint(in_child(attempt, dir), ==, 0);
	g_unlink(a);
	g_rmdir(dir);
}

static void test_renderer(void)
{
	run(renderer);
}

static void test_server(void)
{
	run(server);
}

static void test_missing(void)
{
	run(missing);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/core/confine/renderer", test_renderer);
	g_test_add_func("/core/confine/server", test_server);
	g_test_add_func("/core/confine/missing", test_missing);
	return g_test_run();
}
