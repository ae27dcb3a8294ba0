/* cmd_tap.c - the role that answers the Front Ends. */
#include "app/app.h"

#include <string.h>

#include "app/alarm_post.h"
#include "app/book.h"
#include "app/control.h"
#include "app/ledger.h"
#include "app/presence.h"
#include "app/reach.h"
#include "app/resume.h"
#include "app/room.h"
#include "app/session.h"
#include "app/setup.h"
#include "app/stats.h"
#include "core/link.h"
#include "signaling_tap/latency.h"
#include "signaling_tap/server.h"

enum {
	SILENT_MS = 5000,	/* 20 heartbeats of a Front End */
	START_S = 5,		/* capture may come after the tap */
	AWAY_ALARM_S = 5,	/* a supervisor's restart is shorter */
	AWAIT_MS = 1000,
	OLD_MS = 10,		/* between looks at some of the old journals */
	TAP_WATCHED = 3,
};

typedef struct tap_role {
	conf *conf;
	setup_plan plan;
	tap_rules *rules;
	seal_box *box;
	link_tap *link;
	session_writer *sessions;
	book *book;		/* from the confinement on */
	tap_calls *calls;
	tap_server *server;
	control *control;
	bool resumed;		/* the calls of the tap before are here */
	resume_old *old;	/* but these */
	vlt_level disk;		/* as `keep` tells */
	alarm_post *post;
	presence *presence;
	alarm_count lost, rows, count[TAP_WATCHED];
	char *refusal;		/* the last that was told */
	clk_mono begun;
	tap_keypad_plan keypad;
} tap_role;

/* Refused when it cannot be recorded. */
static bool must_record(const rec_decision *d)
{
	return d->refuse > REC_PASS;
}

/* Forcing media over a relay that nobody records would harm for nothing. A
 * call that must not go unrecorded is not begun where it may not end. */
static const char *obstacle(const tap_role *r, const rec_decision *d)
{
	if (!link_tap_alive(r->link))
		return "capture is not running";
	if (r->disk >= VLT_REFUSE && must_record(d))
		return "the disk is nearly full";
	if (link_tap_troubled(r->link) && must_record(d))
		return "capture loses packets";
	return NULL;
}

/* [rules] record names the call, and no rule of the catalog does. */
static void by_configuration(tap_role *r, rec_decision *out)
{
	out->refuse = conf_choice(r->conf, CONF_RULES_IMPOSSIBLE)
			      ? (uint16_t)conf_number(r->conf,
						      CONF_RULES_STATUS)
			      : REC_PASS;
	if (r->book)
		book_adopt(r->book, out,
			   conf_number(r->conf, CONF_RULES_KEEP));
}

static bool decide(void *user, const tap_facts *f, rec_decision *out)
{
	tap_role *r = user;
	bool decided = r->book && book_decide(r->book, f, out);
	const char *why;

	if (!decided && tap_rules_decide(r->rules, f, out) && out->record) {
		by_configuration(r, out);
		decided = true;
	}
	if (r->book)
		decided |= book_wish(r->book, f, out);
	if (!decided)
		return false;
	why = out->record ? obstacle(r, out) : NULL;
	if (!why)
		return true;
	g_critical("a call that has to be recorded is not: %s", why);
	out->record = false;
	out->reason = span_str(why);
	if (r->book)
		book_prevent(r->book, out, why);
	return true;
}

static void sink(void *user, uint64_t call, void **own, const rec_event *e)
{
	tap_role *r = user;

	if (r->book)
		book_sink(r->book, call, own, e);
	else
		session_writer_sink(r->sessions, call, own, e);
}

static void keep_memory(void *user, void *own, span memory)
{
	tap_role *r = user;

	if (r->book)
		book_keep(r->book, own, memory);
}

static void send_arm(void *user, const char *call, span message, bool ended)
{
	tap_role *r = user;

	(void)call;
	(void)ended;
	link_tap_send(r->link, message);
}

static void capture_back(void *user)
{
	tap_role *r = user;

	/* Before, it would be told that there are no calls at all. */
	if (r->resumed)
		session_writer_rearm(r->sessions);
}

/* "verdicts-within-5000us": how many took at most that long. */
static void add_latency(GString *text, const tap_latency *l)
{
	unsigned i = 0;

	for (; tap_latency_bound(i); i++) {
		g_autofree char *name = g_strdup_printf(
			"verdicts-within-%uus", tap_latency_bound(i));

		stats_add(text, name, tap_latency_within(l, i));
	}
	stats_add(text, "verdicts", tap_latency_within(l, i));
}

