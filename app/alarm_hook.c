#include "app/alarm_hook.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT_S = 10, WAITING_MAX = 100 };

struct alarm_hook {
	const char *program;
	GQueue *waiting;	/* of char **: environments */
	GPid pid;		/* 0: none runs */
	guint watch, timer;
};

static void next(alarm_hook *h);

static gboolean too_long(gpointer p)
{
	alarm_hook *h = p;

	h->timer = 0;
	g_warning("%s took over %d s and was killed", h->program, LIMIT_S);
	kill(-h->pid, SIGKILL);
	return G_SOURCE_REMOVE;
}

static void ended(GPid pid, gint status, gpointer p)
{
	alarm_hook *h = p;

	g_spawn_close_pid(pid);
	h->pid = 0;
	h->watch = 0;
	g_clear_handle_id(&h->timer, g_source_remove);
	if (WIFEXITED(status) && WEXITSTATUS(status))
		g_warning("%s ended with status %d", h->program,
			  WEXITSTATUS(status));
	next(h);
}

/* In the child: a process group of its own, so that all of it can be killed. */
static void apart(gpointer unused)
{
	(void)unused;
	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
}

static void next(alarm_hook *h)
{
	g_auto(GStrv) env = g_queue_pop_head(h->waiting);
	char *argv[] = {(char *)(uintptr_t)h->program, NULL};
	g_autoptr(GError) err = NULL;

	if (!env)
		return;
	if (!g_spawn_async("/", argv, env,
			   G_SPAWN_DO_NOT_REAP_CHILD |
				   G_SPAWN_STDOUT_TO_DEV_NULL,
			   apart, NULL, &h->pid, &err)) {
		g_warning("[alarms] hook: %s", err->message);
		h->pid = 0;
		g_queue_clear_full(h->waiting, (GDestroyNotify)g_strfreev);
		return;
	}
	h->watch = g_child_watch_add(h->pid, ended, h);
	h->timer = g_timeout_add_seconds(LIMIT_S, too_long, h);
}

alarm_hook *alarm_hook_new(const char *program)
{
	alarm_hook *h = g_new0(alarm_hook, 1);

	h->program = program && *program ? program : NULL;
	h->waiting = g_queue_new();
	return h;
}

void alarm_hook_free(alarm_hook *h)
{
	if (!h)
		return;
	g_clear_handle_id(&h->watch, g_source_remove);
	g_clear_handle_id(&h->timer, g_source_remove);
	g_queue_free_full(h->waiting, (GDestroyNotify)g_strfreev);
	g_free(h);
}

static char **environment(const alarm_line *l)
{
	const alarm_kind *k = &alarm_table()[l->id];
	char **e = g_get_environ();
	char at[32];

	clk_wall_iso((clk_wall){l->at_ms * CLK_NS_PER_MS}, at);
	e = g_environ_setenv(e, "EDGETAPE_ALARM", k->name, TRUE);
	e = g_environ_setenv(e, "EDGETAPE_EVENT", l->set ? "set" : "over",
			     TRUE);
	e = g_environ_setenv(e, "EDGETAPE_SEVERITY",
			     k->critical ? "critical" : "warning", TRUE);
	e = g_environ_setenv(e, "EDGETAPE_ROLE", l->role, TRUE);
	e = g_environ_setenv(e, "EDGETAPE_ABOUT", l->about, TRUE);
	e = g_environ_setenv(e, "EDGETAPE_TEXT", l->text, TRUE);
	return g_environ_setenv(e, "EDGETAPE_TIME", at, TRUE);
}

void alarm_hook_tell(alarm_hook *h, const alarm_line *l)
{
	if (!h->program)
		return;
	if (g_queue_get_length(h->waiting) >= WAITING_MAX) {
		g_warning("[alarms] hook: %d alarms wait already; one is "
			  "dropped",
			  WAITING_MAX);
		return;
	}
	g_queue_push_tail(h->waiting, environment(l));
	if (!h->pid)
		next(h);
}
