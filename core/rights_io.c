#include "core/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

G_DEFINE_QUARK(rights_error, rights_error)

static bool fail(GError **err, const char *what)
{
	g_set_error(err, RIGHTS_ERROR, RIGHTS_ERROR_DROP, "%s: %s", what,
		    g_strerror(errno));
	return false;
}

static struct passwd *find(const char *user, GError **err)
{
	struct passwd *p = getpwnam(user);

	if (!p)
		g_set_error(err, RIGHTS_ERROR, RIGHTS_ERROR_USER,
			    "[edgetape] user: there is no user \"%s\"", user);
	return p;
}

static bool has_raw(void)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2] = {{0}};

	return syscall(SYS_capget, &h, d) == 0 &&
	       (d[0].permitted & (1u << CAP_NET_RAW));
}

/* Needs CAP_SETPCAP; without it the process had no capability to give. */
static void bound(bool raw)
{
	for (int c = 0; c <= CAP_LAST_CAP; c++)
		if (!raw || c != CAP_NET_RAW)
			(void)prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
}

static bool set_caps(bool raw, GError **err)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	uint32_t bit = raw ? 1u << CAP_NET_RAW : 0;
	struct __user_cap_data_struct d[2] = {
		{.effective = bit, .permitted = bit, .inheritable = bit},
	};

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &h, d) != 0)
		return fail(err, "giving up capabilities");
	if (!raw || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0,
			  0) == 0)
		return true;
	return fail(err, "CAP_NET_RAW");
}

static bool become(const struct passwd *p, GError **err)
{
	/* setuid() would take CAP_NET_RAW with it. */
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 &&
	    initgroups(p->pw_name, p->pw_gid) == 0 &&
	    setresgid(p->pw_gid, p->pw_gid, p->pw_gid) == 0 &&
	    setresuid(p->pw_uid, p->pw_uid, p->pw_uid) == 0 &&
	    prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) == 0)
		return true;
	return fail(err, p->pw_name);
}

bool rights_become(const char *user, bool raw, GError **err)
{
	const struct passwd *p = NULL;

	raw = raw && has_raw();
	if (user && *user && geteuid() == 0 && !(p = find(user, err)))
		return false;
	bound(raw);
	return (!p || become(p, err)) && set_caps(raw, err);
}

void rights_keep_from_child(void)
{
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

void rights_hide_memory(void)
{
	const struct rlimit none = {0, 0};
	int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);

	(void)setrlimit(RLIMIT_CORE, &none);
	if (fd < 0 || write(fd, "0", 1) != 1)
		g_warning("a core that a debugger makes would hold keys: %s",
			  g_strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* Of the last one, and of all above it that had to be made: a directory is of
 * no use to whoever may not enter the one above. */
static bool make(const char *dir, const struct passwd *owner, GError **err)
{
	g_autofree char *above = NULL;

	if (g_file_test(dir, G_FILE_TEST_EXISTS))
		return true;
	above = g_path_get_dirname(dir);
	if (!make(above, owner, err))
		return false;
	if (mkdir(dir, 0750) != 0 && errno != EEXIST)
		return fail(err, dir);
	return !owner || lchown(dir, owner->pw_uid, owner->pw_gid) == 0 ||
	       fail(err, dir);
}

bool rights_mkdir(const char *dir, const char *user, GError **err)
{
	const struct passwd *owner = NULL;

	if (user && *user && geteuid() == 0) {
		owner = find(user, err);
		if (!owner)
			return false;
	}
	return make(dir, owner, err);
}