static void write_stats(const tap_role *r)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const char *name;

	stats_add(text, "calls-in-progress", tap_calls_count(r->calls));
	stats_add(text, "capture-alive", link_tap_alive(r->link));
	stats_add(text, "records-waiting", session_writer_waiting(r->sessions));
	stats_add(text, "records-lost", session_writer_lost(r->sessions));
	stats_add(text, "catalog-version", book_version(r->book));
	stats_add(text, "ledger-rows-waiting", book_waiting(r->book));
	stats_add(text, "ledger-rows-lost", book_lost(r->book));
	for (unsigned i = 0; (name = tap_counter_name(i)); i++)
		stats_add(text, name, tap_calls_counter(r->calls, i));
	add_latency(text, tap_server_latency(r->server));
	stats_write(conf_text(r->conf, CONF_RUN), "tap", text);
}

/* Counters of single events that somebody has to know of. */
static const struct {
	const char *counter;
	alarm_id id;
	const char *what;
} watched[TAP_WATCHED] = {
	{"no-relay", ALARM_NO_RELAY, "calls without a relay candidate"},
	{"escaped", ALARM_ESCAPED, "streams beside the relay"},
	{"late", ALARM_LATE, "messages that passed unchanged"},
};

static void watch_counters(tap_role *r, clk_both now)
{
	const char *name;

	for (unsigned i = 0; (name = tap_counter_name(i)); i++)
		for (unsigned k = 0; k < TAP_WATCHED; k++)
			if (!strcmp(name, watched[k].counter))
				alarm_post_grown(r->post, &r->count[k],
						 tap_calls_counter(r->calls, i),
						 watched[k].id, now,
						 watched[k].what);
	alarm_post_grown(r->post, &r->lost, session_writer_lost(r->sessions),
			 ALARM_RECORDS_LOST, now, "session records");
	alarm_post_grown(r->post, &r->rows, book_lost(r->book),
			 ALARM_RECORDS_LOST, now, "rows of the ledger");
}

static void say_silent(void *user, const char *name, int64_t silent_ns)
{
	tap_role *r = user;

	alarms_say(alarm_post_peek(r->post), ALARM_FRONT_END_SILENT, name,
		   clk_now(), "nothing was heard for %d s",
		   (int)(silent_ns / CLK_NS_PER_S));
}

static void watch(tap_role *r)
{
	alarms *a = alarm_post_peek(r->post);
	const char *refusal = tap_server_refusal(r->server);
	clk_both now = clk_now();

	if (!link_tap_alive(r->link) &&
	    clk_since(now.mono, r->begun) > START_S * CLK_NS_PER_S)
		alarms_say(a, ALARM_CAPTURE_DOWN, "", now,
			   "capture gives no sign of life; calls are not "
			   "recorded");
	if (*refusal && g_strcmp0(refusal, r->refusal)) {
		g_free(r->refusal);
		r->refusal = g_strdup(refusal);
		alarms_say(a, ALARM_FRONT_END_REFUSED, "", now, "%s", refusal);
	}
	tap_server_silent(r->server, now.mono, SILENT_MS * CLK_NS_PER_MS,
			  say_silent, r);
	watch_counters(r, now);
	alarm_post_tick(r->post, now);
}

/* In the ledger's catalog; the alarm is for those who watch now. */
static void tell_away(tap_role *r, const presence_gap *g, clk_both now)
{
	const cat_away a = {
		g->from.ns / CLK_NS_PER_MS, g->to.ns / CLK_NS_PER_MS,
		(char *)(uintptr_t)(g->hung ? "the tap hung"
					    : "no tap ran"),
	};
	char from[32], to[32];

	clk_wall_iso(g->from, from);
	clk_wall_iso(g->to, to);
	book_away(r->book, &a);
	g_warning("%s from %s to %s", a.why, from, to);
	if (g->to.ns - g->from.ns > AWAY_ALARM_S * CLK_NS_PER_S)
		alarms_say(alarm_post_peek(r->post), ALARM_NOT_LISTENING, "",
			   now, "%s from %s to %s", a.why, from, to);
}

static gboolean tick(gpointer user)
{
	tap_role *r = user;
	const clk_both now = clk_now();
	presence_gap gap;

	if (presence_beat(r->presence, now, &gap))
		tell_away(r, &gap, now);
	r->disk = room_ask(conf_text(r->conf, CONF_RUN));
	tap_calls_tick(r->calls, clk_now());
	book_tidy(r->book, clk_mono_now(), session_writer_told(r->sessions),
		  session_writer_waiting(r->sessions));
	write_stats(r);
	watch(r);
	return G_SOURCE_CONTINUE;
}

