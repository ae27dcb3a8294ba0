#include "app/stats.h"

void stats_add(GString *s, const char *name, uint64_t value)
{
	g_string_append_printf(s, "%s %" G_GUINT64_FORMAT "\n", name, value);
}

void stats_write(const char *run, const char *role, const GString *s)
{
	static bool told;
	g_autofree char *name = g_strconcat(role, ".stats", NULL);
	g_autofree char *path = g_build_filename(run, name, NULL);
	g_autoptr(GError) err = NULL;

	/* No fsync: they are worth nothing after a power cut. */
	if (g_file_set_contents_full(path, s->str, (gssize)s->len,
				     G_FILE_SET_CONTENTS_CONSISTENT, 0644,
				     &err) || told)
		return;
	told = true;
	g_warning("%s", err->message);
}
