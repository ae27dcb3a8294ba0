/* A tap that is killed between any two messages: the next one gives the same
 * answers, writes the same journal and leaves the same rows. */
#include "app/resume.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/follow.h"
#include "app/story.h"
#include "ice_rewriter/ice.h"
#include "tests/support/tap_talk.h"

/* One message, or an act. Tags with a 'z' are of another call. */
typedef struct line {
	const char *start, *from, *to, *cseq, *more, *body;
} line;

enum { LINES_MAX = 48, TOGETHER = 8 };

typedef struct scene {
	const char *name;
	bool leave_answers, exempt;
	uint16_t refuse;
	rec_ask ask;
	line line[LINES_MAX];
} scene;

#define VIDEO "m=video 6000 RTP/SAVP 34\n" \
	"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" \
	"WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^31\n" RELAY
#define DTMF "Content-Type: application/dtmf-relay\n"
#define FRAG "Content-Type: message/sipfrag\n"
#define TRICKLE "Content-Type: application/trickle-ice-sdpfrag\n"
#define ALICE "INVITE sip:bob@x"
#define BOB "INVITE sip:alice@x"

static const scene scenes[] = {
	{.name = "rich", .refuse = REC_PASS, .line = {
		{ALICE, "a", "", "1 INVITE", "", OFFER},
		{"407 Who?", "a", "b", "1 INVITE", "", ""},
		{"ACK sip:bob@x", "a", "b", "1 ACK", "", ""},
		{ALICE, "a", "", "2 INVITE", "Ms-Conversation-ID: q\n", OFFER},
		{"183 Progress", "a", "b", "2 INVITE", "RSeq: 1\n", ANSWER},
		{"PRACK sip:bob@x", "a", "b", "3 PRACK", "", ""},
		{"180 Ringing", "a", "bb", "2 INVITE", "", ""},
		{"183 Progress", "a", "bbb", "2 INVITE", "", SDP("30", "6000")},
		{"486 Busy", "a", "bb", "2 INVITE", "", ""},
		{"200 OK", "a", "b", "2 INVITE", "", ANSWER},
		{"200 OK", "a", "b", "2 INVITE", "", ANSWER},
		{"ACK sip:bob@x", "a", "b", "2 ACK", "", ""},
		/* a hold that is refused, and one that is not */
		{ALICE, "a", "b", "4 INVITE", "", OFFER "a=sendonly\n"},
		{"488 No", "a", "b", "4 INVITE", "", ""},
		{ALICE, "a", "b", "5 INVITE", "", OFFER "a=inactive\n"},
		{ALICE, "a", "b", "5 INVITE", "", OFFER "a=inactive\n"},
		{"200 OK", "a", "b", "5 INVITE", "", ANSWER "a=inactive\n"},
		{.start = "pause"},
		{"INFO sip:bob@x", "a", "b", "6 INFO", DTMF, "Signal=5\n"},
		{"INFO sip:bob@x", "a", "b", "6 INFO", DTMF, "Signal=5\n"},
		{.start = "resume"},
		/* the called party, with another stream */
		{BOB, "b", "a", "1 INVITE", "", ANSWER VIDEO},
		{"200 OK", "b", "a", "1 INVITE", "", OFFER VIDEO},
		{"ACK sip:alice@x", "b", "a", "1 ACK", "", ""},
		/* a refresh */
		{"UPDATE sip:alice@x", "b", "a", "2 UPDATE", "", ANSWER VIDEO},
		{"200 OK", "b", "a", "2 UPDATE", "", OFFER VIDEO},
		{"REFER sip:bob@x", "a", "b", "7 REFER",
		 "Refer-To: <sip:carol@x>\n", ""},
		{"NOTIFY sip:alice@x", "b", "a", "3 NOTIFY", FRAG,
		 "SIP/2.0 603 Declined\n"},
		{"INFO sip:bob@x", "a", "b", "8 INFO", TRICKLE,
		 "m=audio 9 RTP/SAVP 0\na=mid:0\n" RELAY},
		/* an offer in the answer, and its answer in the ACK */
		{ALICE, "a", "b", "9 INVITE", "", ""},
		{"200 OK", "a", "b", "9 INVITE", "", ANSWER},
		{"ACK sip:bob@x", "a", "b", "9 ACK", "", OFFER},
		{.start = "pause"},
		{"BYE sip:alice@x", "b", "a", "4 BYE", "", ""},
		{"200 OK", "b", "a", "4 BYE", "", ""},
	}},
	{.name = "late offer", .line = {
		{ALICE, "a", "", "1 INVITE", "", ""},
		{"180 Ringing", "a", "b", "1 INVITE", "", ""},
		{"200 OK", "a", "b", "1 INVITE", "", ANSWER},
		{"ACK sip:bob@x", "a", "b", "1 ACK", "", OFFER},
		{"BYE sip:bob@x", "a", "b", "2 BYE", "", ""},
	}},
	/* An answer to an offer without a relay stays as it is. */
	{.name = "unforced", .refuse = REC_PASS, .leave_answers = true,
	 .line = {
		{ALICE, "a", "", "1 INVITE", "", SDP("10", "4000")},
		{"180 Ringing", "a", "b", "1 INVITE", "", ""},
		{"200 OK", "a", "b", "1 INVITE", "", ANSWER},
		{"ACK sip:bob@x", "a", "b", "1 ACK", "", ""},
		{BOB, "b", "a", "1 INVITE", "", SDP("20", "5002")},
		{"200 OK", "b", "a", "1 INVITE", "", OFFER},
		{"BYE sip:bob@x", "a", "b", "2 BYE", "", ""},
	}},
	/* In mid-call the rule's status refuses what has no relay. */
	{.name = "status", .refuse = 488, .line = {
		{ALICE, "a", "", "1 INVITE", "", OFFER},
		{"200 OK", "a", "b", "1 INVITE", "", ANSWER},
		{"ACK sip:bob@x", "a", "b", "1 ACK", "", ""},
		{ALICE, "a", "b", "2 INVITE", "", SDP("10", "4002")},
		{"BYE sip:bob@x", "a", "b", "3 BYE", "", ""},
	}},
	{.name = "cancelled", .line = {
		{ALICE, "a", "", "1 INVITE", "", OFFER},
		{"180 Ringing", "a", "b", "1 INVITE", "", ""},
		{"CANCEL sip:bob@x", "a", "", "1 CANCEL", "", ""},
		{"180 Ringing", "a", "bb", "1 INVITE", "", ""},
		{"487 Gone", "a", "b", "1 INVITE", "", ""},
		{"487 Gone", "a", "bb", "1 INVITE", "", ""},
	}},
	{.name = "replaced", .line = {
		{ALICE, "a", "", "1 INVITE", "", OFFER},
		{"200 OK", "a", "b", "1 INVITE", "", ANSWER},
		{"ACK sip:bob@x", "a", "b", "1 ACK", "", ""},
		{"INVITE sip:bob@x", "az", "", "1 INVITE",
		 "Replaces: c1;to-tag=b;from-tag=a\n", OFFER},
		{"200 OK", "az", "bz", "1 INVITE", "", ANSWER},
		{"ACK sip:bob@x", "az", "bz", "1 ACK", "", ""},
		{"BYE sip:alice@x", "b", "a", "1 BYE", "", ""},
		{"BYE sip:bob@x", "az", "bz", "2 BYE", "", ""},
	}},
	{.name = "on demand", .ask = REC_ASK_START, .line = {
		{ALICE, "a", "", "1 INVITE", "", OFFER},
		{"200 OK", "a", "b", "1 INVITE", "", ANSWER},
		{.start = "start"},
		{"ACK sip:bob@x", "a", "b", "1 ACK", "", ""},
		{.start = "start"},
		{"BYE sip:bob@x", "a", "b", "3 BYE", "", ""},
	}},
	{.name = "codes", .line = {
		{ALICE, "a", "", "1 INVITE", "", OFFER},
		{"200 OK", "a", "b", "1 INVITE", "", ANSWER},
		{"ACK sip:bob@x", "a", "b", "1 ACK", "", ""},
		{"INFO sip:bob@x", "a", "b", "2 INFO", DTMF, "Signal=*\n"},
		{"INFO sip:bob@x", "a", "b", "3 INFO", DTMF, "Signal=7\n"},
		/* the other party's are of no interest */
		{"INFO sip:alice@x", "b", "a", "1 INFO", DTMF, "Signal=*\n"},
		{"INFO sip:bob@x", "a", "b", "4 INFO", DTMF, "Signal=8\n"},
		{"INFO sip:bob@x", "a", "b", "5 INFO", DTMF, "Signal=*\n"},
		{"INFO sip:bob@x", "a", "b", "6 INFO", DTMF, "Signal=8\n"},
		{"INFO sip:bob@x", "a", "b", "7 INFO", DTMF, "Signal=*\n"},
		{"BYE sip:bob@x", "a", "b", "8 BYE", "", ""},
	}},
	/* Its BYE may have been forged: keys that follow count. */
	{.name = "keys after the end", .line = {
		{ALICE, "a", "", "1 INVITE", "", OFFER},
		{"200 OK", "a", "b", "1 INVITE", "", ANSWER},
		{"ACK sip:bob@x", "a", "b", "1 ACK", "", ""},
		{"BYE sip:bob@x", "a", "b", "2 BYE", "", ""},
		{ALICE, "a", "b", "3 INVITE", "", SDP("30", "6000")},
		{"200 OK", "a", "b", "3 INVITE", "", SDP("40", "7000")},
		{"BYE sip:alice@x", "b", "a", "1 BYE", "", ""},
		{"UPDATE sip:bob@x", "a", "b", "4 UPDATE", "",
		 SDP("50", "8000")},
		{"BYE sip:bob@x", "a", "b", "5 BYE", "", ""},
	}},
	/* Its streams are of no interest, its row is. */
	{.name = "exempt", .exempt = true, .line = {
		{ALICE, "a", "", "1 INVITE", "", OFFER},
		{"200 OK", "a", "b", "1 INVITE", "", ANSWER},
		{"ACK sip:bob@x", "a", "b", "1 ACK", "", ""},
		{BOB, "b", "a", "1 INVITE", "", ANSWER VIDEO},
		{"200 OK", "b", "a", "1 INVITE", "", OFFER VIDEO},
		{"BYE sip:bob@x", "a", "b", "2 BYE", "", ""},
		{"BYE sip:bob@x", "a", "b", "2 BYE", "", ""},
	}},
};