static void reload(void *user)
{
	tap_role *r = user;
	g_autoptr(GError) err = NULL;

	if (tap_server_reload(r->server, &err))
		g_message("certificates read again");
	else
		g_critical("certificates stay as they were: %s", err->message);
}

/* The status to refuse a call with, where that is the choice; else 0. */
static uint16_t status_if(const conf *c, conf_id choice)
{
	return conf_choice(c, choice)
		       ? (uint16_t)conf_number(c, CONF_RULES_STATUS)
		       : 0;
}

static void make_calls(tap_role *r)
{
	tap_config cfg = {
		.decide = decide,
		.decide_user = r,
		.sink = sink,
		.sink_user = r,
		.keep = keep_memory,
		.plan = &r->plan.plan,
		.methods = (const tap_rewriting *)(void *)r->plan.methods->data,
		.no_relay_status = status_if(r->conf, CONF_RULES_IMPOSSIBLE),
		.leave_answers = !conf_bool(r->conf, CONF_REWRITE_ANSWERS),
		.idle_s = conf_number(r->conf, CONF_TAP_LOST_CALL),
		.record_header = conf_text(r->conf, CONF_RULES_HEADER),
		.record_sources = conf_list(r->conf, CONF_RULES_HEADER_FROM),
	};
	session_config session = {
		.spool = conf_text(r->conf, CONF_SPOOL),
		.box = r->box,
		.thread = true,
		.arm = send_arm,
		.arm_user = r,
	};

	r->link = link_tap_new(conf_text(r->conf, CONF_RUN), capture_back, r);
	r->sessions = session_writer_new(&session);
	r->calls = tap_calls_new(&cfg);
}

/* Without it render guesses how far the journals are. */
static void share_reach(tap_role *r)
{
	const char *run = conf_text(r->conf, CONF_RUN);
	g_autoptr(GError) err = NULL;
	_Atomic int64_t *to = reach_share(run, REACH_SESSION, &err);
	reach_news *news = to ? reach_share_news(run, &err) : NULL;

	if (news)
		session_writer_tell_reach(r->sessions, to, news);
	else
		g_warning("%s", err->message);
}

static bool make_server(tap_role *r, GError **err)
{
	char **peers = conf_list(r->conf, CONF_TAP_PEERS);
	tap_server_config cfg = {
		.listen = conf_need(r->conf, CONF_TAP_LISTEN, err),
		.cert = conf_need(r->conf, CONF_TAP_CERTIFICATE, err),
		.allow = (const char *const *)peers,
		.crl = conf_text(r->conf, CONF_TAP_CRL),
		.plain_tcp = conf_text(r->conf, CONF_TAP_PLAIN_TCP),
		.plain_udp = conf_text(r->conf, CONF_TAP_PLAIN_UDP),
		.plain_key = conf_text(r->conf, CONF_TAP_PLAIN_KEY),
		.deadline_ms = conf_number(r->conf, CONF_TAP_DEADLINE),
		.late_status = status_if(r->conf, CONF_TAP_LATE),
	};

	if (!cfg.listen || !cfg.cert ||
	    !(cfg.key = conf_need(r->conf, CONF_TAP_KEY, err)) ||
	    !(cfg.ca = conf_need(r->conf, CONF_TAP_CA, err)))
		return false;
	if (!peers[0])
		g_warning("[tap] peers is empty: no Front End may connect");
	r->server = tap_server_new(&cfg, r->calls, err);
	return r->server != NULL;
}

static const char *journal_name(void *user, const void *own)
{
	const tap_role *r = user;

	return session_name(r->book ? book_next(own) : own);
}

static const char *journal_party(void *user, const void *own, const char *side)
{
	const tap_role *r = user;

	return r->book ? book_party(own, side) : "";
}

static bool make_control(tap_role *r, GError **err)
{
	const control_config cfg = {
		.run = conf_text(r->conf, CONF_RUN),
		.calls = r->calls,
		.longest_s = conf_number(r->conf, CONF_RULES_PAUSE),
		.name = journal_name,
		.party = journal_party,
		.user = r,
	};

	r->control = control_new(&cfg, err);
	return r->control != NULL;
}

static bool start(tap_role *r, GError **err)
{
	const char *key = conf_need(r->conf, CONF_PUBLIC_KEY, err);

	if (!key || !setup_plan_make(&r->plan, r->conf, err) ||
	    !setup_keypad(&r->keypad, r->conf, err))
		return false;
	r->rules = setup_rules(r->conf, err);
	r->box = r->rules ? seal_box_open(key, err) : NULL;
	if (!r->box)
		return false;
	make_calls(r);
	return make_control(r, err) && make_server(r, err) &&
	       app_drop(r->conf, err);
}

