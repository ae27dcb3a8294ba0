/* cmd_run.c - the appliance on one host: starts the roles, starts them again
 * when they die, and keeps the host's alarms. */
#include "app/app.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/alarm_watch.h"
#include "app/check.h"
#include "app/setup.h"
#include "core/fdstore.h"
#include "core/log.h"
#include "core/rights.h"

enum {
	ROLES = 4,
	SOON_MS = 100,		/* a role that lived is restarted after this */
	LATER_MS = 2000,	/* one that died young; doubled each time */
	LATEST_MS = 30000,
	YOUNG_S = 5,
	HUNG_S = 6,		/* without a sign of life */
	STOP_MS = 10000,	/* then a role that does not stop is killed */
};

typedef struct run_role run_role;

typedef struct child {
	const char *name;
	run_role *run;
	GPid pid;		/* 0: not running */
	clk_mono born;
	guint timer;
	fdkeeper *keeper;	/* NULL: of no use to this role */
	unsigned young;		/* deaths in a row soon after the start */
	bool renewed;		/* stopped by us, for a new configuration */
	char *why;		/* of its last death; NULL: it lives well */
} child;

struct run_role {
	const char *config;	/* the administrator's file */
	char *active;		/* our copy of what is in force */
	conf *conf;
	char *self;		/* our own program */
	fdstore *manager;	/* of ours: systemd, or nobody */
	child child[ROLES];	/* in the order of starting */
	GMainLoop *loop;
	bool stopping, ready;
	alarm_watch *watch;
};

static gboolean start_child(gpointer p);

/* ---- the roles ---- */

static void note_death(child *c, int status)
{
	g_free(c->why);
	c->why = WIFSIGNALED(status)
			 ? g_strdup_printf("it was killed by signal %d",
					   WTERMSIG(status))
			 : g_strdup_printf("it ended with status %d",
					   WEXITSTATUS(status));
	g_critical("%s: %s; it is started again", c->name, c->why);
	alarm_watch_role(c->run->watch, c->name, c->why);
}

static bool any_left(const run_role *r)
{
	for (int i = 0; i < ROLES; i++)
		if (r->child[i].pid)
			return true;
	return false;
}

static unsigned delay_ms(const child *c)
{
	if (!c->young)
		return SOON_MS;
	return MIN(LATER_MS << MIN(c->young - 1, 8), LATEST_MS);
}

static void on_exit_child(GPid pid, gint status, gpointer p)
{
	child *c = p;
	bool young = clk_since(clk_mono_now(), c->born) <
		     YOUNG_S * CLK_NS_PER_S;

	if (c->keeper)
		fdkeeper_hear(c->keeper, pid);
	c->pid = 0;
	if (c->run->stopping) {
		if (!any_left(c->run))
			g_main_loop_quit(c->run->loop);
		return;
	}
	if (c->renewed) {
		c->renewed = false;
		c->young = 0;
	} else {
		c->young = young ? c->young + 1 : 0;
		note_death(c, status);
	}
	c->timer = g_timeout_add(delay_ms(c), start_child, c);
}

/* In the child: it must not outlive a supervisor that was killed. */
static void tie(const child *c, pid_t parent)
{
	if (strcmp(c->name, "capture"))
		rights_keep_from_child();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(APP_FAIL);
}

/* Only fork: nothing of the child's environment is left to make. */
static pid_t spawn(child *c)
{
	char *argv[] = {c->run->self, (char *)(uintptr_t)c->name, "-c",
			c->run->active, NULL};
	char **env = c->keeper ? fdkeeper_environment(c->keeper) : environ;
	pid_t self = getpid(), pid = fork();

	if (pid != 0)
		return pid;
	tie(c, self);
	if (c->keeper)
		fdkeeper_hand_over(c->keeper);
	execve(argv[0], argv, env);
	_exit(APP_FAIL);
}

static gboolean start_child(gpointer p)
{
	child *c = p;

	c->timer = 0;
	c->born = clk_mono_now();
	c->pid = spawn(c);
	if (c->pid < 0) {
		g_critical("%s: %s", c->name, g_strerror(errno));
		c->pid = 0;
		c->timer = g_timeout_add(LATER_MS, start_child, c);
		return G_SOURCE_REMOVE;
	}
	g_child_watch_add(c->pid, on_exit_child, c);
	return G_SOURCE_REMOVE;
}

static gboolean on_keep(gint fd, GIOCondition what, gpointer p)
{
	child *c = p;

	(void)fd;
	(void)what;
	fdkeeper_hear(c->keeper, c->pid);
	return G_SOURCE_CONTINUE;
}

/* Capture's rings outlive its supervisor here, as they do under systemd; and
 * us, where systemd keeps what we keep. */
