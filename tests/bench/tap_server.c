/* A Front End over mutual TLS, in this process: how long a verdict takes at 500
 * messages a second, and how many come with many requests in flight. Each
 * message is a Lync INVITE of two parts that is rewritten. */
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "ice_rewriter/ice.h"
#include "signaling_tap/hep3.h"
#include "signaling_tap/server.h"
#include "tests/support/tap_certs.h"
#include "tests/support/tap_script.h"

enum { PACED = 2000, RATE = 500, FLOOD = 20000, FLIGHT = 32 };

typedef struct front_end {
	guint16 port;
	GByteArray *frame;
	double ns[PACED];
	double flood_s;
	gint over;
} front_end;

static void die(const char *why)
{
	fprintf(stderr, "tap_server: %s\n", why);
	exit(1);
}

static GByteArray *request_frame(void)
{
	g_autofree char *e1 = NULL, *e2 = NULL, *body = NULL;
	static guint8 buf[TAP_HEP_MAX];
	put o = put_into(buf, sizeof(buf));
	tap_frame f = {.version = 1, .kind = TAP_HEP_REQUEST, .id = 1,
		       .protocol = 1};
	GString *m;

	if (!g_file_get_contents("tests/golden/sdp/e1.sdp", &e1, NULL, NULL) ||
	    !g_file_get_contents("tests/golden/sdp/e2.sdp", &e2, NULL, NULL))
		die("tests/golden/sdp is missing");
	g_strdelimit(e1, "\r", ' ');
	g_strdelimit(e2, "\r", ' ');
	body = g_strconcat("--b\nContent-Type: application/sdp\n\n", e2,
			   "\n--b\nContent-Type: application/sdp\n\n", e1,
			   "\n--b--\n", NULL);
	m = tap_script_message(
		"INVITE sip:bob@example.com SIP/2.0\n"
		"From: \"Alice\" <sip:alice@example.com>;tag=a;epid=01\n"
		"To: <sip:bob@example.com>\nCall-ID: c1\nCSeq: 1 INVITE\n"
		"Content-Type: multipart/alternative;boundary=b\n", body);
	f.payload = span_of(m->str, m->len);
	tap_frame_put(&o, &f);
	g_string_free(m, TRUE);
	return g_byte_array_append(g_byte_array_new(), buf, (guint)o.n);
}

static void send_one(front_end *fe, SSL *ssl)
{
	if (SSL_write(ssl, fe->frame->data, (int)fe->frame->len) <= 0)
		die("the tap takes no more");
}

/* Reads until `n` more verdicts have come. */
static void await(SSL *ssl, GByteArray *got, unsigned n)
{
	guint8 buf[16384];
	tap_frame f;

	while (n) {
		span in, bytes;
		int len = SSL_read(ssl, buf, sizeof(buf));

		if (len <= 0)
			die("the tap has gone");
		g_byte_array_append(got, buf, (guint)len);
		in = span_of(got->data, got->len);
		while (n && tap_hep_cut(&in, &bytes) == TAP_HEP_OK) {
			if (tap_frame_read(bytes, &f) != TAP_HEP_OK ||
			    f.verdict != TAP_REPLACED)
				die("a wrong verdict");
			n--;
		}
		g_byte_array_remove_range(got, 0, (guint)(got->len - in.left));
	}
}

static gpointer front_end_run(gpointer data)
{
	front_end *fe = data;
	SSL *ssl = tap_client_new(fe->port, "good", TLS1_3_VERSION);
	GByteArray *got = g_byte_array_new();
	clk_mono start = clk_mono_now(), sent;

	if (!ssl)
		die("no connection");
	for (unsigned i = 0; i < PACED; i++) {
		gint64 due = (gint64)i * (CLK_NS_PER_S / RATE);

		sent = clk_mono_now();
		if (clk_since(sent, start) < due)
			g_usleep((gulong)(due - clk_since(sent, start)) / 1000);
		sent = clk_mono_now();
		send_one(fe, ssl);
		await(ssl, got, 1);
		fe->ns[i] = (double)clk_since(clk_mono_now(), sent);
	}
	start = clk_mono_now();
	for (unsigned i = 0; i < FLOOD; i++) {
		if (i >= FLIGHT)
			await(ssl, got, 1);
		send_one(fe, ssl);
	}
	await(ssl, got, FLIGHT);
	fe->flood_s = (double)clk_since(clk_mono_now(), start) / CLK_NS_PER_S;
	tap_client_free(ssl);
	g_byte_array_unref(got);
	g_atomic_int_set(&fe->over, 1);
	g_main_context_wakeup(NULL);
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

int main(void)
{
	const tap_server_config cfg = {
		.listen = "127.0.0.1:0", .cert = tap_certs_file("server.crt"),
		.key = tap_certs_file("server.key"),
		.ca = tap_certs_file("ca.crt"), .deadline_ms = 60000,
	};
	static front_end fe;
	const ice_plan plan = ice_plan_default();
	g_autoptr(tap_script) s = tap_script_new(&plan, 0);
	tap_server *server;
	GThread *t;

	tap_certs_quiet();
	server = tap_server_new(&cfg, s->calls, NULL);
	if (!server)
		die("no listener");
	fe.port = tap_server_port(server);
	fe.frame = request_frame();
	t = g_thread_new("front end", front_end_run, &fe);
	while (!g_atomic_int_get(&fe.over))
		g_main_context_iteration(NULL, TRUE);
	g_thread_join(t);
	qsort(fe.ns, PACED, sizeof(fe.ns[0]), by_size);
	printf("tap_server %u octets, %d a second: p50 %.3f ms, p99 %.3f ms, "
	       "worst %.3f ms\n", fe.frame->len, RATE, fe.ns[PACED / 2] / 1e6,
	       fe.ns[PACED * 99 / 100] / 1e6, fe.ns[PACED - 1] / 1e6);
	printf("tap_server %d in flight: %.0f a second, generator included\n",
	       FLIGHT, FLOOD / fe.flood_s);
	g_byte_array_unref(fe.frame);
	tap_server_free(server);
	tap_certs_clear();
	return 0;
}