/* The certificates stay readable: SIGHUP reads them again. */
static bool confine_tap(const tap_role *r, GError **err)
{
	const conf *c = r->conf;
	const char *crl = conf_text(c, CONF_TAP_CRL);
	const char *const read[] = {
		conf_text(c, CONF_TAP_CERTIFICATE), conf_text(c, CONF_TAP_KEY),
		conf_text(c, CONF_TAP_CA), "/etc/localtime",
		"/usr/share/zoneinfo", "/dev/urandom",
		"/proc/sys/kernel/random", crl, NULL,
	};
	g_autofree char *ledger = ledger_dir(c);
	const char *const write[] = {conf_text(c, CONF_SPOOL),
				     conf_text(c, CONF_RUN), ledger, NULL};

	return app_confine(true, read, write, err);
}

static void stop(tap_role *r)
{
	resume_old_free(r->old);
	control_free(r->control);
	tap_server_free(r->server);
	tap_calls_free(r->calls);
	book_free(r->book);
	session_writer_free(r->sessions);
	link_tap_free(r->link);
	seal_box_free(r->box);
	tap_rules_free(r->rules);
	setup_plan_clear(&r->plan);
	alarm_post_free(r->post);
	presence_close(r->presence);
	g_free(r->refusal);
	conf_free(r->conf);
}

static void act(void *user, uint64_t call, const rec_control *what)
{
	tap_role *r = user;
	bool changed;

	tap_calls_control(r->calls, clk_now(), call, what,
			  conf_number(r->conf, CONF_RULES_PAUSE), &changed);
}

static bool make_book(tap_role *r, GError **err)
{
	g_autofree char *notes = g_build_filename(
		conf_text(r->conf, CONF_RUN), "tap.notes", NULL);
	const book_config cfg = {
		.path = conf_text(r->conf, CONF_CATALOG),
		.notes = notes,
		.next = session_writer_sink,
		.next_user = r->sessions,
		.keypad = &r->keypad,
		.act = act,
		.act_user = r,
	};

	r->book = book_new(&cfg, err);
	return r->book != NULL;
}

static void begin_presence(tap_role *r)
{
	g_autofree char *path = presence_path(
		conf_text(r->conf, CONF_CATALOG));
	const clk_both now = clk_now();
	presence_gap gap;
	bool away;

	r->presence = presence_open(path, now, &away, &gap);
	if (away)
		tell_away(r, &gap, now);
}

/* While messages are answered. */
static gboolean resume_old_calls(gpointer user)
{
	tap_role *r = user;
	const resume_from from = {r->conf, r->calls, r->sessions, r->book};

	return resume_more(r->old, &from) ? G_SOURCE_CONTINUE
					  : G_SOURCE_REMOVE;
}

int cmd_tap(int argc, char **argv)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(GError) err = NULL;
	tap_role r = {0};
	app_role role;
	int status;

	if (!app_role_start(&role, "tap",
			    "Answers the Front Ends' filters: decides which "
			    "call is recorded, rewrites its SDP\nand writes "
			    "its session records.",
			    argc, argv, &status))
		return status;
	r.conf = role.conf;
	if (!start(&r, &err) || !confine_tap(&r, &err)) {
		stop(&r);
		return app_fail("tap", err);
	}
	share_reach(&r);
	session_writer_start(r.sessions);
	if (!make_book(&r, &err)) {
		stop(&r);
		g_prefix_error(&err, "the catalog: ");
		return app_fail("tap", err);
	}
	r.old = resume_calls(&(resume_from){r.conf, r.calls, r.sessions,
					    r.book});
	g_timeout_add(OLD_MS, resume_old_calls, &r);
	r.resumed = true;
	capture_back(&r);
	/* A call that comes before capture is here is not recorded. */
	link_tap_await(r.link, AWAIT_MS);
	r.post = alarm_post_new(conf_text(r.conf, CONF_RUN), "tap");
	r.begun = clk_mono_now();
	begin_presence(&r);
	g_timeout_add_seconds(1, tick, &r);
	g_message("listening on %s",
		  conf_text(r.conf, CONF_TAP_LISTEN));
	app_loop_run(loop, reload, &r);
	presence_beat(r.presence, clk_now(), &(presence_gap){{0}, {0}, 0});
	stop(&r);
	return APP_OK;
}
