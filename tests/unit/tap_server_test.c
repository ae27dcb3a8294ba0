/* The listener against real TLS clients on the loopback: who is let in, and
 * how frames come and go. The client is a thread, the server this one. */
#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ice_rewriter/ice.h"
#include "signaling_tap/dialog.h"
#include "signaling_tap/hep3.h"
#include "tests/support/tap_certs.h"
#include "tests/support/tap_script.h"

/* More than the kernel's buffers of both ends hold: 400 times 40 KB. */
enum { BACKLOG = 400 };

typedef struct rig {
	tap_script *script;
	tap_server *server;
	guint16 port;
	atomic_bool over;
	/* what the client is to do, and what came of it */
	const char *cert;
	int max_version;
	GByteArray *send;
	gsize piece;		/* octets in one write */
	unsigned answers;	/* to wait for */
	bool served;
	GByteArray *got;
	unsigned stalls;	/* times the server would not take more */
} rig;

static void rig_open(rig *r, const char *crl, const ice_plan *plan)
{
	static const char *const allow[] = {"fe1.example", NULL};
	const tap_server_config cfg = {
		.listen = "127.0.0.1:0", .cert = tap_certs_file("server.crt"),
		.key = tap_certs_file("server.key"),
		.ca = tap_certs_file("ca.crt"), .crl = crl, .allow = allow,
		.deadline_ms = 10000,
	};
	GError *err = NULL;

	*r = (rig){.cert = "good", .max_version = TLS1_3_VERSION,
		   .piece = 65536, .answers = 1};
	r->script = tap_script_new(plan, 0);
	r->server = tap_server_new(&cfg, r->script->calls, &err);
	g_assert_no_error(err);
	r->port = tap_server_port(r->server);
	r->send = g_byte_array_new();
	r->got = g_byte_array_new();
}

static void rig_close(rig *r)
{
	tap_server_free(r->server);
	tap_script_free(r->script);
	g_byte_array_unref(r->send);
	g_byte_array_unref(r->got);
}

/* How many whole frames were received. */
static unsigned frames_got(const rig *r, tap_frame *frames, unsigned max)
{
	span in = span_of(r->got->data, r->got->len), bytes;
	unsigned n = 0;

	while (n < max && tap_hep_cut(&in, &bytes) == TAP_HEP_OK) {
		g_assert_cmpint(tap_frame_read(bytes, &frames[n]), ==,
				TAP_HEP_OK);
		n++;
	}
	return n;
}

static bool client_read(rig *r, SSL *ssl)
{
	guint8 buf[16384];
	int n = SSL_read(ssl, buf, sizeof(buf));

	if (n > 0)
		g_byte_array_append(r->got, buf, (guint)n);
	return n > 0;
}

static void client_talk(rig *r, SSL *ssl)
{
	static tap_frame frames[BACKLOG];
	gsize len;
	const guint8 *p;
	int n;

	for (gsize at = 0; at < r->send->len; at += len) {
		len = MIN(r->piece, r->send->len - at);
		p = r->send->data + at;
		while ((n = SSL_write(ssl, p, (int)len)) <= 0) {
			/* SO_SNDTIMEO: the server has stopped reading, so
			 * TAP_CONN_OUT octets wait for us at least */
			if (SSL_get_error(ssl, n) != SSL_ERROR_WANT_WRITE)
				return;
			for (int i = 0; i < 14; i++)
				if (!client_read(r, ssl))
					return;
			r->stalls++;
		}
	}
	while (frames_got(r, frames, G_N_ELEMENTS(frames)) < r->answers)
		if (!client_read(r, ssl))
			return;
	r->served = true;
}

static gpointer client(gpointer data)
{
	rig *r = data;
	SSL *ssl = tap_client_new(r->port, r->cert, r->max_version);

	if (ssl) {
		client_talk(r, ssl);
		tap_client_free(ssl);
	}
	r->over = true;
	g_main_context_wakeup(NULL);
	return NULL;
}

