/* The listener against real TLS clients on the loopback: how frames come and
 * go, and what is said of them in time and too late. */
#include "signaling_tap/counter.h"
#include "signaling_tap/latency.h"
#include "tests/support/tap_certs.h"
#include "tests/support/tap_rig.h"

/* Frames cut anywhere give the same answers in the same order. */
static void test_pieces(void)
{
	static const gsize pieces[] = {65536, 1, 2, 3, 7, 100};

	for (unsigned i = 0; i < G_N_ELEMENTS(pieces); i++) {
		tap_frame got[64];
		tap_rig r;

		tap_rig_open(&r, NULL, NULL);
		r.piece = pieces[i];
		for (guint64 id = 1; id <= 20; id += 2) {
			tap_rig_heartbeat(&r, id);
			tap_rig_request(&r, id + 1, tap_rig_invite);
		}
		r.answers = 20;
		tap_rig_run(&r);
		g_assert_true(r.served);
		g_assert_cmpuint(tap_rig_got(&r, got, 64), ==, 20);
		for (guint64 id = 1; id <= 20; id++) {
			g_assert_cmpuint(got[id - 1].id, ==, id);
			g_assert_cmpuint(got[id - 1].kind, ==, id % 2 ?
					 TAP_HEP_HEARTBEAT_ANSWER :
					 TAP_HEP_VERDICT);
		}
		g_assert_cmpuint(got[1].flags, ==, TAP_HEP_RECORDED);
		g_assert_cmpuint(tap_script_counter(r.script, "calls"), ==, 1);
		tap_rig_close(&r);
	}
}

static gpointer idler(gpointer data)
{
	tap_rig *r = data;
	SSL *ssl = tap_client_new(r->port, "good", TLS1_3_VERSION);
	guint8 got[256];

	r->served = ssl &&
		    SSL_write(ssl, r->send->data, (int)r->send->len) > 0 &&
		    SSL_read(ssl, got, sizeof(got)) > 0;
	g_usleep(300000);
	tap_client_free(ssl);
	r->over = true;
	g_main_context_wakeup(NULL);
	return NULL;
}

/* A Front End that has nothing to say costs nothing. */
static void test_idle(void)
{
	unsigned rounds = 0;
	GThread *t;
	tap_rig r;

	tap_rig_open(&r, NULL, NULL);
	tap_rig_heartbeat(&r, 1);
	t = g_thread_new("idler", idler, &r);
	for (; !r.over; rounds++)
		g_main_context_iteration(NULL, TRUE);
	g_thread_join(t);
	g_assert_true(r.served);
	g_assert_cmpuint(rounds, <, 500);
	tap_rig_close(&r);
}

/* Each verdict is measured once. */
static void test_measured(void)
{
	const tap_latency *l;
	tap_rig r;

	tap_rig_open(&r, NULL, NULL);
	r.piece = 100;
	for (guint64 id = 1; id <= 20; id++)
		tap_rig_request(&r, id, tap_rig_invite);
	r.answers = 20;
	tap_rig_run(&r);
	l = tap_server_latency(r.server);
	g_assert_cmpuint(tap_latency_within(l, TAP_LATENCY_BUCKETS - 1), ==,
			 20);
	tap_rig_close(&r);
}

/* An INVITE that will be replaced by one of about that length. */
static GString *big_invite(unsigned call, gsize octets)
{
	static const char sdp[] =
		"v=0\no=- 0 0 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\n"
		"t=0 0\nm=audio 4000 RTP/SAVP 0\n"
		"a=candidate:1 1 UDP 1 192.0.2.1 4000 typ host\n"
		"a=candidate:2 1 UDP 1 203.0.113.1 5000 typ relay "
		"raddr 192.0.2.1 rport 4000\n";
	g_autofree char *head = g_strdup_printf(
		"INVITE sip:bob@example SIP/2.0\n"
		"From: <sip:alice@example>;tag=a\nTo: <sip:bob@example>\n"
		"Call-ID: c%u\nCSeq: 1 INVITE\n"
		"Content-Type: application/sdp\n", call);
	g_autofree char *pad = g_strnfill(octets, 'x');
	g_autofree char *body = g_strconcat(sdp, "a=pad:", pad, "\n", NULL);

	return tap_script_message(head, body);
}

/* A peer that does not read its answers is not read from, so that they do not
 * pile up here; none is lost. */
