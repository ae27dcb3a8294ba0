#include "app/orphans.h"

#include <glib/gstdio.h>
#include <string.h>

#include "core/log.h"
#include "vault/vault.h"

/* When the last of its files was written to; INT64_MAX: it is to stay. */
static int64_t last_written(const char *dir)
{
	g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
	int64_t last = 0;
	const char *name;
	GStatBuf st;

	if (!d || g_stat(dir, &st) != 0)
		return INT64_MAX;
	last = st.st_mtime;
	while ((name = g_dir_read_name(d))) {
		g_autofree char *path = g_build_filename(dir, name, NULL);

		if (!strcmp(name, "hold") || g_stat(path, &st) != 0)
			return INT64_MAX;
		last = MAX(last, st.st_mtime);
	}
	return last;
}

bool orphans_expire(const char *spool, int64_t before_s, uint64_t *deleted,
		    GError **err)
{
	g_autoptr(GDir) d = g_dir_open(spool, 0, NULL);
	const char *name;

	while (d && (name = g_dir_read_name(d))) {
		g_autofree char *dir = g_build_filename(spool, name, NULL);

		if (!g_str_has_prefix(name, "orphans-") ||
		    last_written(dir) >= before_s)
			continue;
		if (!vlt_remove_dir(dir, err))
			return false;
		++*deleted;
		g_message("%s: deleted, its time is over", name);
	}
	return true;
}
