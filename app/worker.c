#include "app/worker.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/alarm_post.h"
#include "app/app.h"
#include "app/limits.h"
#include "app/reach.h"
#include "app/room.h"
#include "app/spool_watch.h"

enum {
	/* A step follows each write of capture, which comes every 250 ms: what
	 * must and what may lie between two steps, and how often to look for a
	 * write from then on. */
	STEP_LEAST_MS = 230,
	STEP_MOST_MS = 300,
	LOOK_MS = 10,
	/* After how many steps a call in mid-speech has its own: each costs it
	 * two reads, two writes and its memory's way into the caches; with
	 * fewer its files were more than 2 s behind. An encoder adds to that
	 * what it collects. */
	SPEECH_STEPS = 2,
	SPEECH_STEPS_AT_ONCE = 3,
	SCAN_EVERY = 2,		/* steps between two looks at the spool */
	WATCH_EVERY = 4,	/* and between two looks for alarms */
	NO_MEDIA_S = 5,		/* after the answer */
	SHUT = 100,		/* packets that no key opens: 2 s of speech */
	SYNC_EVERY = 20,	/* steps between two syncs: 5 s */
	TIMED = 16,		/* calls in mid-speech that share one limit of
				 * processor time: to set it is three system
				 * calls */
	CATCH_UP_MS = 300,	/* of each step, for calls that are behind */
};

typedef struct worker {
	const worker_plan *plan;
	render_config blind;	/* for calls that have crashed */
	GHashTable *calls;	/* name -> render_call, those in progress */
	spool_watch *spool;
	GHashTable *waiting;	/* names that are not ready so far */
	GHashTable *left;	/* names that the next worker may try again */
	GPtrArray *ended;	/* in this step: a name, its sidecar, ... */
	alarm_post *post;
	reach *reach;
	clk_mono begun;		/* the last step */
	clk_mono upto;		/* of this step: journals are complete */
	unsigned steps;
	unsigned turns;		/* SPEECH_STEPS or the other */
	unsigned timed;		/* steps of calls since the limit was set */
	pid_t parent;
} worker;

static char *file_of(const char *spool, const char *call, const char *file)
{
	return g_build_filename(spool, call, file, NULL);
}

static unsigned strikes(const char *spool, const char *call)
{
	g_autofree char *path = file_of(spool, call, "strikes");
	g_autofree char *text = NULL;
	gsize n;
	uint64_t v;

	if (!g_file_get_contents(path, &text, &n, NULL) ||
	    !span_number(span_trim(span_of(text, n)), 1000, &v))
		return 0;
	return (unsigned)v;
}

static bool write_file(const char *spool, const char *call, const char *file,
		       const char *text)
{
	g_autofree char *path = file_of(spool, call, file);
	g_autoptr(GError) err = NULL;

	if (g_file_set_contents_full(path, text, -1,
				     G_FILE_SET_CONTENTS_CONSISTENT, 0640,
				     &err))
		return true;
	g_warning("%s", err->message);
	return false;
}

unsigned worker_strike(const char *spool, const char *call)
{
	unsigned n = strikes(spool, call) + 1;
	g_autofree char *text = g_strdup_printf("%u\n", n);

	write_file(spool, call, "strikes", text);
	return n;
}

static void leave(worker *w, const char *name)
{
	g_hash_table_add(w->left, g_strdup(name));
}

static void tell_done(const render_result *o)
{
	g_autofree char *line = g_strdup_printf(
		"%s: %s%s%s; %.1f s, %" G_GUINT64_FORMAT " packets -> %s",
		o->story->name, o->outcome, *o->why ? ", " : "", o->why,
		(double)o->mix.duration / 1e9, o->packets, o->sidecar);

	if (!strcmp(o->outcome, "RECORDED") || !strcmp(o->outcome, "EXEMPT"))
		g_message("%s", line);
	else
		g_warning("%s", line);
}

static void conclude(worker *w, const char *name, const render_call *c)
{
	const render_result *o = render_call_result(c);

	tell_done(o);
	if (w->plan->done)
		w->plan->done(w->plan->user, o);
	g_ptr_array_add(w->ended, g_strdup(name));
	g_ptr_array_add(w->ended, g_strdup(o->sidecar));
}

/* Journals are kept; the mark says that one need not be read again. It is
 * written after the call's row. */
static void mark_ended(worker *w)
{
	if (!w->ended->len)
		return;
	if (w->plan->done)
		w->plan->flush(w->plan->user);
	for (guint i = 0; i < w->ended->len; i += 2) {
		const char *name = g_ptr_array_index(w->ended, i);

		if (!write_file(w->plan->spool, name, "rendered",
				g_ptr_array_index(w->ended, i + 1)))
			leave(w, name);
	}
	g_ptr_array_set_size(w->ended, 0);
}

/* The journal is whole and stays: a later start tries again. */
static void give_up(worker *w, const char *name, const GError *err)
{
	alarms_say(alarm_post_peek(w->post), ALARM_NOT_RENDERED, name,
		   clk_now(), "%s", err->message);
	leave(w, name);
}

