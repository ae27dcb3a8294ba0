/* cmd_tap.c - the role that answers the Front Ends. */
#include "app/app.h"

#include <string.h>

#include "app/alarm_post.h"
#include "app/book.h"
#include "app/control.h"
#include "app/follow.h"
#include "app/ledger.h"
#include "app/link.h"
#include "app/room.h"
#include "app/session.h"
#include "app/setup.h"
#include "app/stats.h"
#include "app/story.h"

enum {
	SILENT_MS = 5000,	/* 20 heartbeats of a Front End */
	START_S = 5,		/* capture may come after the tap */
	STALE_S = 3600,
	SETTLE_MS = 500,
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
	vlt_level disk;		/* as `keep` tells */
	alarm_post *post;
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

	if (r->sessions)
		session_writer_rearm(r->sessions);
}

static void write_stats(const tap_role *r)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const char *name;

	stats_add(text, "calls", tap_calls_count(r->calls));
	stats_add(text, "capture-alive", link_tap_alive(r->link));
	stats_add(text, "records-lost", session_writer_lost(r->sessions));
	stats_add(text, "ledger-rows-lost", book_lost(r->book));
	for (unsigned i = 0; (name = tap_counter_name(i)); i++)
		stats_add(text, name, tap_calls_counter(r->calls, i));
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
			   "capture does not beat; calls are not recorded");
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