/* ---- one tap ---- */

typedef struct tap {
	const scene *scene;
	conf *conf;
	seal_key *key;
	seal_box *box;
	tap_script script;	/* what talk needs of one */
	session_writer *sessions;
	book *book;
	resume_old *old;
	unsigned armed;		/* halves that capture was told of */
	char reason[256];
} tap;

/* Who has lost what the call is known by decides otherwise. */
static bool decide(void *user, const tap_facts *f, rec_decision *out)
{
	tap *t = user;
	const bool video = span_eq(f->type, "video");

	if (!span_eq(f->caller.uri, "sip:alice@x") ||
	    !span_eq(f->callee.uri, "sip:bob@x"))
		return false;
	g_snprintf(t->reason, sizeof(t->reason),
		   "%s [mode=%s scope=external keep=9 sides=1 "
		   "owners=sip:alice@x]",
		   video ? "seen" : "heard",
		   t->scene->exempt ? "metadata-only"
		   : t->scene->ask  ? "on-demand" : "always");
	*out = (rec_decision){
		.record = !t->scene->exempt, .audio = true, .video = video,
		.rule = span_str("r"), .reason = span_str(t->reason),
		.refuse = t->scene->refuse, .ask = t->scene->ask,
	};
	return true;
}

static void sink(void *user, uint64_t call, void **own, const rec_event *e)
{
	book_sink(((tap *)user)->book, call, own, e);
}