static void keep_for(child *c)
{
	c->keeper = fdkeeper_new(c->run->manager);
	if (c->keeper)
		g_unix_fd_add(fdkeeper_fd(c->keeper), G_IO_IN, on_keep, c);
	else
		g_warning("no socket: the packets in capture's rings would "
			  "not survive the death of its supervisor");
}

static gboolean kill_all(gpointer p)
{
	run_role *r = p;

	for (int i = 0; i < ROLES; i++)
		if (r->child[i].pid)
			kill(r->child[i].pid, SIGKILL);
	return G_SOURCE_REMOVE;
}

static void stop_all(run_role *r)
{
	r->stopping = true;
	fdstore_say(r->manager, "STOPPING=1");
	for (int i = 0; i < ROLES; i++) {
		child *c = &r->child[i];

		g_clear_handle_id(&c->timer, g_source_remove);
		if (c->pid)
			kill(c->pid, SIGTERM);
	}
	if (!any_left(r))
		return;
	g_timeout_add(STOP_MS, kill_all, r);
	g_main_loop_run(r->loop);
}

/* ---- how they are ---- */

/* Seconds since the role wrote its alarms; it does so every second. */
static int64_t silent_s(const child *c)
{
	g_autofree char *file = g_strconcat(c->name, ".alarms", NULL);
	g_autofree char *path = g_build_filename(
		conf_text(c->run->conf, CONF_RUN), file, NULL);
	struct stat st;

	if (stat(path, &st) != 0)
		return INT64_MAX;
	return ABS(clk_now().wall.ns / CLK_NS_PER_S - st.st_mtime);
}

/* True when it goes about its work. */
static bool look_at(child *c)
{
	int64_t age = clk_since(clk_mono_now(), c->born) / CLK_NS_PER_S;
	bool well;

	if (!c->pid || age < 1)
		return false;
	well = silent_s(c) <= HUNG_S;
	if (!well && age > 2 * HUNG_S)
		alarm_watch_role(c->run->watch, c->name,
				 "it runs, and shows no sign of life");
	if (well && age >= YOUNG_S) {
		c->young = 0;
		g_clear_pointer(&c->why, g_free);
		alarm_watch_role(c->run->watch, c->name, NULL);
	}
	return well;
}

static gboolean look(gpointer p)
{
	run_role *r = p;
	bool all = true;

	for (int i = 0; i < ROLES; i++)
		all &= look_at(&r->child[i]);
	if (all && !r->ready) {
		r->ready = true;
		fdstore_say(r->manager, "READY=1");
		g_message("all roles are at work");
	}
	fdstore_say(r->manager, "WATCHDOG=1");
	return G_SOURCE_CONTINUE;
}

/* ---- configuration ---- */

/* The roles read this copy: a bad file that waits for its repair cannot keep
 * one from being started again. */
static bool write_active(const run_role *r, GError **err)
{
	g_autofree char *text = conf_print(r->conf, false);

	return g_file_set_contents_full(r->active, text, -1,
					G_FILE_SET_CONTENTS_CONSISTENT, 0640,
					err);
}

static bool role_reads(const char *role, const char *group)
{
	static const char *const groups[][3] = {
		{"edgetape", "", ""},
		{"capture", "capture", ""},
		{"rewrite", "capture", "tap"},
		{"tap", "tap", "render"},
		{"rules", "tap", ""},
		{"render", "render", ""},
		{"keep", "keep", ""},
	};

	if (!strcmp(group, groups[0][0]))
		return true;
	for (size_t i = 1; i < G_N_ELEMENTS(groups); i++)
		if (!strcmp(group, groups[i][0]))
			return !strcmp(role, groups[i][1]) ||
			       !strcmp(role, groups[i][2]);
	return false;
}

static bool differs(const conf *a, const conf *b, const char *role)
{
	for (unsigned i = 0; i < CONF_KEYS; i++)
		if (g_strcmp0(conf_text(a, i), conf_text(b, i)) &&
		    role_reads(role, conf_table()[i].group))
			return true;
	return false;
}

static void renew_watch(run_role *r)
{
	alarm_watch_free(r->watch);
	r->watch = alarm_watch_new(r->conf);
	for (int i = 0; i < ROLES; i++)
		if (r->child[i].why)
			alarm_watch_role(r->watch, r->child[i].name,
					 r->child[i].why);
}

static void renew(run_role *r, conf *new)
{
	g_autoptr(conf) old = r->conf;
	g_autoptr(GError) err = NULL;

	r->conf = new;
	if (!write_active(r, &err))
		g_critical("%s", err->message);
	renew_watch(r);
	for (int i = 0; i < ROLES; i++) {
		child *c = &r->child[i];

		if (!c->pid)
			continue;
		c->renewed = differs(old, new, c->name);
		if (c->renewed)
			g_message("%s starts again with what is new", c->name);
		kill(c->pid, c->renewed ? SIGTERM : SIGHUP);
	}
}

