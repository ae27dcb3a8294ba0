#include "core/rights.h"

#include <glib/gstdio.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* For good, so in a child: its exit status is what did not hold. */
static int hidden(void)
{
	g_autofree char *filter = NULL;
	struct rlimit l;

	rights_hide_memory();
	if (getrlimit(RLIMIT_CORE, &l) != 0 || l.rlim_cur || l.rlim_max)
		return 1;
	if (!g_file_get_contents("/proc/self/coredump_filter", &filter, NULL,
				 NULL))
		return 2;
	return g_ascii_strtoull(filter, NULL, 16) == 0 ? 0 : 3;
}

static void test_hide(void)
{
	pid_t p = fork();
	int status;

	if (p == 0)
		_exit(hidden());
	g_assert_cmpint(waitpid(p, &status, 0), ==, p);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

static void test_unknown_user(void)
{
	g_autoptr(GError) err = NULL;

	if (geteuid() != 0) {
		g_test_skip("only root can become somebody");
		return;
	}
	g_assert_false(rights_become("nobody-of-this-name", false, &err));
	g_assert_error(err, RIGHTS_ERROR, RIGHTS_ERROR_USER);
}

/* Whoever is given a directory can get there. */
static void test_mkdir(void)
{
	g_autofree char *top = g_dir_make_tmp(NULL, NULL);
	g_autofree char *upper = g_build_filename(top, "a", NULL);
	g_autofree char *dir = g_build_filename(upper, "b", NULL);
	const struct passwd *p = getpwnam("daemon");
	g_autoptr(GError) err = NULL;
	struct stat st;

	if (geteuid() != 0 || !p) {
		g_test_skip("only root can give a directory away");
	} else {
		g_assert_true(rights_mkdir(dir, "daemon", &err));
		g_assert_no_error(err);
		g_assert_true(stat(upper, &st) == 0 && st.st_uid == p->pw_uid);
		g_assert_true(stat(dir, &st) == 0 && st.st_uid == p->pw_uid);
		g_assert_true(stat(top, &st) == 0 && st.st_uid == 0);
	}
	g_rmdir(dir);
	g_rmdir(upper);
	g_rmdir(top);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/core/rights/hide", test_hide);
	g_test_add_func("/core/rights/unknown-user", test_unknown_user);
	g_test_add_func("/core/rights/mkdir", test_mkdir);
	return g_test_run();
}