static void keep(void *user, void *own, span memory)
{
	book_keep(((tap *)user)->book, own, memory);
}

static void on_act(void *user, uint64_t call, const rec_control *what)
{
	tap *t = user;
	bool changed;

	g_assert_true(tap_calls_control(t->script.calls, t->script.now, call,
					what, 0, &changed));
}

static void on_arm(void *user, const char *call, span message, bool ended)
{
	(void)call;
	(void)message;
	((tap *)user)->armed += !ended;
}

static conf *conf_in(const char *dir)
{
	g_autofree char *text = g_strdup_printf(
		"[edgetape]\nspool=%s/spool\n", dir);
	g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
	conf *c = conf_parse(text, "test", errors);

	g_assert_nonnull(c);
	return c;
}

static void open_tap(tap *t, const scene *s, const char *dir,
		     const ice_plan *plan)
{
	static const tap_keypad_plan codes = {
		.code = {{REC_PAUSE, "*7"}, {REC_RESUME, "*8"}}, .n = 2,
	};
	g_autofree char *db = g_build_filename(dir, "c.db", NULL);
	g_autofree char *notes = g_build_filename(dir, "notes", NULL);
	const tap_config cfg = {
		.decide = decide, .decide_user = t, .sink = sink,
		.sink_user = t, .keep = keep, .plan = plan,
		.leave_answers = s->leave_answers,
	};
	book_config of = {
		.path = db, .notes = notes, .next = session_writer_sink,
		.keypad = &codes, .act = on_act, .act_user = t,
	};
	session_config session = {.arm = on_arm, .arm_user = t};

	*t = (tap){.scene = s, .conf = conf_in(dir)};
	t->key = seal_key_new(NULL);
	session.box = t->box = seal_key_box(t->key, NULL);
	session.spool = conf_text(t->conf, CONF_SPOOL);
	t->sessions = session_writer_new(&session);
	of.next_user = t->sessions;
	t->book = book_new(&of, NULL);
	g_assert_nonnull(t->book);
	t->script.calls = tap_calls_new(&cfg);
	t->script.now = clk_now();
	t->old = resume_calls(&(resume_from){t->conf, t->script.calls,
					     t->sessions, t->book});
}

