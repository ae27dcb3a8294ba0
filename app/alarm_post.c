#include "app/alarm_post.h"

#include "app/stats.h"

struct alarm_post {
	char *role, *path;
	alarms *alarms;
	bool told;		/* that the file cannot be written */
};

static void log_change(void *user, const alarm_line *l)
{
	const alarm_kind *k = &alarm_table()[l->id];
	GLogLevelFlags level = k->critical ? G_LOG_LEVEL_CRITICAL
					   : G_LOG_LEVEL_WARNING;
	const char *colon = *l->about ? ": " : "";

	(void)user;
	if (l->set)
		g_log(G_LOG_DOMAIN, level, "alarm %s: %s%s%s", k->name,
		      l->about, colon, l->text);
	else
		g_message("alarm %s is over%s%s", k->name, colon, l->about);
}

alarm_post *alarm_post_new(const char *run, const char *role)
{
	alarm_post *p = g_new0(alarm_post, 1);
	g_autofree char *name = g_strconcat(role, ".alarms", NULL);
	g_autofree char *text = NULL;
	gsize n;

	p->role = g_strdup(role);
	p->path = g_build_filename(run, name, NULL);
	p->alarms = alarms_new(p->role, log_change, p);
	if (g_file_get_contents(p->path, &text, &n, NULL))
		alarms_adopt(p->alarms, span_of(text, n), clk_now());
	return p;
}

void alarm_post_free(alarm_post *p)
{
	if (!p)
		return;
	alarms_free(p->alarms);
	g_free(p->path);
	g_free(p->role);
	g_free(p);
}

alarms *alarm_post_peek(alarm_post *p)
{
	return p->alarms;
}

void alarm_post_tick(alarm_post *p, clk_both now)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) err = NULL;

	alarms_tick(p->alarms, now);
	text = alarms_print(p->alarms);
	if (stats_swap(p->path, text, &err) || p->told)
		return;
	p->told = true;
	g_warning("%s", err->message);
}

void alarm_post_grown(alarm_post *p, alarm_count *c, uint64_t now_at,
		      alarm_id id, clk_both now, const char *what)
{
	if (now_at > c->seen)
		alarms_say(p->alarms, id, "", now,
			   "%s: %" G_GUINT64_FORMAT " so far", what, now_at);
	c->seen = now_at;
}
