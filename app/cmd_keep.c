/* cmd_keep.c - the role that deletes what nobody has to keep any more, and
 * watches how full the disk is. */
#include "app/app.h"

#include <string.h>

#include "app/alarm_post.h"
#include "app/holding.h"
#include "app/ledger.h"
#include "app/orphans.h"
#include "app/room.h"
#include "app/setup.h"
#include "app/stats.h"
#include "catalog/keep.h"
#include "core/clock.h"
#include "core/log.h"

enum {
	TICK_S = 1,
	SWEEP_S = 60,		/* between two looks for what is due */
	BATCH = 200,		/* calls of one look */
	DAY_S = 86400,
};

typedef struct keep_role {
	conf *conf;
	cat_db *db;		/* NULL until there is a catalog */
	vlt_marks marks;
	vlt_level level;
	unsigned percent, ticks;
	uint64_t deleted, orphans, failed;
	bool troubled;		/* the last sweep failed */
	alarm_post *post;
} keep_role;

static const cat_actor by_time = {"edgetape", "its time is over", 0};

static int64_t now_s(void)
{
	return clk_now().wall.ns / CLK_NS_PER_S;
}

/* ---- what is due ---- */

static bool remove_files(keep_role *r, const char *name, GError **err)
{
	g_autoptr(cat_entry) e = cat_ledger_get(r->db, name, err);
	g_autoptr(holding) h = e ? holding_new(r->conf, e) : NULL;

	return h && holding_remove(h, err) &&
	       cat_keep_removed(r->db, name, now_s(), err);
}

/* Held in the journal and not in the database: that one was lost. */
static bool held_in_journal(const keep_role *r, const cat_entry *e)
{
	g_autoptr(holding) h = holding_new(r->conf, e);
	g_autofree char *matters = holding_matters(h);

	if (matters)
		g_warning("%s: its journal says that it is held; `edgetape "
			  "rebuild` enters it", e->name);
	return matters != NULL;
}

static bool delete_call(keep_role *r, const cat_entry *e, GError **err)
{
	if (held_in_journal(r, e))
		return true;
	if (!cat_keep_expire(r->db, e->name, now_s(), &by_time, err) ||
	    !remove_files(r, e->name, err))
		return false;
	r->deleted++;
	g_message("%s: deleted, %s", e->name, by_time.reason);
	return true;
}

/* What an earlier look decided and could not do. */
static bool finish_earlier(keep_role *r, GError **err)
{
	g_autoptr(GPtrArray) names = cat_keep_unfinished(r->db, BATCH, err);

	for (guint i = 0; names && i < names->len; i++)
		if (!remove_files(r, g_ptr_array_index(names, i), err))
			return false;
	return names != NULL;
}

static bool sweep_orphans(keep_role *r, GError **err)
{
	int64_t days = conf_number(r->conf, CONF_KEEP_ORPHANS);

	return !days || orphans_expire(conf_text(r->conf, CONF_SPOOL),
				       now_s() - days * DAY_S, &r->orphans,
				       err);
}

static bool sweep_calls(keep_role *r, GError **err)
{
	g_autoptr(GPtrArray) due = NULL;

	if (!r->db)
		r->db = cat_open_existing(conf_text(r->conf, CONF_CATALOG),
					  err);
	if (!r->db)
		return !*err;
	if (!finish_earlier(r, err))
		return false;
	due = cat_keep_due(r->db, now_s() * 1000, BATCH, err);
	for (guint i = 0; due && i < due->len; i++)
		if (!delete_call(r, g_ptr_array_index(due, i), err))
			return false;
	return due != NULL;
}

static bool sweep(keep_role *r, GError **err)
{
	return sweep_orphans(r, err) && sweep_calls(r, err);
}

static void sweep_or_say(keep_role *r)
{
	g_autoptr(GError) err = NULL;

	if (sweep(r, &err)) {
		r->troubled = false;
		return;
	}
	r->failed++;
	alarms_say(alarm_post_peek(r->post), ALARM_NOT_DELETED, "", clk_now(),
		   "%s", err->message);
	r->troubled = true;
}

/* ---- the disk ---- */

static bool disk_look(keep_role *r, GError **err)
{
	unsigned spool, recordings;

	if (!vlt_disk_full(conf_text(r->conf, CONF_SPOOL), &spool, err) ||
	    !vlt_disk_full(conf_text(r->conf, CONF_RECORDINGS), &recordings,
			   err))
		return false;
	r->percent = MAX(spool, recordings);
	return true;
}

static void disk_watch(keep_role *r)
{
	g_autoptr(GError) err = NULL;
	vlt_level before = r->level;

	if (disk_look(r, &err)) {
		r->level = vlt_level_next(&r->marks, before, r->percent);
		room_tell(conf_text(r->conf, CONF_RUN), r->level, r->percent,
			  &err);
	}
	if (err && r->ticks % SWEEP_S == 0)
		g_warning("%s", err->message);
	if (r->level)
		alarms_say(alarm_post_peek(r->post),
			   r->level >= VLT_REFUSE ? ALARM_DISK_FULL
						  : ALARM_DISK_LOW,
			   vlt_level_name(r->level), clk_now(),
			   "the disk is %u%% full: %s", r->percent,
			   vlt_level_name(r->level));
	if (r->level < before)
		g_message("the disk is %u%% full: %s", r->percent,
			  vlt_level_name(r->level));
}

static void write_stats(const keep_role *r)
{
	g_autoptr(GString) text = g_string_new(NULL);

	stats_add(text, "disk-percent", r->percent);
	stats_add(text, "disk-level", r->level);
	stats_add(text, "calls-deleted", r->deleted);
	stats_add(text, "orphans-deleted", r->orphans);
	stats_add(text, "deletions-failed", r->failed);
	stats_write(conf_text(r->conf, CONF_RUN), "keep", text);
}

static gboolean tick(gpointer user)
{
	keep_role *r = user;

	disk_watch(r);
	if (r->ticks++ % SWEEP_S == 0)
		sweep_or_say(r);
	write_stats(r);
	alarm_post_tick(r->post, clk_now());
	return G_SOURCE_CONTINUE;
}

static bool start(keep_role *r, GError **err)
{
	const char *const read[] = {"/etc/localtime", "/usr/share/zoneinfo",
				    "/dev/urandom", NULL};
	g_autofree char *ledger = NULL;
	const char *write[] = {conf_text(r->conf, CONF_SPOOL),
			       conf_text(r->conf, CONF_RECORDINGS),
			       conf_text(r->conf, CONF_RUN), NULL, NULL};

	if (!setup_marks(&r->marks, r->conf, err) || !app_drop(r->conf, err))
		return false;
	write[3] = ledger = ledger_dir(r->conf);
	return app_confine(false, read, write, err);
}

int cmd_keep(int argc, char **argv)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(GError) err = NULL;
	keep_role r = {0};
	app_role role;
	int status;

	if (!app_role_start(&role, "keep",
			    "Deletes recordings whose time is over and that "
			    "nobody holds, and tells the\nother roles how full "
			    "the disk is.",
			    argc, argv, &status))
		return status;
	r.conf = role.conf;
	status = APP_FAIL;
	if (start(&r, &err)) {
		r.post = alarm_post_new(conf_text(r.conf, CONF_RUN), "keep");
		tick(&r);
		g_timeout_add_seconds(TICK_S, tick, &r);
		app_loop_run(loop, NULL, NULL);
		status = APP_OK;
	}
	alarm_post_free(r.post);
	cat_close(r.db);
	conf_free(r.conf);
	return err ? app_fail("keep", err) : status;
}