static void close_tap(tap *t)
{
	resume_old_free(t->old);
	tap_calls_free(t->script.calls);
	book_free(t->book);
	session_writer_free(t->sessions);
	seal_box_free(t->box);
	seal_key_free(t->key);
	conf_free(t->conf);
}

static void find_call(void *user, const tap_live *l)
{
	if (!strcmp(l->call_id, "c1"))
		*(uint64_t *)user = l->call;
}

static void act(tap *t, const char *verb)
{
	rec_control what = {.side = CALL_UNKNOWN, .actor = span_str("anna"),
			    .text = span_str("because")};
	uint64_t call = 0;
	rec_mark mark;
	bool changed;

	g_assert_true(tap_keypad_act(span_str(verb), &mark));
	what.mark = (uint8_t)mark;
	tap_calls_live(t->script.calls, find_call, &call);
	g_assert_true(tap_calls_control(t->script.calls, t->script.now, call,
					&what, 0, &changed));
}

static void answer_say(const tap *t, unsigned n, GString *to)
{
	const tap_answer *a = &t->script.answer;

	g_string_append_printf(to, "%u: %d %u %s\n", n, a->verdict, a->status,
			       a->reason);
	if (a->verdict == TAP_REPLACED)
		g_string_append_len(to, (const char *)a->message.p,
				    (gssize)a->message.left);
}

