#include "tests/support/tap_rig.h"

#include "tests/support/tap_certs.h"

const char tap_rig_invite[] =
	"INVITE sip:bob@example SIP/2.0\r\n"
	"From: <sip:alice@example>;tag=a\r\nTo: <sip:bob@example>\r\n"
	"Call-ID: c1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";

void tap_rig_open(tap_rig *r, const char *crl, const ice_plan *plan)
{
	static const char *const allow[] = {"fe1.example", NULL};
	const tap_server_config cfg = {
		.listen = "127.0.0.1:0", .cert = tap_certs_file("server.crt"),
		.key = tap_certs_file("server.key"),
		.ca = tap_certs_file("ca.crt"), .crl = crl, .allow = allow,
		.deadline_ms = 10000,
	};
	GError *err = NULL;

	*r = (tap_rig){.cert = "good", .max_version = TLS1_3_VERSION,
		       .piece = 65536, .answers = 1};
	r->script = tap_script_new(plan, 0);
	r->server = tap_server_new(&cfg, r->script->calls, &err);
	g_assert_no_error(err);
	r->port = tap_server_port(r->server);
	r->send = g_byte_array_new();
	r->got = g_byte_array_new();
}

void tap_rig_close(tap_rig *r)
{
	tap_server_free(r->server);
	tap_script_free(r->script);
	g_byte_array_unref(r->send);
	g_byte_array_unref(r->got);
}

void tap_rig_serve(tap_rig *r, tap_calls *calls, unsigned deadline_ms)
{
	const tap_server_config cfg = {
		.listen = "127.0.0.1:0", .cert = tap_certs_file("server.crt"),
		.key = tap_certs_file("server.key"),
		.ca = tap_certs_file("ca.crt"), .deadline_ms = deadline_ms,
		.late_status = 503,
	};
	GError *err = NULL;

	tap_server_free(r->server);
	r->server = tap_server_new(&cfg, calls, &err);
	g_assert_no_error(err);
	r->port = tap_server_port(r->server);
}

unsigned tap_rig_got(const tap_rig *r, tap_frame *frames, unsigned max)
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

static bool client_read(tap_rig *r, SSL *ssl)
{
	guint8 buf[16384];
	int n = SSL_read(ssl, buf, sizeof(buf));

	if (n > 0)
		g_byte_array_append(r->got, buf, (guint)n);
	return n > 0;
}

static void client_talk(tap_rig *r, SSL *ssl)
{
	static tap_frame frames[TAP_RIG_BACKLOG];
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
	while (tap_rig_got(r, frames, G_N_ELEMENTS(frames)) < r->answers)
		if (!client_read(r, ssl))
			return;
	r->served = true;
}

static gpointer client(gpointer data)
{
	tap_rig *r = data;
	SSL *ssl = tap_client_new(r->port, r->cert, r->max_version);

	if (ssl) {
		client_talk(r, ssl);
		tap_client_free(ssl);
	}
	r->over = true;
	g_main_context_wakeup(NULL);
	return NULL;
}

void tap_rig_run(tap_rig *r)
{
	GThread *t;

	r->over = r->served = false;
	g_byte_array_set_size(r->got, 0);
	t = g_thread_new("client", client, r);
	for (r->rounds = 0; !r->over; r->rounds++)
		g_main_context_iteration(NULL, TRUE);
	g_thread_join(t);
	while (g_main_context_iteration(NULL, FALSE))
		;
}

void tap_rig_frame(tap_rig *r, tap_frame f)
{
	guint8 buf[TAP_HEP_MAX];
	put o = put_into(buf, sizeof(buf));

	f.version = TAP_HEP_VERSION;
	tap_frame_put(&o, &f);
	g_assert_false(o.full);
	g_byte_array_append(r->send, buf, (guint)o.n);
}

void tap_rig_heartbeat(tap_rig *r, guint64 id)
{
	tap_rig_frame(r, (tap_frame){.kind = TAP_HEP_HEARTBEAT, .id = id,
				     .name = span_str("fe1")});
}

void tap_rig_request(tap_rig *r, guint64 id, const char *text)
{
	tap_rig_frame(r, (tap_frame){.kind = TAP_HEP_REQUEST, .id = id,
				     .protocol = 1,
				     .payload = span_str(text)});
}