static const render_config *config_of(const worker *w, const char *name)
{
	return strikes(w->plan->spool, name) >= WORKER_STRIKES ? &w->blind
							       : w->plan->cfg;
}

/* True when the call needs no further step. */
static bool step(worker *w, const char *name, render_call *c)
{
	g_autoptr(GError) err = NULL;

	switch (render_call_step(c, clk_now(), w->upto, &err)) {
	case RENDER_RUNNING:
		return false;
	case RENDER_DONE:
		conclude(w, name, c);
		return true;
	case RENDER_AGAIN:
		render_call_again(c);
		return false;
	case RENDER_FAILED:
		break;
	}
	give_up(w, name, err);
	return true;
}

static bool has_session(const char *dir)
{
	g_autoptr(GPtrArray) files = jrn_files(dir, JRN_SESSION, NULL);

	return files && files->len;
}

typedef enum chance {
	CHANCE_NONE,
	CHANCE_LATER,	/* the tap has not written anything so far */
	CHANCE_NOW,
} chance;

/* The only judge of names. It may be asked about each again. */
static chance judge(const worker *w, const char *name)
{
	g_autofree char *dir = NULL;
	g_autofree char *mark = NULL;

	if (g_str_hash(name) % w->plan->count != w->plan->index ||
	    g_hash_table_contains(w->calls, name) ||
	    g_hash_table_contains(w->left, name))
		return CHANCE_NONE;
	mark = file_of(w->plan->spool, name, "rendered");
	if (g_file_test(mark, G_FILE_TEST_EXISTS))
		return CHANCE_NONE;
	dir = g_build_filename(w->plan->spool, name, NULL);
	if (has_session(dir))
		return CHANCE_NOW;
	return g_file_test(dir, G_FILE_TEST_IS_DIR) ? CHANCE_LATER
						    : CHANCE_NONE;
}

static void begin(worker *w, const char *name)
{
	g_autofree char *dir = g_build_filename(w->plan->spool, name, NULL);

	g_hash_table_insert(w->calls, g_strdup(name),
			    render_call_new(config_of(w, name), dir));
}

/* True when the name needs no further look. */
static bool settle(worker *w, const char *name)
{
	const chance c = judge(w, name);

	if (c == CHANCE_NOW)
		begin(w, name);
	return c != CHANCE_LATER;
}

static gboolean consider_again(void *name, void *same, void *user)
{
	(void)same;
	return settle(user, name);
}

static void consider(void *user, const char *name)
{
	worker *w = user;

	if (!settle(w, name))
		g_hash_table_add(w->waiting, g_strdup(name));
}

/* When the disk is almost full, the rest is left to the journals: calls being
 * rendered end. Others wait, in the spool itself. */
static void scan(worker *w)
{
	if (room_ask(w->plan->run) >= VLT_JOURNAL_ONLY)
		return;
	g_hash_table_foreach_remove(w->waiting, consider_again, w);
	spool_watch_look(w->spool, consider, w);
}

/* What is missing of a call while it lasts. */
static void watch(worker *w, const char *name, const render_call *c,
		  clk_both now)
{
	alarms *a = alarm_post_peek(w->post);
	render_health h = render_call_health(c);

	/* Trying keys may be what keeps it behind. */
	if (h.live && h.shut > SHUT)
		alarms_say(a, ALARM_UNDECRYPTABLE, name, now,
			   "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
			   " packets do not open under its keys",
			   h.shut, h.packets);
	if (!h.speaking)
		return;
	if (!h.packets && h.silent_ns > NO_MEDIA_S * CLK_NS_PER_S)
		alarms_say(a, ALARM_NO_MEDIA, name, now,
			   "answered, but none of its packets was seen");
	if (h.packets && h.silent_ns > RENDER_STOPPED_S * CLK_NS_PER_S)
		alarms_say(a, ALARM_MEDIA_STOPPED, name, now,
			   "no packet for %d s, but the call continues",
			   (int)(h.silent_ns / CLK_NS_PER_S));
}

static void watch_all(worker *w)
{
	clk_both now = clk_now();
	GHashTableIter i;
	void *name, *c;

	g_hash_table_iter_init(&i, w->calls);
	while (g_hash_table_iter_next(&i, &name, &c))
		watch(w, name, c, now);
	alarm_post_tick(w->post, now);
}

/* What a power cut leaves of the files in progress. Their journals hold all,
 * and are synced much more often. */
static void sync_files(worker *w)
{
	g_autoptr(GError) err = NULL;

	if (w->steps % SYNC_EVERY || !g_hash_table_size(w->calls))
		return;
	if (!mix_files_sync(w->plan->cfg->recordings, &err))
		g_warning("%s", err->message);
}

/* Calls take turns, so that all have the same share of each step. */
static bool its_turn(const worker *w, render_call *c)
{
	const uint32_t hash = render_call_hash(c);

	return (hash / w->plan->count + w->steps) % w->turns == 0 ||
	       render_call_urgent(c, reach_told(w->reach, hash));
}

/* If the supervisor was killed, the next one's workers have these calls: there
 * is no need to finish the round. */