static void run(rig *r)
{
	GThread *t;

	r->over = r->served = false;
	g_byte_array_set_size(r->got, 0);
	t = g_thread_new("client", client, r);
	while (!r->over)
		g_main_context_iteration(NULL, TRUE);
	g_thread_join(t);
	while (g_main_context_iteration(NULL, FALSE))
		;
}

static void frame_add(rig *r, tap_frame f)
{
	guint8 buf[TAP_HEP_MAX];
	put o = put_into(buf, sizeof(buf));

	f.version = TAP_HEP_VERSION;
	tap_frame_put(&o, &f);
	g_assert_false(o.full);
	g_byte_array_append(r->send, buf, (guint)o.n);
}

static void heartbeat_add(rig *r, guint64 id)
{
	frame_add(r, (tap_frame){.kind = TAP_HEP_HEARTBEAT, .id = id,
				 .name = span_str("fe1")});
}

static void request_add(rig *r, guint64 id, const char *text)
{
	frame_add(r, (tap_frame){.kind = TAP_HEP_REQUEST, .id = id,
				 .protocol = 1, .payload = span_str(text)});
}

static const char invite[] =
	"INVITE sip:bob@example SIP/2.0\r\n"
	"From: <sip:alice@example>;tag=a\r\nTo: <sip:bob@example>\r\n"
	"Call-ID: c1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";

typedef struct peer_case {
	const char *cert;
	bool crl;
	int max_version;
	bool served;
	const char *why;	/* in the refusal */
} peer_case;

static const peer_case peers[] = {
	{"good", false, TLS1_3_VERSION, true, ""},
	{"good", false, TLS1_2_VERSION, true, ""},
	{"good", false, TLS1_1_VERSION, false, "unsupported protocol"},
	{"good", true, TLS1_3_VERSION, true, ""},
	{NULL, false, TLS1_3_VERSION, false,
	 "no certificate: peer did not return a certificate"},
	{NULL, false, TLS1_2_VERSION, false,
	 "no certificate: peer did not return a certificate"},
	{"other", false, TLS1_3_VERSION, false,
	 "CN=fe1: unable to get local issuer certificate"},
	{"wrongname", false, TLS1_3_VERSION, false,
	 "CN=fe1.example: no subject alternative name of it is allowed"},
	{"expired", false, TLS1_3_VERSION, false,
	 "CN=fe1: certificate has expired"},
	{"revoked", false, TLS1_3_VERSION, true, ""},
	{"revoked", true, TLS1_3_VERSION, false,
	 "CN=fe2: certificate revoked"},
};

static void test_peer(gconstpointer data)
{
	const peer_case *p = data;
	rig r;

	rig_open(&r, p->crl ? tap_certs_file("crl.pem") : NULL, NULL);
	r.cert = p->cert;
	r.max_version = p->max_version;
	heartbeat_add(&r, 7);
	run(&r);
	g_assert_cmpint(r.served, ==, p->served);
	if (p->served)
		g_assert_cmpstr(tap_server_refusal(r.server), ==, "");
	else
		g_assert_nonnull(strstr(tap_server_refusal(r.server), p->why));
	g_assert_cmpuint(tap_script_counter(r.script, "peers-refused"), ==,
			 !p->served);
	rig_close(&r);
}

/* Frames cut anywhere give the same answers in the same order. */
static void test_pieces(void)
{
	static const gsize pieces[] = {65536, 1, 2, 3, 7, 100};

	for (unsigned i = 0; i < G_N_ELEMENTS(pieces); i++) {
		tap_frame got[64];
		rig r;

		rig_open(&r, NULL, NULL);
		r.piece = pieces[i];
		for (guint64 id = 1; id <= 20; id += 2) {
			heartbeat_add(&r, id);
			request_add(&r, id + 1, invite);
		}
		r.answers = 20;
		run(&r);
		g_assert_true(r.served);
		g_assert_cmpuint(frames_got(&r, got, 64), ==, 20);
		for (guint64 id = 1; id <= 20; id++) {
			g_assert_cmpuint(got[id - 1].id, ==, id);
			g_assert_cmpuint(got[id - 1].kind, ==, id % 2 ?
					 TAP_HEP_HEARTBEAT_ANSWER :
					 TAP_HEP_VERDICT);
		}
		g_assert_cmpuint(got[1].flags, ==, TAP_HEP_RECORDED);
		g_assert_cmpuint(tap_script_counter(r.script, "calls"), ==, 1);
		rig_close(&r);
	}
}

