#include "vault/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

G_DEFINE_QUARK(vlt_error, vlt_error)

static bool fail(GError **err, const char *path)
{
	g_set_error(err, VLT_ERROR, VLT_ERROR_FILE, "%s: %s", path,
		    g_strerror(errno));
	return false;
}

/* So that what is gone stays gone after a power cut. */
static bool sync_parent(const char *path, GError **err)
{
	g_autofree char *dir = g_path_get_dirname(path);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return errno == ENOENT || fail(err, dir);
	ok = fsync(fd) == 0 || fail(err, dir);
	close(fd);
	return ok;
}

bool vlt_remove_file(const char *path, GError **err)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return fail(err, path);
	return sync_parent(path, err);
}

static bool remove_inside(const char *path, GError **err)
{
	g_autoptr(GDir) d = g_dir_open(path, 0, NULL);
	const char *name;

	while (d && (name = g_dir_read_name(d))) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		if (unlink(file) < 0 && errno != ENOENT)
			return fail(err, file);
	}
	return true;
}

static char *hidden_name(const char *path)
{
	g_autofree char *dir = g_path_get_dirname(path);
	g_autofree char *base = g_path_get_basename(path);

	return g_strdup_printf("%s/.%s", dir, base);
}

/* It disappears at once under a hidden name, then its files go: nobody reads
 * half of it. */
bool vlt_remove_dir(const char *path, GError **err)
{
	g_autofree char *hidden = hidden_name(path);

	if (!remove_inside(hidden, err))
		return false;
	if (rename(path, hidden) < 0 && errno != ENOENT)
		return fail(err, path);
	if (!sync_parent(path, err) || !remove_inside(hidden, err))
		return false;
	if (rmdir(hidden) < 0 && errno != ENOENT)
		return fail(err, path);
	return sync_parent(path, err);
}

bool vlt_disk_full(const char *path, unsigned *percent, GError **err)
{
	struct statvfs v;
	uint64_t all, left;

	if (statvfs(path, &v) < 0)
		return fail(err, path);
	all = v.f_blocks;
	left = v.f_bavail;
	*percent = all ? (unsigned)(((all - left) * 100 + all - 1) / all) : 0;
	return true;
}