static void test_back_pressure(void)
{
	const ice_plan plan = ice_plan_default();
	GString *big = big_invite(1, 40000);
	static tap_frame got[TAP_RIG_BACKLOG];
	tap_rig r;

	tap_rig_open(&r, NULL, &plan);
	for (guint64 id = 1; id <= TAP_RIG_BACKLOG; id++)
		tap_rig_request(&r, id, big->str);
	r.answers = TAP_RIG_BACKLOG;
	r.max_version = TLS1_2_VERSION;
	tap_rig_run(&r);
	g_assert_true(r.served);
	g_assert_cmpuint(r.stalls, >, 0);
	/* It waits; it does not look again and again. */
	g_assert_cmpuint(r.rounds, <, 10 * TAP_RIG_BACKLOG);
	g_assert_cmpuint(tap_rig_got(&r, got, TAP_RIG_BACKLOG), ==,
			 TAP_RIG_BACKLOG);
	for (guint i = 0; i < TAP_RIG_BACKLOG; i++) {
		g_assert_cmpuint(got[i].id, ==, i + 1);
		g_assert_cmpuint(got[i].verdict, ==, TAP_REPLACED);
	}
	g_string_free(big, TRUE);
	tap_rig_close(&r);
}

/* What is no HEP3 closes its connection; the listener lives on. */
static void test_garbage(void)
{
	tap_rig r;

	tap_rig_open(&r, NULL, NULL);
	g_byte_array_append(r.send, (const guint8 *)"GET / HTTP/1.1\r\n", 16);
	tap_rig_run(&r);
	g_assert_false(r.served);
	g_assert_cmpuint(tap_script_counter(r.script, "hep-bad"), ==, 1);
	g_byte_array_set_size(r.send, 0);
	tap_rig_request(&r, 1, "not SIP at all\r\n\r\n");
	tap_rig_request(&r, 2, tap_rig_invite);
	r.answers = 2;
	tap_rig_run(&r);
	g_assert_true(r.served);
	g_assert_cmpuint(tap_script_counter(r.script, "sip-bad-start"), ==, 1);
	tap_rig_close(&r);
}

static void test_version(void)
{
	const tap_frame f = {.kind = TAP_HEP_REQUEST, .version = 2, .id = 5,
			     .payload = span_str(tap_rig_invite)};
	guint8 buf[1000];
	put o = put_into(buf, sizeof(buf));
	tap_frame got;
	tap_rig r;

	tap_rig_open(&r, NULL, NULL);
	tap_frame_put(&o, &f);
	g_byte_array_append(r.send, buf, (guint)o.n);
	tap_rig_run(&r);
	g_assert_true(r.served);
	g_assert_cmpuint(tap_rig_got(&r, &got, 1), ==, 1);
	g_assert_cmpuint(got.version, ==, TAP_HEP_VERSION);
	g_assert_cmpuint(got.verdict, ==, TAP_PASS);
	g_assert_true(span_eq(got.reason, "contract version not supported"));
	g_assert_cmpuint(tap_script_counter(r.script, "calls"), ==, 0);
	tap_rig_close(&r);
}

/* A plain copy over TLS is read, obeyed by nobody and not answered; what the
 * filter asks behind it of the same call is. */
static void test_copy(void)
{
	tap_frame got[2];
	tap_rig r;

	tap_rig_open(&r, NULL, NULL);
	tap_rig_frame(&r, (tap_frame){.kind = TAP_HEP_COPY, .protocol = 1,
				      .payload = span_str(tap_rig_invite)});
	tap_rig_heartbeat(&r, 1);
	tap_rig_run(&r);
	g_assert_true(r.served);
	g_assert_cmpuint(tap_rig_got(&r, got, 2), ==, 1);
	g_assert_cmpuint(got[0].kind, ==, TAP_HEP_HEARTBEAT_ANSWER);
	g_assert_nonnull(strstr(r.script->told->str, "fact mode=copy"));
	tap_rig_request(&r, 2, tap_rig_invite);
	r.answers = 2;
	tap_rig_run(&r);
	g_assert_cmpuint(tap_rig_got(&r, got, 2), ==, 2);
	g_assert_cmpuint(got[1].kind, ==, TAP_HEP_VERDICT);
	g_assert_nonnull(strstr(r.script->told->str, "fact mode=inline"));
	g_assert_cmpuint(tap_script_counter(r.script, "calls"), ==, 1);
	tap_rig_close(&r);
}

static bool slow(void *user, const tap_facts *f, rec_decision *out)
{
	(void)user;
	(void)f;
	g_usleep(5000);
	*out = (rec_decision){0};
	return true;
}

