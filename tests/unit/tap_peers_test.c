/* Who is let in by the listener: certificates, what becomes of them while it
 * runs, and how many may come. Real TLS clients on the loopback. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "signaling_tap/dialog.h"
#include "signaling_tap/server.h"
#include "tests/support/tap_certs.h"
#include "tests/support/tap_rig.h"

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
	tap_rig r;

	tap_rig_open(&r, p->crl ? tap_certs_file("crl.pem") : NULL, NULL);
	r.cert = p->cert;
	r.max_version = p->max_version;
	tap_rig_heartbeat(&r, 7);
	tap_rig_run(&r);
	g_assert_cmpint(r.served, ==, p->served);
	if (p->served)
		g_assert_cmpstr(tap_server_refusal(r.server), ==, "");
	else
		g_assert_nonnull(strstr(tap_server_refusal(r.server), p->why));
	g_assert_cmpuint(tap_script_counter(r.script, "peers-refused"), ==,
			 !p->served);
	tap_rig_close(&r);
}

static void test_reload(void)
{
	GError *err = NULL;
	g_autofree char *was = NULL;
	gsize len;
	tap_rig r;

	tap_rig_open(&r, NULL, NULL);
	tap_rig_heartbeat(&r, 1);
	g_assert_true(tap_server_reload(r.server, &err));
	g_assert_no_error(err);
	tap_rig_run(&r);
	g_assert_true(r.served);
	g_file_get_contents(tap_certs_file("server.key"), &was, &len, NULL);
	g_file_set_contents(tap_certs_file("server.key"), "broken", 6, NULL);
	g_assert_false(tap_server_reload(r.server, &err));
	g_assert_error(err, TAP_ERROR, TAP_ERROR_TLS);
	g_assert_nonnull(strstr(err->message, "server.key"));
	g_error_free(err);
	g_file_set_contents(tap_certs_file("server.key"), was, (gssize)len,
			    NULL);
	tap_rig_run(&r);
	g_assert_true(r.served);
	tap_rig_close(&r);
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
	tap_rig r;

	tap_rig_open(&r, NULL, NULL);
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
	tap_rig_heartbeat(&r, 3);
	tap_rig_run(&r);
	g_assert_false(r.served);
	tap_rig_close(&r);
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
			"/tap/peers/peer/%s-tls1.%d%s",
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
	g_test_add_func("/tap/peers/reload", test_reload);
	g_test_add_func("/tap/peers/standing", test_standing);
	g_test_add_func("/tap/peers/connections", test_connections);
	g_test_add_func("/tap/peers/expiry", test_expiry);
	g_test_add_func("/tap/peers/missing", test_missing);
	bad = g_test_run();
	tap_certs_clear();
	return bad;
}
