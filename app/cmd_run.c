/* cmd_run.c - the appliance on one host: starts the roles and starts them
 * again when they die. */
#include "app/app.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/fdstore.h"
#include "core/log.h"

enum {
	SOON_MS = 100,		/* a role that lived is restarted after this */
	LATER_MS = 2000,	/* one that died young */
	YOUNG_S = 5,
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
} child;

struct run_role {
	const char *config;
	char *self;		/* our own program */
	child child[4];		/* in the order of starting */
	GMainLoop *loop;
	bool stopping;
};

static gboolean start_child(gpointer p);

static void on_exit_child(GPid pid, gint status, gpointer p)
{
	child *c = p;
	bool young = clk_since(clk_mono_now(), c->born) <
		     YOUNG_S * CLK_NS_PER_S;

	if (c->keeper)
		fdkeeper_hear(c->keeper, pid);
	c->pid = 0;
	if (c->run->stopping) {
		for (size_t i = 0; i < G_N_ELEMENTS(c->run->child); i++)
			if (c->run->child[i].pid)
				return;
		g_main_loop_quit(c->run->loop);
		return;
	}
	if (WIFSIGNALED(status))
		g_critical("%s was killed by signal %d; starting it again",
			   c->name, WTERMSIG(status));
	else
		g_critical("%s ended with status %d; starting it again",
			   c->name, WEXITSTATUS(status));
	c->timer = g_timeout_add(young ? LATER_MS : SOON_MS, start_child, c);
}

/* In the child: it must not outlive a supervisor that was killed. */
static void tie(void)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}

/* Only fork: nothing of the child's environment is left to make. */
static pid_t spawn(child *c)
{
	char *argv[] = {c->run->self, (char *)(uintptr_t)c->name, "-c",
			(char *)(uintptr_t)c->run->config, NULL};
	char **env = c->keeper ? fdkeeper_environment(c->keeper) : environ;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	tie();
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

/* Capture's rings outlive its supervisor here, as they do under systemd. */
static void keep_for(child *c)
{
	c->keeper = fdkeeper_new();
	if (c->keeper)
		g_unix_fd_add(fdkeeper_fd(c->keeper), G_IO_IN, on_keep, c);
	else
		g_warning("no socket: the packets in capture's rings would "
			  "not survive the death of its supervisor");
}

static gboolean kill_all(gpointer p)
{
	run_role *r = p;

	for (size_t i = 0; i < G_N_ELEMENTS(r->child); i++)
		if (r->child[i].pid)
			kill(r->child[i].pid, SIGKILL);
	return G_SOURCE_REMOVE;
}

/* In pipeline order: no new call, then no new packet, then the files. */
static void stop_all(run_role *r)
{
	bool any = false;

	r->stopping = true;
	for (size_t i = 0; i < G_N_ELEMENTS(r->child); i++) {
		child *c = &r->child[i];

		g_clear_handle_id(&c->timer, g_source_remove);
		if (c->pid)
			kill(c->pid, SIGTERM);
		any |= c->pid != 0;
	}
	if (!any)
		return;
	g_timeout_add(STOP_MS, kill_all, r);
	g_main_loop_run(r->loop);
}

static void reload(void *user)
{
	run_role *r = user;

	for (size_t i = 0; i < G_N_ELEMENTS(r->child); i++)
		if (r->child[i].pid)
			kill(r->child[i].pid, SIGHUP);
}

int cmd_run(int argc, char **argv)
{
	static char *path;
	static const GOptionEntry entries[] = {
		{"config", 'c', 0, G_OPTION_ARG_FILENAME, &path,
		 "Configuration (/etc/edgetape/edgetape.conf)", "FILE"},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	static const char *const names[] = {"capture", "tap", "render",
					    "keep"};
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(GError) err = NULL;
	g_autofree char *self = NULL;
	run_role r = {.loop = loop};
	g_autoptr(conf) c = NULL;
	int status;

	if (!app_options("run", NULL,
			 "Runs tap, capture, render and keep on this host and "
			 "starts again what dies.",
			 entries, &argc, &argv, &status))
		return status;
	r.config = path ? path : APP_CONF;
	c = app_conf("run", r.config);
	if (!c)
		return APP_FAIL;
	log_setup("run", false);
	r.self = self = g_file_read_link("/proc/self/exe", &err);
	if (!self)
		return app_fail("run", err);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		r.child[i] = (child){.name = names[i], .run = &r};
		if (!strcmp(names[i], "capture"))
			keep_for(&r.child[i]);
		start_child(&r.child[i]);
	}
	app_loop_run(loop, reload, &r);
	stop_all(&r);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		fdkeeper_free(r.child[i].keeper);
	return APP_OK;
}
