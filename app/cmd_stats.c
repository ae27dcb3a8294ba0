/* cmd_stats.c - the roles' counters, as they are now. */
#include "app/app.h"
#include "app/stats_watch.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <time.h>

#include "core/span.h"

enum { STALE_S = 5 };

static char *path;
static gboolean as_json;
static int watch_s = -1, times;

static void print_line(const char *role, span name, span value, bool *first)
{
	int n = (int)name.left, v = (int)value.left;

	if (!as_json)
		printf("%-8s %-28.*s %12.*s\n", role, n, name.p, v, value.p);
	else
		printf("%s\n    \"%.*s\": %.*s", *first ? "" : ",", n, name.p,
		       v, value.p);
	*first = false;
}

static void print_text(const char *role, span text)
{
	bool first = true;
	span line, name;

	while (span_line(&text, &line))
		if (span_until(&line, ' ', &name))
			print_line(role, name, line, &first);
}

/* False when there is nothing, or nothing recent. */
static bool print_role(const char *run, const char *role, bool more)
{
	g_autofree char *name = g_strconcat(role, ".stats", NULL);
	g_autofree char *file = g_build_filename(run, name, NULL);
	g_autofree char *text = NULL;
	GStatBuf st;
	gsize n;

	if (g_access(file, R_OK) != 0 && errno == EACCES) {
		fprintf(stderr, "edgetape stats: %s: %s\n", file,
			g_strerror(EACCES));
		return false;
	}
	if (g_stat(file, &st) != 0 ||
	    !g_file_get_contents(file, &text, &n, NULL) ||
	    time(NULL) - st.st_mtime > STALE_S) {
		fprintf(stderr, "edgetape stats: %s does not run here\n", role);
		return false;
	}
	if (as_json)
		printf("%s\n  \"%s\": {", more ? "," : "", role);
	print_text(role, span_of(text, n));
	if (as_json)
		printf("\n  }");
	return true;
}

int cmd_stats(int argc, char **argv)
{
	static const GOptionEntry entries[] = {
		{"config", 'c', 0, G_OPTION_ARG_FILENAME, &path,
		 "Configuration (/etc/edgetape/edgetape.conf)", "FILE"},
		{"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "As JSON", NULL},
		{"watch", 'w', 0, G_OPTION_ARG_INT, &watch_s,
		 "What became of each interface's packets, every SECONDS "
		 "seconds", "SECONDS"},
		{"times", 0, 0, G_OPTION_ARG_INT, &times,
		 "With --watch: this many times", "NUMBER"},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	/* The first two say whether this host records. */
	static const char *const roles[] = {"tap", "capture", "keep"};
	g_autoptr(conf) c = NULL;
	unsigned n = 0, recording = 0;
	int status;

	if (!app_options("stats", NULL,
			 "Prints the counters of the roles on this host.",
			 entries, &argc, &argv, &status))
		return status;
	if (!app_no_words("stats", argc, argv))
		return APP_USAGE;
	if (watch_s == 0 || watch_s < -1 || times < 0 ||
	    (times && watch_s < 0)) {
		fprintf(stderr, "edgetape stats: --watch takes a number of "
				"seconds, at least 1; --times needs --watch\n");
		return APP_USAGE;
	}
	c = app_conf("stats", path ? path : APP_CONF);
	if (!c)
		return APP_FAIL;
	if (watch_s >= 0)
		return stats_watch(c, (unsigned)watch_s, (unsigned)times,
				   as_json);
	if (as_json)
		printf("{");
	for (size_t i = 0; i < G_N_ELEMENTS(roles); i++) {
		const bool runs = print_role(conf_text(c, CONF_RUN), roles[i],
					     n > 0);

		n += runs;
		recording += runs && i < 2;
	}
	if (as_json)
		printf("\n}\n");
	return recording == 2 ? APP_OK : APP_FAIL;
}