/* What a rule says of a call, and what a late INVITE of it gets. */
typedef struct late_case {
	const char *name;
	bool record;
	uint16_t refuse;
	uint16_t status;	/* 0: it passes */
} late_case;

static const late_case late_cases[] = {
	{"configured", true, 0, 503},
	{"rule", true, 480, 480},
	{"rule-down", false, 480, 480},
	{"emergency", true, REC_PASS, 0},
	{"unrecorded", false, 0, 0},
};

static bool slow_as(void *user, const tap_facts *f, rec_decision *out)
{
	const late_case *l = user;

	(void)f;
	g_usleep(5000);
	*out = (rec_decision){.record = l->record, .audio = l->record,
			      .refuse = l->refuse};
	return true;
}

static void end_note(void *user, uint64_t call, void **own, const rec_event *e)
{
	rec_end *end = user;

	(void)call;
	(void)own;
	if (e->type == JRN_END)
		*end = e->end;
}

static void test_late(gconstpointer data)
{
	const late_case *l = data;
	rec_end end = {0};
	const tap_config cfg = {.decide = slow_as, .decide_user = (void *)l,
				.sink = end_note, .sink_user = &end};
	tap_calls *calls = tap_calls_new(&cfg);
	tap_frame got;
	tap_rig r;

	tap_rig_open(&r, NULL, NULL);
	tap_rig_serve(&r, calls, 1);
	tap_rig_request(&r, 9, tap_rig_invite);
	tap_rig_run(&r);
	g_assert_true(r.served);
	tap_rig_got(&r, &got, 1);
	g_assert_cmpuint(got.flags & TAP_HEP_LATE, !=, 0);
	g_assert_cmpuint(got.verdict, ==, l->status ? TAP_REFUSE : TAP_PASS);
	g_assert_cmpuint(got.status, ==, l->status);
	g_assert_cmpuint(end.cause, ==, l->status ? REC_REFUSED : 0);
	g_assert_cmpuint(end.status, ==, l->status);
	tap_rig_close(&r);
	tap_calls_free(calls);
}

/* When each call began, as the sink is told. */
static void times_note(void *user, uint64_t call, void **own,
		       const rec_event *e)
{
	(void)call;
	(void)own;
	if (e->type == JRN_BEGIN)
		g_array_append_val((GArray *)user, e->at);
}

static void timed_frame(tap_rig *r, guint64 id, int64_t wall_ns,
			const char *text)
{
	tap_rig_frame(r, (tap_frame){
		.kind = TAP_HEP_REQUEST, .id = id, .protocol = 1,
		.deadline_ms = 1000,
		.seconds = (guint32)(wall_ns / CLK_NS_PER_S),
		.micros = (guint32)(wall_ns % CLK_NS_PER_S / 1000),
		.name = span_str("fe1"), .payload = span_str(text)});
}

static void timed_add(tap_rig *r, guint64 id, int64_t wall_ns)
{
	g_autofree char *text = g_strdup_printf(
		"INVITE sip:bob@example SIP/2.0\r\n"
		"From: <sip:alice@example>;tag=a\r\nTo: <sip:bob@example>\r\n"
		"Call-ID: c%u\r\nCSeq: 1 INVITE\r\n\r\n", (unsigned)id);

	timed_frame(r, id, wall_ns, text);
}

/* Whatever time a Front End tells, calls keep that of our host; of a clock that
 * is far off or steps it is warned once. */
static void test_time(void)
{
	g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(clk_both));
	const tap_config cfg = {.decide = slow, .sink = times_note,
				.sink_user = times};
	g_autoptr(tap_calls) calls = tap_calls_new(&cfg);
	const clk_both start = clk_now(), *at;
	const int64_t near = start.wall.ns / 1000 * 1000 + 900 * CLK_NS_PER_MS;
	int64_t between;
	int warned;
	tap_rig r;

	tap_rig_open(&r, NULL, NULL);
	tap_rig_serve(&r, calls, 0);
	warned = tap_certs_warnings();
	timed_add(&r, 1, near);
	timed_add(&r, 2, start.wall.ns - 3600 * CLK_NS_PER_S);
	timed_add(&r, 3, start.wall.ns + 3600 * CLK_NS_PER_S);
	timed_add(&r, 4, start.wall.ns + 3600 * CLK_NS_PER_S);
	r.answers = 4;
	tap_rig_run(&r);
	g_assert_true(r.served);
	g_assert_cmpuint(times->len, ==, 4);
	at = (const clk_both *)times->data;
	for (guint i = 0; i < 4; i++) {
		g_assert_cmpint(at[i].wall.ns, >=, start.wall.ns);
		/* Both clocks move together. */
		between = at[i].wall.ns - at[i].mono.ns;
		between -= start.wall.ns - start.mono.ns;
		g_assert_cmpint(ABS(between), <, 400 * CLK_NS_PER_MS);
	}
	g_assert_cmpint(at[2].wall.ns, <, clk_now().wall.ns + 1);
	g_assert_cmpuint(tap_calls_counter(calls, TAP_N_HEP_SKEW), ==, 3);
	g_assert_cmpint(tap_certs_warnings() - warned, ==, 1);
	tap_rig_close(&r);
}