/* A peer that does not read its answers is not read from, so that they do not
 * pile up here; none is lost. */
static void test_back_pressure(void)
{
	static const char sdp[] =
		"v=0\no=- 0 0 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\n"
		"t=0 0\nm=audio 4000 RTP/SAVP 0\n"
		"a=candidate:1 1 UDP 1 192.0.2.1 4000 typ host\n"
		"a=candidate:2 1 UDP 1 203.0.113.1 5000 typ relay "
		"raddr 192.0.2.1 rport 4000\n";
	static const char head[] =
		"INVITE sip:bob@example SIP/2.0\n"
		"From: <sip:alice@example>;tag=a\nTo: <sip:bob@example>\n"
		"Call-ID: c1\nCSeq: 1 INVITE\n"
		"Content-Type: application/sdp\n";
	g_autofree char *pad = g_strnfill(40000, 'x');
	g_autofree char *body = g_strconcat(sdp, "a=pad:", pad, "\n", NULL);
	const ice_plan plan = ice_plan_default();
	GString *big = tap_script_message(head, body);
	static tap_frame got[BACKLOG];
	rig r;

	rig_open(&r, NULL, &plan);
	for (guint64 id = 1; id <= BACKLOG; id++)
		request_add(&r, id, big->str);
	r.answers = BACKLOG;
	r.max_version = TLS1_2_VERSION;
	run(&r);
	g_assert_true(r.served);
	g_assert_cmpuint(r.stalls, >, 0);
	g_assert_cmpuint(frames_got(&r, got, BACKLOG), ==, BACKLOG);
	for (guint i = 0; i < BACKLOG; i++) {
		g_assert_cmpuint(got[i].id, ==, i + 1);
		g_assert_cmpuint(got[i].verdict, ==, TAP_REPLACED);
	}
	g_string_free(big, TRUE);
	rig_close(&r);
}

/* What is no HEP3 closes its connection; the listener lives on. */
static void test_garbage(void)
{
	rig r;

	rig_open(&r, NULL, NULL);
	g_byte_array_append(r.send, (const guint8 *)"GET / HTTP/1.1\r\n", 16);
	run(&r);
	g_assert_false(r.served);
	g_assert_cmpuint(tap_script_counter(r.script, "hep-bad"), ==, 1);
	g_byte_array_set_size(r.send, 0);
	request_add(&r, 1, "not SIP at all\r\n\r\n");
	request_add(&r, 2, invite);
	r.answers = 2;
	run(&r);
	g_assert_true(r.served);
	g_assert_cmpuint(tap_script_counter(r.script, "sip-bad-start"), ==, 1);
	rig_close(&r);
}

static void test_version(void)
{
	const tap_frame f = {.kind = TAP_HEP_REQUEST, .version = 2, .id = 5,
			     .payload = span_str(invite)};
	guint8 buf[1000];
	put o = put_into(buf, sizeof(buf));
	tap_frame got;
	rig r;

	rig_open(&r, NULL, NULL);
	tap_frame_put(&o, &f);
	g_byte_array_append(r.send, buf, (guint)o.n);
	run(&r);
	g_assert_true(r.served);
	g_assert_cmpuint(frames_got(&r, &got, 1), ==, 1);
	g_assert_cmpuint(got.version, ==, TAP_HEP_VERSION);
	g_assert_cmpuint(got.verdict, ==, TAP_PASS);
	g_assert_true(span_eq(got.reason, "contract version not supported"));
	g_assert_cmpuint(tap_script_counter(r.script, "calls"), ==, 0);
	rig_close(&r);
}

