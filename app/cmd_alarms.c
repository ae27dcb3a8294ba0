/* cmd_alarms.c - what is wrong, what was wrong, and what each alarm means. */
#include "app/alarm_watch.h"
#include "app/app.h"
#include "app/table.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/log.h"

static struct {
	char *config;
	gboolean json, csv;
} opt;

typedef struct listing {
	table *table;
	bool history;
	unsigned critical;
} listing;

static table_form form(void)
{
	if (opt.json)
		return TABLE_JSON;
	return opt.csv ? TABLE_CSV : TABLE_TEXT;
}

static const char *severity(alarm_id id)
{
	return alarm_table()[id].critical ? "critical" : "warning";
}

static void add(void *user, const alarm_line *l)
{
	listing *t = user;

	table_time(t->table, l->at_ms);
	if (t->history)
		table_text(t->table, l->set ? "set" : "over");
	table_text(t->table, alarm_table()[l->id].name);
	table_text(t->table, severity(l->id));
	table_text(t->table, l->role);
	table_text(t->table, l->about);
	table_text(t->table, l->text);
	t->critical += alarm_table()[l->id].critical;
}

static int list(const conf *c)
{
	static const char *const columns[] = {"since", "!alarm", "severity",
					      "role", "~about", "~text", NULL};
	g_autoptr(table) t = table_new(columns);
	g_autoptr(GError) err = NULL;
	listing l = {.table = t};
	bool witnessed;

	witnessed = alarm_files_read(conf_text(c, CONF_RUN), add, &l, &err);
	if (witnessed || form() != TABLE_TEXT)
		table_print(t, form(), "no alarm is set", stdout);
	if (!witnessed)
		return app_fail("alarms", err);
	return l.critical ? APP_FAIL : APP_OK;
}

static int history(const conf *c)
{
	static const char *const columns[] = {"when", "event", "!alarm",
					      "severity", "role", "~about",
					      "~text", NULL};
	g_autoptr(table) t = table_new(columns);
	g_autofree char *path = alarm_history_path(c);
	listing l = {.table = t, .history = true};
	const bool there = g_access(path, R_OK) == 0;

	if (!there && errno != ENOENT) {
		fprintf(stderr, "edgetape alarms: %s: %s\n", path,
			g_strerror(errno));
		return APP_FAIL;
	}
	alarm_history_read(path, add, &l);
	table_print(t, form(),
		    there ? "no alarm was ever set"
			  : "nobody has kept a history yet: `edgetape run` or "
			    "`edgetape alarms watch` does", stdout);
	return APP_OK;
}

static int known(const conf *c)
{
	static const char *const columns[] = {"!alarm", "severity", "~means",
					      "~do", NULL};
	g_autoptr(table) t = table_new(columns);

	(void)c;
	for (unsigned i = 0; i < ALARM_IDS; i++) {
		const alarm_kind *k = &alarm_table()[i];

		table_text(t, k->name);
		table_text(t, severity(i));
		table_text(t, k->means);
		table_text(t, k->act);
	}
	table_print(t, form(), "", stdout);
	return APP_OK;
}

static bool run_is_there(const conf *c)
{
	g_autofree char *path = app_run_lock(c);
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const bool there = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 &&
			   errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return there;
}

/* For hosts on which the roles are started one by one; `run` does it too. */
static int watch(const conf *c)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(alarm_watch) w = NULL;

	if (run_is_there(c)) {
		fprintf(stderr, "edgetape alarms: `edgetape run` is at work "
				"here and does this; each alarm would be told "
				"twice\n");
		return APP_FAIL;
	}
	log_setup("alarms", false);
	w = alarm_watch_new(c);
	app_loop_run(loop, NULL, NULL);
	return APP_OK;
}

int cmd_alarms(int argc, char **argv)
{
	static const GOptionEntry entries[] = {
		{"config", 'c', 0, G_OPTION_ARG_FILENAME, &opt.config,
		 "Configuration (/etc/edgetape/edgetape.conf)", "FILE"},
		{"json", 0, 0, G_OPTION_ARG_NONE, &opt.json, "As JSON", NULL},
		{"csv", 0, 0, G_OPTION_ARG_NONE, &opt.csv, "As CSV", NULL},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	static const struct {
		const char *name;
		int (*run)(const conf *c);
	} verbs[] = {{"list", list}, {"history", history}, {"known", known},
		     {"watch", watch}};
	g_autoptr(conf) c = NULL;
	const char *verb;
	int status;

	if (!app_options("alarms", "[VERB]",
			 "What is wrong now. Exit status 1: something critical."
			 "\n\nVerbs:\n"
			 "  list      what is wrong now (the default)\n"
			 "  history   when alarms were raised and over\n"
			 "  known     what each alarm means, and what to do\n"
			 "  watch     keep the history and call the hook, where "
			 "no `edgetape run` does",
			 entries, &argc, &argv, &status))
		return status;
	verb = argc > 1 ? argv[1] : "list";
	if (!app_no_clash("alarms", (const app_clash[]){
		    {"--json", "--csv", opt.json, opt.csv},
		    {"watch", "--json", !strcmp(verb, "watch"), opt.json},
		    {"watch", "--csv", !strcmp(verb, "watch"), opt.csv}, {0}}))
		return APP_USAGE;
	for (size_t i = 0; i < G_N_ELEMENTS(verbs) && argc < 3; i++) {
		if (strcmp(verb, verbs[i].name))
			continue;
		if (verbs[i].run == known)
			return known(NULL);
		c = app_conf("alarms", opt.config ? opt.config : APP_CONF);
		return c ? verbs[i].run(c) : APP_FAIL;
	}
	fprintf(stderr, "edgetape alarms: %s%s; see edgetape alarms --help\n",
		argc > 2 ? "too many words: " : "there is no verb ",
		argc > 2 ? argv[2] : verb);
	return APP_USAGE;
}
