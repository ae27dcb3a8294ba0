#include "app/room.h"

#include <glib/gstdio.h>
#include <time.h>

#include "core/span.h"

enum { STALE_S = 30 };

static char *path_of(const char *run)
{
	return g_build_filename(run, "disk", NULL);
}

bool room_tell(const char *run, vlt_level l, unsigned percent, GError **err)
{
	g_autofree char *path = path_of(run);
	g_autofree char *text = g_strdup_printf("%u %u\n", l, percent);

	return g_file_set_contents_full(path, text, -1,
					G_FILE_SET_CONTENTS_CONSISTENT, 0644,
					err);
}

vlt_level room_ask(const char *run)
{
	g_autofree char *path = path_of(run);
	g_autofree char *text = NULL;
	uint64_t level;
	GStatBuf st;
	gsize n;
	span s;

	if (g_stat(path, &st) != 0 || time(NULL) - st.st_mtime > STALE_S ||
	    !g_file_get_contents(path, &text, &n, NULL))
		return VLT_ROOM;
	s = span_of(text, n);
	return span_decimal(&s, VLT_JOURNAL_ONLY, &level) ? (vlt_level)level
							  : VLT_ROOM;
}