static bool slow(void *user, const tap_facts *f, rec_decision *out)
{
	(void)user;
	(void)f;
	g_usleep(5000);
	*out = (rec_decision){0};
	return true;
}

static tap_server *server_of(tap_calls *calls, unsigned deadline_ms)
{
	const tap_server_config cfg = {
		.listen = "127.0.0.1:0", .cert = tap_certs_file("server.crt"),
		.key = tap_certs_file("server.key"),
		.ca = tap_certs_file("ca.crt"), .deadline_ms = deadline_ms,
		.late_status = 503,
	};
	GError *err = NULL;
	tap_server *s = tap_server_new(&cfg, calls, &err);

	g_assert_no_error(err);
	return s;
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
	rig r;

	rig_open(&r, NULL, NULL);
	tap_server_free(r.server);
	r.server = server_of(calls, 1);
	r.port = tap_server_port(r.server);
	request_add(&r, 9, invite);
	run(&r);
	g_assert_true(r.served);
	frames_got(&r, &got, 1);
	g_assert_cmpuint(got.flags & TAP_HEP_LATE, !=, 0);
	g_assert_cmpuint(got.verdict, ==, l->status ? TAP_REFUSE : TAP_PASS);
	g_assert_cmpuint(got.status, ==, l->status);
	g_assert_cmpuint(end.cause, ==, l->status ? REC_REFUSED : 0);
	g_assert_cmpuint(end.status, ==, l->status);
	rig_close(&r);
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

static void timed_add(rig *r, guint64 id, int64_t wall_ns)
{
	g_autofree char *text = g_strdup_printf(
		"INVITE sip:bob@example SIP/2.0\r\n"
		"From: <sip:alice@example>;tag=a\r\nTo: <sip:bob@example>\r\n"
		"Call-ID: c%u\r\nCSeq: 1 INVITE\r\n\r\n", (unsigned)id);

	frame_add(r, (tap_frame){
		.kind = TAP_HEP_REQUEST, .id = id, .protocol = 1,
		.seconds = (guint32)(wall_ns / CLK_NS_PER_S),
		.micros = (guint32)(wall_ns % CLK_NS_PER_S / 1000),
		.name = span_str("fe1"), .payload = span_str(text)});
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
	rig r;

	rig_open(&r, NULL, NULL);
	tap_server_free(r.server);
	r.server = server_of(calls, 0);
	r.port = tap_server_port(r.server);
	warned = tap_certs_warnings();
	timed_add(&r, 1, near);
	timed_add(&r, 2, start.wall.ns - 3600 * CLK_NS_PER_S);
	timed_add(&r, 3, start.wall.ns + 3600 * CLK_NS_PER_S);
	r.answers = 3;
	run(&r);
	g_assert_true(r.served);
	g_assert_cmpuint(times->len, ==, 3);
	at = (const clk_both *)times->data;
	for (guint i = 0; i < 3; i++) {
		g_assert_cmpint(at[i].wall.ns, >=, start.wall.ns);
		/* both clocks move together */
		between = at[i].wall.ns - at[i].mono.ns;
		between -= start.wall.ns - start.mono.ns;
		g_assert_cmpint(ABS(between), <, 400 * CLK_NS_PER_MS);
	}
	g_assert_cmpint(at[2].wall.ns, <, clk_now().wall.ns + 1);
	g_assert_cmpuint(tap_calls_counter(calls, TAP_N_HEP_SKEW), ==, 2);
	g_assert_cmpint(tap_certs_warnings() - warned, ==, 1);
	rig_close(&r);
}

static void test_reload(void)
{
	GError *err = NULL;
	g_autofree char *was = NULL;
	gsize len;
	rig r;

	rig_open(&r, NULL, NULL);
	heartbeat_add(&r, 1);
	g_assert_true(tap_server_reload(r.server, &err));
	g_assert_no_error(err);
	run(&r);
	g_assert_true(r.served);
	g_file_get_contents(tap_certs_file("server.key"), &was, &len, NULL);
	g_file_set_contents(tap_certs_file("server.key"), "broken", 6, NULL);
	g_assert_false(tap_server_reload(r.server, &err));
	g_assert_error(err, TAP_ERROR, TAP_ERROR_TLS);
	g_assert_nonnull(strstr(err->message, "server.key"));
	g_error_free(err);
	g_file_set_contents(tap_certs_file("server.key"), was, (gssize)len,
			    NULL);
	run(&r);
	g_assert_true(r.served);
	rig_close(&r);
}

/* A client that sends a heartbeat before and another one after a reload. */
typedef struct stander {
	guint16 port;
	gint answered, reloaded, over;
	bool served;
} stander;

static bool heartbeat_goes(SSL *ssl, uint64_t id)
{
	const tap_frame f = {.version = TAP_HEP_VERSION,
			     .kind = TAP_HEP_HEARTBEAT, .id = id};
	guint8 buf[256];
	put o = put_into(buf, sizeof(buf));
	tap_frame got;
	span in, frame;
	int n;

	tap_frame_put(&o, &f);
	if (SSL_write(ssl, buf, (int)o.n) != (int)o.n)
		return false;
	n = SSL_read(ssl, buf, sizeof(buf));
	in = span_of(buf, n > 0 ? (size_t)n : 0);
	return tap_hep_cut(&in, &frame) == TAP_HEP_OK &&
	       tap_frame_read(frame, &got) == TAP_HEP_OK && got.id == id;
}

static gpointer stander_run(gpointer data)
{
	stander *w = data;
	SSL *ssl = tap_client_new(w->port, "good", TLS1_3_VERSION);

	w->served = ssl && heartbeat_goes(ssl, 1);
	g_atomic_int_set(&w->answered, 1);
	g_main_context_wakeup(NULL);
	while (!g_atomic_int_get(&w->reloaded))
		g_usleep(1000);
	w->served = w->served && heartbeat_goes(ssl, 2);
	tap_client_free(ssl);
	g_atomic_int_set(&w->over, 1);
	g_main_context_wakeup(NULL);
	return NULL;
}

/* A connection stands though its like would be refused from now on. */
static void test_standing(void)
{
	g_autofree char *ca = NULL, *other = NULL;
	stander w = {0};
	GThread *t;
	gsize len;
	rig r;

	rig_open(&r, NULL, NULL);
	w.port = tap_server_port(r.server);
	t = g_thread_new("stander", stander_run, &w);
	while (!g_atomic_int_get(&w.answered))
		g_main_context_iteration(NULL, TRUE);
	g_file_get_contents(tap_certs_file("ca.crt"), &ca, &len, NULL);
	g_file_get_contents(tap_certs_file("otherca.crt"), &other, NULL, NULL);
	g_file_set_contents(tap_certs_file("ca.crt"), other, -1, NULL);
	g_assert_true(tap_server_reload(r.server, NULL));
	g_file_set_contents(tap_certs_file("ca.crt"), ca, (gssize)len, NULL);
	g_atomic_int_set(&w.reloaded, 1);
	while (!g_atomic_int_get(&w.over))
		g_main_context_iteration(NULL, TRUE);
	g_thread_join(t);
	g_assert_true(w.served);
	heartbeat_add(&r, 3);
	run(&r);
	g_assert_false(r.served);
	rig_close(&r);
}

static int connected(uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	g_assert_cmpint(connect(fd, (struct sockaddr *)&to, sizeof(to)), ==, 0);
	return fd;
}

/* Of three one is too many, and the others say nothing. */
static void test_connections(void)
{
	const tap_config calls_cfg = {.idle_s = 0};
	g_autoptr(tap_calls) calls = tap_calls_new(&calls_cfg);
	const tap_server_config cfg = {
		.listen = "127.0.0.1:0", .cert = tap_certs_file("server.crt"),
		.key = tap_certs_file("server.key"),
		.ca = tap_certs_file("ca.crt"), .max_connections = 2,
		.handshake_ms = 50,
	};
	g_autoptr(GError) err = NULL;
	g_autoptr(tap_server) s = tap_server_new(&cfg, calls, &err);
	const uint64_t *n = tap_calls_counters(calls)->n;
	int fd[3];

	g_assert_no_error(err);
	for (int i = 0; i < 3; i++)
		fd[i] = connected(tap_server_port(s));
	while (n[TAP_N_HANDSHAKES_SLOW] < 2)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(n[TAP_N_PEERS], ==, 2);
	g_assert_cmpuint(n[TAP_N_PEERS_OVER_LIMIT], ==, 1);
	g_assert_cmpuint(n[TAP_N_PEERS_REFUSED], ==, 2);
	for (int i = 0; i < 3; i++)
		close(fd[i]);
}

/* Warnings of a server whose certificate has so many days left. */
static int warnings_at(int days)
{
	g_autoptr(tap_script) s = tap_script_new(NULL, 0);
	tap_server_config cfg = {.listen = "127.0.0.1:0"};
	int before = tap_certs_warnings();
	tap_server *server;

	tap_certs_left(days);
	cfg.cert = tap_certs_file("left.crt");
	cfg.key = tap_certs_file("left.key");
	cfg.ca = tap_certs_file("leftca.crt");
	server = tap_server_new(&cfg, s->calls, NULL);
	g_assert_nonnull(server);
	before = tap_certs_warnings() - before;
	tap_server_free(server);
	return before;
}

static void test_expiry(void)
{
	static const struct {
		int days, warnings;
	} cases[] = {
		{400, 0}, {31, 0}, {30, 1}, {15, 1}, {7, 1}, {1, 1}, {0, 1},
		{-2, 1},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%d days", cases[i].days);
		g_assert_cmpint(warnings_at(cases[i].days), ==,
				cases[i].warnings);
	}
}

static void test_missing(void)
{
	const tap_server_config cfg = {
		.listen = "127.0.0.1:0", .cert = "/nonexistent.crt",
		.key = tap_certs_file("server.key"),
		.ca = tap_certs_file("ca.crt"),
	};
	g_autoptr(tap_script) s = tap_script_new(NULL, 0);
	GError *err = NULL;

	g_assert_null(tap_server_new(&cfg, s->calls, &err));
	g_assert_error(err, TAP_ERROR, TAP_ERROR_TLS);
	g_assert_nonnull(strstr(err->message, "/nonexistent.crt"));
	g_error_free(err);
}

static void peers_add(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(peers); i++) {
		const peer_case *p = &peers[i];
		g_autofree char *name = g_strdup_printf(
			"/tap/server/peer/%s-tls1.%d%s",
			p->cert ? p->cert : "none",
			p->max_version - TLS1_VERSION, p->crl ? "-crl" : "");

		g_test_add_data_func(name, p, test_peer);
	}
}

int main(int argc, char **argv)
{
	int bad;

	g_test_init(&argc, &argv, NULL);
	tap_certs_quiet();
	peers_add();
	g_test_add_func("/tap/server/pieces", test_pieces);
	g_test_add_func("/tap/server/back-pressure", test_back_pressure);
	g_test_add_func("/tap/server/garbage", test_garbage);
	g_test_add_func("/tap/server/version", test_version);
	for (size_t i = 0; i < G_N_ELEMENTS(late_cases); i++) {
		g_autofree char *name = g_strconcat("/tap/server/late/",
						    late_cases[i].name, NULL);

		g_test_add_data_func(name, &late_cases[i], test_late);
	}
	g_test_add_func("/tap/server/time", test_time);
	g_test_add_func("/tap/server/reload", test_reload);
	g_test_add_func("/tap/server/standing", test_standing);
	g_test_add_func("/tap/server/connections", test_connections);
	g_test_add_func("/tap/server/expiry", test_expiry);
	g_test_add_func("/tap/server/missing", test_missing);
	bad = g_test_run();
	tap_certs_clear();
	return bad;
}
