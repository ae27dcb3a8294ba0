#include "app/stats.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

void stats_add(GString *s, const char *name, uint64_t value)
{
	g_string_append_printf(s, "%s %" G_GUINT64_FORMAT "\n", name, value);
}

/* 0 or an errno. */
static int write_fresh(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	const size_t len = strlen(text);
	int no = 0;
	ssize_t n;

	if (fd < 0)
		return errno;
	n = write(fd, text, len);
	if (n != (ssize_t)len)
		no = n < 0 ? errno : ENOSPC;
	close(fd);
	return no;
}

bool stats_swap(const char *path, const char *text, GError **err)
{
	g_autofree char *fresh = g_strconcat(path, ".new", NULL);
	int no = write_fresh(fresh, text);

	if (!no && g_rename(fresh, path) == 0)
		return true;
	if (!no)
		no = errno;
	g_set_error(err, G_IO_ERROR, (gint)g_io_error_from_errno(no),
		    "%s: %s", path, g_strerror(no));
	return false;
}

void stats_write(const char *run, const char *role, const GString *s)
{
	static bool told;
	g_autofree char *name = g_strconcat(role, ".stats", NULL);
	g_autofree char *path = g_build_filename(run, name, NULL);
	g_autoptr(GError) err = NULL;

	if (stats_swap(path, s->str, &err) || told)
		return;
	told = true;
	g_warning("%s", err->message);
}