/* What only a restart can change. */
static void fixed_problems(const run_role *r, const conf *new,
			   GPtrArray *errors)
{
	static const conf_id fixed[] = {CONF_RUN, CONF_USER};

	for (size_t i = 0; i < G_N_ELEMENTS(fixed); i++)
		if (g_strcmp0(conf_text(r->conf, fixed[i]),
			      conf_text(new, fixed[i])))
			g_ptr_array_add(errors, g_strdup_printf(
				"[edgetape] %s: changed only by a restart",
				conf_table()[fixed[i]].key));
}

/* A certificate that was renewed need not wait for the repair of something
 * else. The tap tests it again, and keeps the old one if it is bad. */
static void renew_certificates(const run_role *r, const GPtrArray *errors)
{
	for (guint i = 0; i < errors->len; i++)
		if (g_str_has_prefix(g_ptr_array_index(errors, i),
				     "certificates: "))
			return;
	for (int i = 0; i < ROLES; i++)
		if (!strcmp(r->child[i].name, "tap") && r->child[i].pid)
			kill(r->child[i].pid, SIGHUP);
}

static void reload(void *user)
{
	run_role *r = user;
	g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
	conf *new = conf_try(r->config, errors);
	bool readable;

	setup_problems(new, errors);
	fixed_problems(r, new, errors);
	readable = !errors->len;
	if (readable)
		check_apart(new, errors);
	if (!errors->len) {
		renew(r, new);
		return;
	}
	for (guint i = 0; i < errors->len; i++)
		g_critical("%s", (char *)g_ptr_array_index(errors, i));
	g_critical("the configuration stays as it was");
	if (readable)
		renew_certificates(r, errors);
	conf_free(new);
}

/* Two of them would start each role twice. The lock goes with the process: its
 * children do not inherit it. */
static bool be_alone(const conf *c, GError **err)
{
	g_autofree char *path = app_run_lock(c);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);

	if (fd < 0)
		return setup_fail(err, "%s: %s", path, g_strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return true;
	close(fd);
	return setup_fail(err, "another `edgetape run` is at work with "
			  "[edgetape] run=%s", conf_text(c, CONF_RUN));
}

static bool prepare(run_role *r, GError **err)
{
	static const char *const names[ROLES] = {"capture", "tap", "render",
					   "keep"};

	r->self = g_file_read_link("/proc/self/exe", err);
	if (!r->self || !app_drop_run(r->conf, err))
		return false;
	/* What is started here, the hook too, gains nothing by set-uid. */
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	g_mkdir_with_parents(conf_text(r->conf, CONF_RUN), 0750);
	if (!be_alone(r->conf, err))
		return false;
	r->active = g_build_filename(conf_text(r->conf, CONF_RUN),
				     "active.conf", NULL);
	if (!write_active(r, err))
		return false;
	r->watch = alarm_watch_new(r->conf);
	for (int i = 0; i < ROLES; i++) {
		r->child[i] = (child){.name = names[i], .run = r};
		if (!strcmp(names[i], "capture"))
			keep_for(&r->child[i]);
	}
	return true;
}

static void finish(run_role *r)
{
	for (int i = 0; i < ROLES; i++) {
		g_free(r->child[i].why);
		fdkeeper_free(r->child[i].keeper);
	}
	fdstore_free(r->manager);
	alarm_watch_free(r->watch);
	g_free(r->active);
	g_free(r->self);
	conf_free(r->conf);
}

int cmd_run(int argc, char **argv)
{
	static char *path;
	static const GOptionEntry entries[] = {
		{"config", 'c', 0, G_OPTION_ARG_FILENAME, &path,
		 "Configuration (/etc/edgetape/edgetape.conf)", "FILE"},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(GError) err = NULL;
	run_role r = {.loop = loop};
	int status;

	if (!app_options("run", NULL,
			 "Runs tap, capture, render and keep on this host and "
			 "restarts those that die.",
			 entries, &argc, &argv, &status))
		return status;
	if (!app_no_words("run", argc, argv))
		return APP_USAGE;
	r.config = path ? path : APP_CONF;
	r.conf = app_conf("run", r.config);
	if (!r.conf)
		return APP_FAIL;
	log_setup("run", false);
	/* A child reads the keys, to test them at a reload. */
	rights_hide_memory();
	r.manager = fdstore_open();
	if (!prepare(&r, &err)) {
		finish(&r);
		return app_fail("run", err);
	}
	for (int i = 0; i < ROLES; i++)
		start_child(&r.child[i]);
	g_timeout_add_seconds(1, look, &r);
	app_loop_run(loop, reload, &r);
	stop_all(&r);
	finish(&r);
	return APP_OK;
}