static gboolean tick(gpointer user)
{
	tap_role *r = user;

	r->disk = room_ask(conf_text(r->conf, CONF_RUN));
	tap_calls_tick(r->calls, clk_now());
	if (book_untidy(r->book) && session_writer_idle(r->sessions))
		book_tidy(r->book);
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
		.plan = &r->plan.plan,
		.methods = (const tap_rewriting *)(void *)r->plan.methods->data,
		.no_relay_status = status_if(r->conf, CONF_RULES_IMPOSSIBLE),
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

/* The session records of one journal; NULL when it cannot be read. */
static story *read_story(const char *spool, const char *name, clk_both *last)
{
	const clk_mono never = {INT64_MAX};
	g_autofree char *dir = g_build_filename(spool, name, NULL);
	g_autoptr(follow) f = follow_new(dir);
	g_autoptr(story) s = story_new(name);
	jrn_kind kind;
	jrn_rec rec;

	if (!follow_scan(f, NULL))
		return NULL;
	while (follow_next(f, never, false, &rec, &kind)) {
		g_auto(story_control) did;

		story_record(s, &rec, NULL, &did);
		*last = rec.at;
	}
	return g_steal_pointer(&s);
}

static bool goes_on(const tap_role *r, const story *s, clk_both last)
{
	int64_t silent = clk_now().wall.ns - last.wall.ns;

	return s->call_id && s->record && !s->has_end &&
	       silent < conf_number(r->conf, CONF_TAP_LOST_CALL) *
				CLK_NS_PER_S;
}

/* A pause that an earlier tap began ends when it would have. */
static clk_mono resume_at(const tap_role *r, const story *s)
{
	int64_t longest = conf_number(r->conf, CONF_RULES_PAUSE) *
			  CLK_NS_PER_S;
	clk_both now = clk_now();
	int64_t gone = now.wall.ns - s->paused_at.wall.ns;

	if (!s->paused || !s->pause_ends || !longest)
		return (clk_mono){0};
	return (clk_mono){now.mono.ns + CLAMP(longest - gone, 0, longest)};
}

static rec_ask ask_of(const story *s)
{
	cat_told told = cat_told_find(span_str(s->reason ? s->reason : ""));

	if (!told.found)
		return REC_ASK_NONE;
	return told.mode == CAT_BUFFERED    ? REC_ASK_KEEP
	       : told.mode == CAT_ON_DEMAND ? REC_ASK_START
					    : REC_ASK_NONE;
}

/* Another boot had another monotonic clock. */
static clk_both at_here(clk_both at)
{
	clk_both now = clk_now();

	at.mono.ns = now.mono.ns - MAX(now.wall.ns - at.wall.ns, 0);
	return at;
}

/* What the notes know and the journal does not: both are told again. */
static void catch_up(tap_role *r, story *s, const story *note, void **own)
{
	rec_event e = {.type = JRN_STATE};

	if (note->has_answer && !s->has_answer) {
		e.at = at_here(note->answered);
		e.progress = (rec_progress){.state = REC_ANSWERED,
					    .status = 200};
		sink(r, 0, own, &e);
	}
	if (note->ending && !s->ending) {
		e.at = at_here(note->ending_at);
		e.progress = (rec_progress){.state = REC_ENDING,
					    .status = note->ending_status};
		sink(r, 0, own, &e);
	}
	s->ending = note->ending;
	s->cancelled = note->cancelled;
}

/* A call that was noted, but of which nothing is in a journal. */
static void tell_again(tap_role *r, const story *s, void **own)
{
	rec_event e = {.type = JRN_BEGIN, .at = at_here(s->begun)};
	GHashTableIter i;
	void *name, *value;

	e.begin.call_id = span_str(s->call_id);
	e.begin.from_tag = span_str(s->from_tag);
	e.begin.source = span_str(s->source);
	sink(r, 0, own, &e);
	e.type = JRN_FACT;
	g_hash_table_iter_init(&i, s->facts);
	while (g_hash_table_iter_next(&i, &name, &value)) {
		e.fact = (rec_fact){span_str(name), span_str(value)};
		sink(r, 0, own, &e);
	}
	e.type = JRN_DECISION;
	e.decision = (rec_decision){
		.record = s->record, .audio = s->audio, .video = s->video,
		.rule = span_str(s->rule), .reason = span_str(s->reason),
	};
	sink(r, 0, own, &e);
}

static rec_end end_of(const story *s)
{
	return (rec_end){s->end_cause, s->end_side, s->end_status,
			 span_str(s->end_text ? s->end_text : "")};
}

static tap_resume resume_of(const tap_role *r, const story *s)
{
	return (tap_resume){
		.call_id = s->call_id,
		.from_tag = s->from_tag,
		.source = s->source,
		.record = s->record,
		.audio = s->audio,
		.video = s->video,
		.answered = s->has_answer,
		.ending = s->ending,
		.cancelled = s->cancelled,
		.ending_status = s->ending_status,
		.ending_at = at_here(s->ending_at),
		.paused = s->paused,
		.resume_at = resume_at(r, s),
		.ask = ask_of(s),
		.asked = s->marks & (1u << REC_START | 1u << REC_TAG),
		.halves = s->halves,
	};
}

/* Long after its end its recording may have been deleted, as it should. */
static bool is_stale(const story *s)
{
	return s->has_end && s->record &&
	       clk_now().wall.ns - s->ended.wall.ns > STALE_S * CLK_NS_PER_S;
}

static void resume_noted(tap_role *r, const story *s)
{
	const rec_end end = end_of(s);
	g_autoptr(story) bare = NULL;
	tap_resume resume;
	void *own = NULL;

	if (!s->decided || is_stale(s))
		return;
	tell_again(r, s, &own);
	bare = story_new(s->name);
	catch_up(r, bare, s, &own);
	resume = resume_of(r, s);
	resume.own = own;
	resume.ended = s->has_end ? &end : NULL;
	resume.ended_at = at_here(s->ended);
	tap_calls_resume(r->calls, clk_now(), &resume);
	g_message("%s: goes on from what was noted", s->name);
}

/* True when the journal tells of the call, so that the notes need not. */
static bool resume_call(tap_role *r, const char *name, const story *note)
{
	const char *spool = conf_text(r->conf, CONF_SPOOL);
	g_autofree char *mark = g_build_filename(spool, name, "rendered", NULL);
	g_autoptr(story) s = NULL;
	tap_resume resume;
	clk_both last = {{0}, {0}};
	rec_end end;
	void *own;

	if (g_file_test(mark, G_FILE_TEST_EXISTS))
		return true;
	s = read_story(spool, name, &last);
	if (!s || !goes_on(r, s, last))
		return s && s->call_id && s->record;
	own = session_writer_resume(r->sessions, name, clk_now(), s->halves);
	own = book_resume(r->book, s, own);
	if (note)
		catch_up(r, s, note, &own);
	resume = resume_of(r, s);
	resume.own = own;
	if (note && note->has_end) {
		end = end_of(note);
		resume.ended = &end;
		resume.ended_at = at_here(note->ended);
	}
	tap_calls_resume(r->calls, clk_now(), &resume);
	s = NULL;	/* the book's */
	g_message("%s: goes on", name);
	return true;
}

/* What was told again is on disk before more is promised; a disk that takes
 * longer is not waited for. */
static void settle(tap_role *r)
{
	for (unsigned ms = 0; ms < SETTLE_MS; ms++) {
		if (session_writer_idle(r->sessions) && book_tidy(r->book))
			return;
		g_usleep(1000);
	}
}

/* The calls that were in progress when an earlier tap ended. */
static void resume_calls(tap_role *r)
{
	g_autoptr(GDir) d = g_dir_open(conf_text(r->conf, CONF_SPOOL), 0, NULL);
	g_autoptr(GHashTable) left = book_left(r->book);
	GHashTableIter i;
	const char *name;
	void *noted;

	while (d && (name = g_dir_read_name(d)))
		if (*name != '.' && strlen(name) < REC_NAME &&
		    resume_call(r, name, g_hash_table_lookup(left, name)))
			g_hash_table_remove(left, name);
	g_hash_table_iter_init(&i, left);
	while (g_hash_table_iter_next(&i, NULL, &noted))
		resume_noted(r, noted);
	if (g_hash_table_size(left))
		settle(r);
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

static bool make_control(tap_role *r, GError **err)
{
	const control_config cfg = {
		.run = conf_text(r->conf, CONF_RUN),
		.calls = r->calls,
		.longest_s = conf_number(r->conf, CONF_RULES_PAUSE),
		.name = journal_name,
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
	session_writer_start(r.sessions);
	if (!make_book(&r, &err)) {
		stop(&r);
		g_prefix_error(&err, "the catalog: ");
		return app_fail("tap", err);
	}
	resume_calls(&r);
	r.post = alarm_post_new(conf_text(r.conf, CONF_RUN), "tap");
	r.begun = clk_mono_now();
	g_timeout_add_seconds(1, tick, &r);
	g_message("listening on %s",
		  conf_text(r.conf, CONF_TAP_LISTEN));
	app_loop_run(loop, reload, &r);
	stop(&r);
	return APP_OK;
}
