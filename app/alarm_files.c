#include <glib/gstdio.h>

#include "app/alarm_watch.h"

enum { STALE_S = 15 };	/* ignore the file of a role that no longer writes it */

static void read_lines(const char *path, alarm_each *each, void *user)
{
	g_autofree char *text = NULL;
	alarm_text buf;
	alarm_line l;
	span s;
	gsize n;

	if (!g_file_get_contents(path, &text, &n, NULL))
		return;
	s = span_of(text, n);
	while (alarm_line_get(&s, &buf, &l))
		each(user, &l);
}

static bool is_fresh(const char *path)
{
	int64_t now = clk_now().wall.ns / CLK_NS_PER_S;
	GStatBuf st;

	return g_stat(path, &st) == 0 && ABS(now - st.st_mtime) <= STALE_S;
}

bool alarm_files_read(const char *run, alarm_each *each, void *user,
		      GError **err)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(GDir) d = g_dir_open(run, 0, &why);
	const char *name;
	bool any = false;

	while (d && (name = g_dir_read_name(d))) {
		g_autofree char *path = g_build_filename(run, name, NULL);

		if (!g_str_has_suffix(name, ".alarms") || !is_fresh(path))
			continue;
		read_lines(path, each, user);
		any = true;
	}
	if (!any)
		g_set_error(err, CONF_ERROR, CONF_ERROR_FILE,
			    "nobody can tell: no role runs with [edgetape] "
			    "run=%s%s%s", run,
			    d ? "" : ", or it may not be seen: ",
			    d ? "" : why->message);
	return any;
}

char *alarm_history_path(const conf *c)
{
	g_autofree char *dir = g_path_get_dirname(conf_text(c, CONF_CATALOG));

	return g_build_filename(dir, "alarms.log", NULL);
}

void alarm_history_read(const char *path, alarm_each *each, void *user)
{
	g_autofree char *older = g_strconcat(path, ".1", NULL);

	read_lines(older, each, user);
	read_lines(path, each, user);
}
