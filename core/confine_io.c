#include "core/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

G_DEFINE_QUARK(confine_error, confine_error)

/* System calls that no role needs once it runs. */
static const int never[] = {
	SCMP_SYS(execve),	  SCMP_SYS(execveat),
	SCMP_SYS(ptrace),	  SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(bpf),
	SCMP_SYS(mount),	  SCMP_SYS(umount2),
	SCMP_SYS(pivot_root),	  SCMP_SYS(chroot),
	SCMP_SYS(setns),	  SCMP_SYS(unshare),
	SCMP_SYS(init_module),	  SCMP_SYS(finit_module),
	SCMP_SYS(delete_module),  SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load), SCMP_SYS(keyctl),
	SCMP_SYS(add_key),	  SCMP_SYS(request_key),
	SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd),
	SCMP_SYS(open_by_handle_at), SCMP_SYS(io_uring_setup),
	SCMP_SYS(swapon),	  SCMP_SYS(swapoff),
	SCMP_SYS(reboot),	  SCMP_SYS(settimeofday),
	SCMP_SYS(clock_settime),  SCMP_SYS(acct),
	SCMP_SYS(quotactl),	  SCMP_SYS(pidfd_getfd),
};

static const int network[] = {
	SCMP_SYS(socket),     SCMP_SYS(connect), SCMP_SYS(bind),
	SCMP_SYS(listen),     SCMP_SYS(accept),	 SCMP_SYS(accept4),
	SCMP_SYS(socketpair),
};

static bool fail(GError **err, confine_error code, const char *what, int no)
{
	g_set_error(err, CONFINE_ERROR, (gint)code, "%s: %s", what,
		    g_strerror(no));
	return false;
}

/* Refused calls fail with EPERM: a codec library that tries one is refused
 * that, and the call in progress need not die for it. */
static int deny(scmp_filter_ctx c, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int e = seccomp_rule_add(c, SCMP_ACT_ERRNO(EPERM), calls[i], 0);

		/* -EDOM: this architecture has no such call. */
		if (e < 0 && e != -EDOM)
			return e;
	}
	return 0;
}

static bool confine_calls(const confine_plan *p, GError **err)
{
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ALLOW);
	int e = c ? deny(c, never, G_N_ELEMENTS(never)) : -ENOMEM;

	if (e == 0 && !p->network)
		e = deny(c, network, G_N_ELEMENTS(network));
	if (e == 0)
		e = seccomp_load(c);
	seccomp_release(c);
	return e == 0 || fail(err, CONFINE_ERROR_SECCOMP, "seccomp", -e);
}

static int landlock_abi(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
			    LANDLOCK_CREATE_RULESET_VERSION);
}

bool confine_has_landlock(void)
{
	return landlock_abi() >= 1;
}

enum {
	READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
	WRITE = READ | LANDLOCK_ACCESS_FS_WRITE_FILE |
		LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
		LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
		LANDLOCK_ACCESS_FS_MAKE_SOCK,
	/* What a rule for a single file may name. */
	FILE_ONLY = LANDLOCK_ACCESS_FS_READ_FILE |
		    LANDLOCK_ACCESS_FS_WRITE_FILE,
	HANDLED = WRITE | LANDLOCK_ACCESS_FS_EXECUTE |
		  LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_FIFO |
		  LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM,
};

static bool allow(int rules, const char *path, uint64_t access, bool needed,
		  GError **err)
{
	struct landlock_path_beneath_attr a = {.allowed_access = access};
	int fd = open(path, O_PATH | O_CLOEXEC), e;
	struct stat st;

	if (fd < 0 && !needed)
		return true;
	if (fd < 0)
		return fail(err, CONFINE_ERROR_PATH, path, errno);
	if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
		a.allowed_access &= FILE_ONLY;
	a.parent_fd = fd;
	e = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
		    &a, 0) == 0
		    ? 0
		    : errno;
	close(fd);
	return e == 0 || fail(err, CONFINE_ERROR_LANDLOCK, path, e);
}

static bool add_rules(int rules, const confine_plan *p, GError **err)
{
	for (const char *const *s = p->read; s && *s; s++)
		if (!allow(rules, *s, READ, false, err))
			return false;
	for (const char *const *s = p->write; s && *s; s++)
		if (!allow(rules, *s, WRITE, true, err))
			return false;
	return true;
}

static bool confine_files(const confine_plan *p, GError **err)
{
	struct landlock_ruleset_attr attr = {.handled_access_fs = HANDLED};
	int rules = (int)syscall(SYS_landlock_create_ruleset, &attr,
				 sizeof(attr), 0);
	bool ok;

	if (rules < 0)
		return fail(err, CONFINE_ERROR_LANDLOCK, "landlock", errno);
	ok = add_rules(rules, p, err);
	if (ok && syscall(SYS_landlock_restrict_self, rules, 0) != 0)
		ok = fail(err, CONFINE_ERROR_LANDLOCK, "landlock", errno);
	close(rules);
	return ok;
}

bool confine(const confine_plan *p, GError **err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return fail(err, CONFINE_ERROR_SECCOMP, "no_new_privs", errno);
	if (!p->files && confine_has_landlock() && !confine_files(p, err))
		return false;
	return confine_calls(p, err);
}
