#include "core/log.h"

#include <glib.h>
#include <stdio.h>
#include <unistd.h>

typedef struct log_state {
	const char *role;
	bool debug;
	bool journal;
} log_state;

static const char *level_name(GLogLevelFlags level)
{
	if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
		return "critical: ";
	if (level & G_LOG_LEVEL_WARNING)
		return "warning: ";
	return level & G_LOG_LEVEL_DEBUG ? "debug: " : "";
}

static GLogWriterOutput write_line(GLogLevelFlags level,
				   const GLogField *fields, gsize n, void *user)
{
	const log_state *l = user;
	const char *message = "";

	if (level & G_LOG_LEVEL_DEBUG && !l->debug)
		return G_LOG_WRITER_HANDLED;
	if (l->journal && g_log_writer_journald(level, fields, n, NULL) ==
				  G_LOG_WRITER_HANDLED)
		return G_LOG_WRITER_HANDLED;
	for (gsize i = 0; i < n; i++)
		if (!g_strcmp0(fields[i].key, "MESSAGE"))
			message = fields[i].value;
	fprintf(stderr, "edgetape %s: %s%s\n", l->role, level_name(level),
		message);
	return G_LOG_WRITER_HANDLED;
}

void log_setup(const char *role, bool debug)
{
	log_state *l = g_new0(log_state, 1);

	l->role = role;
	l->debug = debug;
	l->journal = g_log_writer_is_journald(STDERR_FILENO);
	/* GLib keeps the state for the life of the process. */
	g_log_set_writer_func(write_line, l, NULL);
}