static bool orphaned(const worker *w)
{
	return getppid() != w->parent;
}

/* A codec that never returns is stopped by the kernel. */
static void set_limit(worker *w, bool on)
{
	const unsigned stuck_s = w->plan->cfg->stuck_s;

	w->timed = 0;
	if (stuck_s)
		limits_time(on ? stuck_s : 0);
}

/* True when the call needs no further step. */
static bool step_seen(worker *w, const char *name, render_call *c)
{
	bool over;

	if (w->timed >= TIMED || render_call_behind(c))
		set_limit(w, true);
	w->timed++;
	g_strlcpy(w->plan->seen->now, name, REC_NAME);
	over = step(w, name, c);
	w->plan->seen->now[0] = '\0';
	if (over)	/* without a limit: files are finished */
		set_limit(w, true);
	return over;
}

static void step_speaking(worker *w)
{
	GHashTableIter i;
	void *name, *c;

	g_hash_table_iter_init(&i, w->calls);
	while (g_hash_table_iter_next(&i, &name, &c)) {
		if (render_call_behind(c) || !its_turn(w, c))
			continue;
		if (orphaned(w))
			return;
		if (step_seen(w, name, c))
			g_hash_table_iter_remove(&i);
	}
}

/* Of the calls that are behind, the one with the fewest steps so far: a call
 * that has just begun comes first. */
static const char *most_due(const worker *w)
{
	const char *due = NULL;
	unsigned least = UINT_MAX;
	GHashTableIter i;
	void *name, *c;

	g_hash_table_iter_init(&i, w->calls);
	while (g_hash_table_iter_next(&i, &name, &c)) {
		if (!render_call_behind(c) || render_call_steps(c) >= least)
			continue;
		least = render_call_steps(c);
		due = name;
	}
	return due;
}

/* After a start there may be hours of calls to read again, and calls that began
 * since do not wait for them: those have a share of each step, some seconds of
 * each call at a time. */
static void step_behind(worker *w)
{
	const clk_mono begun = clk_now().mono;
	const char *name;

	while (!orphaned(w) && (name = most_due(w)) != NULL) {
		if (step_seen(w, name, g_hash_table_lookup(w->calls, name)))
			g_hash_table_remove(w->calls, name);
		if (clk_since(clk_now().mono, begun) >
		    CATCH_UP_MS * CLK_NS_PER_MS)
			return;
	}
}

static bool is_due(worker *w, clk_mono now)
{
	return reach_moved(w->reach) ||
	       clk_since(now, w->begun) >= STEP_MOST_MS * CLK_NS_PER_MS;
}

static void all_steps(worker *w)
{
	if (w->steps++ % SCAN_EVERY == 0)
		scan(w);
	set_limit(w, true);
	step_speaking(w);
	mark_ended(w);
	step_behind(w);
	mark_ended(w);
	set_limit(w, false);
	if (w->steps % WATCH_EVERY == 0)
		watch_all(w);
	sync_files(w);
}

static gboolean tick(gpointer user);

/* Waking up is most of what an idle worker costs: it sleeps as long as nothing
 * can be due. */
static void look_again(worker *w)
{
	const int64_t since = clk_since(clk_mono_now(), w->begun) /
			      CLK_NS_PER_MS;
	const int64_t left = STEP_LEAST_MS - since;

	g_timeout_add((guint)CLAMP(left, LOOK_MS, STEP_LEAST_MS), tick, w);
}

static gboolean tick(gpointer user)
{
	worker *w = user;
	const clk_mono now = clk_mono_now();

	if (is_due(w, now)) {
		w->begun = now;
		w->upto = reach_get(w->reach, now);
		all_steps(w);
	}
	look_again(w);
	return G_SOURCE_REMOVE;
}

static unsigned turns_for(const render_config *c)
{
	for (size_t i = 0; i < c->n_outputs; i++)
		if (!mix_format_at_once((mix_format)c->outputs[i].format))
			return SPEECH_STEPS;
	return SPEECH_STEPS_AT_ONCE;
}

int worker_run(const worker_plan *plan)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	worker w = {.plan = plan, .blind = *plan->cfg, .parent = getppid()};
	char role[32];

	w.blind.dec.blind = true;
	w.turns = turns_for(plan->cfg);
	render_keep_memory();
	g_snprintf(role, sizeof(role), "render-%u", plan->index);
	w.post = alarm_post_new(plan->run, role);
	w.reach = reach_new(plan->run);
	w.calls = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					(GDestroyNotify)render_call_free);
	w.spool = spool_watch_new(plan->spool);
	w.waiting = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					  NULL);
	w.left = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	w.ended = g_ptr_array_new_with_free_func(g_free);
	g_timeout_add(LOOK_MS, tick, &w);
	app_loop_run(loop, NULL, NULL);
	alarm_post_free(w.post);
	reach_free(w.reach);
	g_hash_table_unref(w.calls);
	g_hash_table_unref(w.waiting);
	g_hash_table_unref(w.left);
	spool_watch_free(w.spool);
	g_ptr_array_unref(w.ended);
	return APP_OK;
}