/* The first decision takes until the Front End has gone, and a while more. */
typedef struct gone {
	tap_rig rig;
	GArray *times;		/* of the calls' beginnings */
	bool waited;
	unsigned late, rewritten;	/* calls of which it is told */
} gone;

static bool decide_when_gone(void *user, const tap_facts *f, rec_decision *out)
{
	gone *g = user;

	(void)f;
	for (int i = 0; i < 2000 && !g->waited && !g->rig.over; i++)
		g_usleep(10000);
	if (!g->waited)
		g_usleep(1300000);
	g->waited = true;
	*out = (rec_decision){.record = true, .audio = true};
	return true;
}

static void gone_note(void *user, uint64_t call, void **own, const rec_event *e)
{
	gone *g = user;

	times_note(g->times, call, own, e);
	if (e->type != JRN_FACT)
		return;
	g->late += span_eq(e->fact.name, "late");
	g->rewritten += span_eq(e->fact.name, "rewritten");
}

/* A host that stood still for longer than the Front End waits: that has let all
 * pass and left. What it sent is read all the same, though no answer can be
 * sent, and keeps its time. Of the first alone the tap could not know. */
static void test_gone(void)
{
	enum { CALLS = 14, ANSWER = 4000 };	/* fits a socket */
	gone g = {.times = g_array_new(FALSE, FALSE, sizeof(clk_both))};
	const ice_plan plan = ice_plan_default();
	const tap_config cfg = {.decide = decide_when_gone, .decide_user = &g,
				.sink = gone_note, .sink_user = &g,
				.plan = &plan};
	g_autoptr(tap_calls) calls = tap_calls_new(&cfg);
	const clk_both start = clk_now();

	tap_rig_open(&g.rig, NULL, &plan);
	tap_rig_serve(&g.rig, calls, 0);
	for (unsigned id = 1; id <= CALLS; id++) {
		GString *m = big_invite(id, ANSWER);

		timed_frame(&g.rig, id, start.wall.ns, m->str);
		g_string_free(m, TRUE);
	}
	tap_rig_run(&g.rig);
	g_assert_true(g.waited);
	g_assert_cmpuint(g.times->len, ==, CALLS);
	for (guint i = 1; i < CALLS; i++)
		g_assert_cmpint(
			g_array_index(g.times, clk_both, i).mono.ns, <,
			g_array_index(g.times, clk_both, 0).mono.ns +
				CLK_NS_PER_S / 10);
	g_assert_cmpuint(tap_calls_counter(calls, TAP_N_HEP_SKEW), ==, 0);
	g_assert_cmpuint(g.late, ==, CALLS);
	g_assert_cmpuint(g.rewritten, ==, 1);
	tap_rig_close(&g.rig);
	g_array_unref(g.times);
}

int main(int argc, char **argv)
{
	int bad;

	g_test_init(&argc, &argv, NULL);
	tap_certs_quiet();
	g_test_add_func("/tap/server/pieces", test_pieces);
	g_test_add_func("/tap/server/back-pressure", test_back_pressure);
	g_test_add_func("/tap/server/idle", test_idle);
	g_test_add_func("/tap/server/measured", test_measured);
	g_test_add_func("/tap/server/garbage", test_garbage);
	g_test_add_func("/tap/server/version", test_version);
	g_test_add_func("/tap/server/copy", test_copy);
	for (size_t i = 0; i < G_N_ELEMENTS(late_cases); i++) {
		g_autofree char *name = g_strconcat("/tap/server/late/",
						    late_cases[i].name, NULL);

		g_test_add_data_func(name, &late_cases[i], test_late);
	}
	g_test_add_func("/tap/server/time", test_time);
	g_test_add_func("/tap/server/gone", test_gone);
	bad = g_test_run();
	tap_certs_clear();
	return bad;
}