static void play(tap *t, unsigned from, unsigned to, GString *said)
{
	for (unsigned n = from; n < to; n++) {
		const line *l = &t->scene->line[n];
		talk k = {&t->script, "c1"};

		if (!l->from) {
			act(t, l->start);
			continue;
		}
		if (strchr(l->from, 'z'))
			k.id = "c2";
		say(&k, l->start, l->from, l->to, l->cseq, l->more, l->body);
		answer_say(t, n, said);
	}
}

static void append(const char *dir, const GString *said)
{
	g_autofree char *path = g_build_filename(dir, "said", NULL);
	FILE *f = fopen(path, "a");

	g_assert_nonnull(f);
	g_assert_cmpuint(fwrite(said->str, 1, said->len, f), ==, said->len);
	g_assert_cmpint(fclose(f), ==, 0);
}

/* Lines [from, to) in a process that is killed then, or, behind the last one,
 * ends when nothing has followed for long enough. */
static void live(const scene *s, const char *dir, unsigned from, unsigned to,
		 bool last)
{
	const ice_plan plan = ice_plan_default();
	pid_t pid = fork();
	int status;

	g_assert_cmpint(pid, >=, 0);
	if (pid == 0) {
		GString *said = g_string_new(NULL);
		tap t;

		open_tap(&t, s, dir, &plan);
		/* Each message has a millisecond of its own. */
		tap_script_wait(&t.script, from / 1000.0);
		play(&t, from, to, said);
		append(dir, said);
		if (!last)
			_exit(0);
		tap_script_wait(&t.script, 40);
		close_tap(&t);
		_exit(0);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* ---- what it leaves ---- */

static void hex(GString *to, span bytes)
{
	for (size_t i = 0; i < bytes.left; i++) {
		if (g_ascii_isprint(bytes.p[i]))
			g_string_append_c(to, (char)bytes.p[i]);
		else
			g_string_append_printf(to, "\\%02x", bytes.p[i]);
	}
	g_string_append_c(to, '\n');
}

static void journal_say(const char *dir, GString *to)
{
	const clk_mono never = {INT64_MAX};
	g_autoptr(follow) f = follow_new(dir);
	jrn_kind kind;
	jrn_rec rec;

	g_assert_true(follow_scan(f, NULL));
	while (follow_next(f, never, false, &rec, &kind)) {
		if (rec.type == JRN_KEYS)
			continue;	/* sealed, each time otherwise */
		g_string_append_printf(to, "%u ", rec.type);
		hex(to, rec.payload);
	}
}

static void row_say(cat_db *db, const char *name, GString *to)
{
	g_autoptr(cat_entry) e = cat_ledger_get(db, name, NULL);

	g_assert_nonnull(e);
	g_string_append_printf(
		to, "row %s: %s %s %s %s -> %s, %s %s %u, %s %s, rule %s, %s, "
		    "answered %d, ended %d, %u owners, %u ids\n",
		e->call_id, cat_outcome_name(e->outcome), e->cause, e->reason,
		e->caller, e->callee, e->caller_name, cat_end_name(e->end),
		e->end_status, e->mode, e->scope, e->rule, e->source,
		e->answered_ms > 0, e->ended_ms > 0, e->owners->len,
		e->ids->len);
}

static gint by_call_id(gconstpointer a, gconstpointer b)
{
	return strcmp((*(cat_entry *const *)a)->call_id,
		      (*(cat_entry *const *)b)->call_id);
}

/* Answers, rows and journals. */
static char *left_in(const char *dir)
{
	g_autofree char *path = g_build_filename(dir, "said", NULL);
	g_autofree char *name = g_build_filename(dir, "c.db", NULL);
	g_autofree char *said = NULL;
	g_autoptr(cat_db) db = cat_open(name, NULL);
	const cat_query all = {.limit = 10};
	g_autoptr(GPtrArray) rows = cat_ledger_search(db, &all, NULL);
	GString *to;

	g_assert_true(g_file_get_contents(path, &said, NULL, NULL));
	to = g_string_new(said);
	g_assert_nonnull(rows);
	g_ptr_array_sort(rows, by_call_id);
	for (guint i = 0; i < rows->len; i++) {
		const cat_entry *e = g_ptr_array_index(rows, i);
		g_autofree char *journal = g_build_filename(dir, "spool",
							    e->name, NULL);

		row_say(db, e->name, to);
		if (g_file_test(journal, G_FILE_TEST_IS_DIR))
			journal_say(journal, to);
	}
	return g_string_free(to, FALSE);
}

static void remove_tree(const char *path)
{
	GDir *d = g_dir_open(path, 0, NULL);
	const char *name;

	while (d && (name = g_dir_read_name(d))) {
		g_autofree char *in = g_build_filename(path, name, NULL);

		remove_tree(in);
	}
	if (d)
		g_dir_close(d);
	g_assert_cmpint(g_remove(path), ==, 0);
}

static unsigned lines_of(const scene *s)
{
	unsigned n = 0;

	while (n < LINES_MAX && s->line[n].start)
		n++;
	return n;
}

static void spool_make(const char *dir)
{
	g_autofree char *spool = g_build_filename(dir, "spool", NULL);

	g_assert_cmpint(g_mkdir(spool, 0700), ==, 0);
}

/* The disk had nothing of it yet. */
static void spool_lose(const char *dir)
{
	g_autofree char *spool = g_build_filename(dir, "spool", NULL);

	remove_tree(spool);
	spool_make(dir);
}

typedef enum when {
	ONCE,		/* killed behind one message */
	EACH_TIME,
	UNWRITTEN,	/* once, and no journal had been written */
} when;

static char *outcome_of(const scene *s, unsigned at, when w)
{
	g_autofree char *dir = g_dir_make_tmp("edgetape-restart-XXXXXX", NULL);
	const unsigned n = lines_of(s);
	char *left;

	spool_make(dir);
	for (unsigned i = 0; w == EACH_TIME && i + 1 < n; i++)
		live(s, dir, i, i + 1, false);
	if (w == EACH_TIME)
		at = n - 1;
	else if (at)
		live(s, dir, 0, at, false);
	if (w == UNWRITTEN)
		spool_lose(dir);
	live(s, dir, at, n, true);
	if (w == UNWRITTEN)
		spool_lose(dir);
	left = left_in(dir);
	remove_tree(dir);
	return left;
}

/* The first line that differs. */
static void assert_same(const char *have, const char *want, unsigned at)
{
	g_auto(GStrv) a = g_strsplit(have, "\n", -1);
	g_auto(GStrv) b = g_strsplit(want, "\n", -1);

	for (unsigned i = 0; a[i] && b[i]; i++)
		if (strcmp(a[i], b[i]))
			g_error("killed behind line %u:\n%s\nand not\n%s", at,
				a[i], b[i]);
	g_assert_cmpstr(have, ==, want);
}

static void wait_for_one(void)
{
	int status;

	g_assert_cmpint(waitpid(-1, &status, 0), >, 0);
	g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Taps wait for the disk more than they work: some at a time. */
static void kill_everywhere(const scene *s, when w)
{
	g_autofree char *want = outcome_of(s, 0, w);
	const unsigned n = lines_of(s);

	for (unsigned at = 1; at < n + TOGETHER; at++) {
		if (at > TOGETHER)
			wait_for_one();
		if (at >= n || fork())
			continue;
		assert_same(outcome_of(s, at, w), want, at);
		_exit(0);
	}
}

static void test_once(gconstpointer data)
{
	kill_everywhere(data, ONCE);
}

static void test_unwritten(gconstpointer data)
{
	kill_everywhere(data, UNWRITTEN);
}

static void test_each_time(gconstpointer data)
{
	g_autofree char *want = outcome_of(data, 0, ONCE);
	g_autofree char *have = outcome_of(data, 0, EACH_TIME);

	assert_same(have, want, 0);
}

static void count_call(void *user, const tap_live *l)
{
	*(int *)user += !strcmp(l->call_id, "c1");
}

static int calls_known(const tap *t)
{
	int n = 0;

	tap_calls_live(t->script.calls, count_call, &n);
	return n;
}

/* A tap that is killed in a call whose first INVITE came ten days ago. */
static void live_long(const scene *s, const char *dir)
{
	const ice_plan plan = ice_plan_default();
	pid_t pid = fork();
	int status;
	tap t;

	g_assert_cmpint(pid, >=, 0);
	if (pid == 0) {
		GString *said = g_string_new(NULL);
		const clk_both now = clk_now();

		open_tap(&t, s, dir, &plan);
		t.script.now.wall.ns -= 10 * 86400 * CLK_NS_PER_S;
		play(&t, 0, 1, said);
		t.script.now = now;
		play(&t, 1, 12, said);
		_exit(0);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void fill_spool(const char *dir)
{
	for (int i = 0; i < 100; i++) {
		g_autofree char *over = g_strdup_printf(
			"%s/spool/201905%02dT000000Z-%016x", dir, i % 31 + 1,
			i);
		g_autofree char *mark = g_build_filename(over, "rendered",
							 NULL);

		g_assert_cmpint(g_mkdir(over, 0700), ==, 0);
		g_assert_true(g_file_set_contents(mark, "", 0, NULL));
	}
}

static void resume_old_too(tap *t)
{
	const resume_from from = {t->conf, t->script.calls, t->sessions,
				  t->book};

	while (resume_more(t->old, &from))
		;
}

/* What began long ago goes on at once if the notes tell of it, and a little
 * later if only its journal does. */
static void test_old(void)
{
	const scene *s = &scenes[0];
	const ice_plan plan = ice_plan_default();
	g_autofree char *dir = g_dir_make_tmp("edgetape-restart-XXXXXX", NULL);
	g_autofree char *notes = g_build_filename(dir, "notes", NULL);
	tap t;

	live_long(s, dir);
	fill_spool(dir);
	for (int noted = 1; noted >= 0; noted--) {
		if (!noted)
			g_assert_cmpint(g_unlink(notes), ==, 0);
		open_tap(&t, s, dir, &plan);
		g_assert_cmpint(calls_known(&t), ==, noted);
		t.armed = 0;
		resume_old_too(&t);
		g_assert_cmpint(calls_known(&t), ==, 1);
		if (noted)	/* nor begun twice */
			g_assert_cmpuint(t.armed, ==, 0);
		else
			g_assert_cmpuint(t.armed, >=, 2);
		close_tap(&t);
	}
	remove_tree(dir);
}

/* A call has just ended when an old journal is looked into. */
static void test_old_after_end(void)
{
	const scene *s = &scenes[0];
	const ice_plan plan = ice_plan_default();
	g_autofree char *dir = g_dir_make_tmp("edgetape-restart-XXXXXX", NULL);
	g_autofree char *old = g_build_filename(
		dir, "spool/20190501T000000Z-0000000000000000", NULL);
	GString *said = g_string_new(NULL);
	tap t;

	spool_make(dir);
	g_assert_cmpint(g_mkdir(old, 0700), ==, 0);
	open_tap(&t, s, dir, &plan);
	play(&t, 0, lines_of(s), said);
	g_assert_cmpint(calls_known(&t), ==, 0);
	resume_old_too(&t);
	close_tap(&t);
	g_string_free(said, TRUE);
	remove_tree(dir);
}

static void add(const scene *s, const char *what,
		void (*test)(gconstpointer data))
{
	g_autofree char *path = g_strdup_printf("/app/restart/%s%s", s->name,
						what);

	g_test_add_data_func(path, s, test);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(scenes); i++) {
		add(&scenes[i], "", test_once);
		add(&scenes[i], ", each time", test_each_time);
		add(&scenes[i], ", nothing written", test_unwritten);
	}
	g_test_add_func("/app/restart/old", test_old);
	g_test_add_func("/app/restart/old-after-end", test_old_after_end);
	return g_test_run();
}
