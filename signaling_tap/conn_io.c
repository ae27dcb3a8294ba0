#include "signaling_tap/conn_io.h"

#include <errno.h>
#include <openssl/err.h>
#include <unistd.h>

#include "signaling_tap/dialog.h"

struct tap_conn {
	const tap_conn_host *host;
	int fd;
	SSL *ssl;		/* NULL: plain */
	GSource *source;
	gpointer tag;		/* of fd in the source */
	GIOCondition wish;	/* what is polled for there */
	GSource *shake;		/* ends a handshake that takes too long */
	char *address;
	char *subject;		/* of its certificate */
	tap_peer peer;
	const char *refusal;	/* why its certificate is not trusted */
	bool open;		/* the handshake is done */
	uint8_t *in;
	size_t in_n;
	size_t out_at;		/* of peer.out: sent so far */
	bool wants_write;	/* TLS must write before it can go on */
	bool more;		/* the last round ended before the input did */
	bool mute;		/* it takes no answers any more */
};

typedef struct conn_source {
	GSource base;
	tap_conn *conn;
} conn_source;

static void conn_step(tap_conn *c);

static gboolean source_dispatch(GSource *s, GSourceFunc f, gpointer user)
{
	(void)f;
	(void)user;
	conn_step(((conn_source *)s)->conn);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = {.dispatch = source_dispatch};

static int verify(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
		store, SSL_get_ex_data_X509_STORE_CTX_idx());
	tap_conn *c = SSL_get_app_data(ssl);
	X509 *cert = X509_STORE_CTX_get_current_cert(store);

	if (!ok) {
		c->refusal = X509_verify_cert_error_string(
			X509_STORE_CTX_get_error(store));
		g_free(c->subject);
		c->subject = cert ? tap_tls_subject(cert) : NULL;
	}
	return ok;
}

void tap_conn_free(tap_conn *c)
{
	if (c->shake) {
		g_source_destroy(c->shake);
		g_source_unref(c->shake);
	}
	g_source_destroy(c->source);
	g_source_unref(c->source);
	if (c->ssl) {
		if (c->open)
			SSL_shutdown(c->ssl);
		SSL_free(c->ssl);
	}
	close(c->fd);
	g_byte_array_unref(c->peer.out);
	g_free(c->in);
	g_free(c->address);
	g_free(c->subject);
	g_free(c->peer.name);
	g_free(c);
}

static void conn_close(tap_conn *c, const char *why)
{
	c->host->closed(c->host->user, c, why);
	tap_conn_free(c);
}

/* Reading and writing: -1 over, 0 not now, else octets. */

static ssize_t tls_result(tap_conn *c, int n)
{
	if (n > 0)
		return n;
	switch (SSL_get_error(c->ssl, n)) {
	case SSL_ERROR_WANT_READ:
		return 0;
	case SSL_ERROR_WANT_WRITE:
		c->wants_write = true;
		return 0;
	}
	return -1;
}

static ssize_t plain_result(ssize_t n)
{
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return n > 0 ? n : -1;
}

static ssize_t conn_read(tap_conn *c, uint8_t *to, size_t size)
{
	ERR_clear_error();
	if (c->ssl)
		return tls_result(c, SSL_read(c->ssl, to, (int)size));
	return plain_result(read(c->fd, to, size));
}

static ssize_t conn_write(tap_conn *c, const uint8_t *from, size_t n)
{
	ERR_clear_error();
	if (c->ssl)
		return tls_result(c, SSL_write(c->ssl, from, (int)n));
	return plain_result(write(c->fd, from, n));
}

static bool conn_flush(tap_conn *c)
{
	while (c->out_at < c->peer.out->len) {
		ssize_t n = conn_write(c, c->peer.out->data + c->out_at,
				       MIN(c->peer.out->len - c->out_at,
					   TAP_CONN_RECORD));

		if (n < 0)
			return false;
		if (n == 0)
			return true;
		c->out_at += (size_t)n;
	}
	g_byte_array_set_size(c->peer.out, 0);
	c->out_at = 0;
	return true;
}

static size_t waiting(const tap_conn *c)
{
	return c->peer.out->len - c->out_at;
}

/* All whole frames of the buffer. False when the stream cannot be followed. */
static bool frames_take(tap_conn *c, clk_mono came)
{
	tap_counters *count = tap_calls_counters(c->host->calls);
	span in = span_of(c->in, c->in_n), bytes;
	tap_hep_verdict v;
	tap_frame f;

	while ((v = tap_hep_cut(&in, &bytes)) == TAP_HEP_OK) {
		count->n[TAP_N_HEP_FRAMES]++;
		v = tap_frame_read(bytes, &f);
		if (v != TAP_HEP_OK)
			break;
		tap_peer_frame(&c->peer, &f, came);
	}
	if (v == TAP_HEP_BAD) {
		count->n[TAP_N_HEP_BAD]++;
		return false;
	}
	memmove(c->in, in.p, in.left);
	c->in_n = in.left;
	return true;
}

clk_mono tap_conn_heard(const tap_conn *c, const char **name)
{
	*name = c->peer.name;
	return c->peer.heard;
}

/* ---- the life of a connection ---- */

static void refuse(tap_conn *c, const char *why)
{
	c->host->refused(c->host->user, c->address,
			 c->subject ? c->subject : "no certificate", why);
}

static bool peer_admit(tap_conn *c)
{
	X509 *cert = SSL_get0_peer_certificate(c->ssl);

	if (!cert)
		return false;
	g_free(c->subject);
	c->subject = tap_tls_subject(cert);
	if (!tap_tls_allowed(cert, c->host->allow)) {
		refuse(c, "no subject alternative name of it is allowed");
		return false;
	}
	g_free(c->peer.name);
	c->peer.name = g_strdup(c->subject);
	return true;
}

static bool handshake(tap_conn *c)
{
	int n;

	ERR_clear_error();
	n = SSL_accept(c->ssl);
	if (n != 1) {
		if (tls_result(c, n) == 0)
			return true;
		refuse(c, c->refusal ? c->refusal : tap_tls_problem());
		return false;
	}
	if (!peer_admit(c))
		return false;
	c->open = true;
	g_source_destroy(c->shake);
	g_clear_pointer(&c->shake, g_source_unref);
	return true;
}

/* Who did not wait for us has gone, and what it sent before is true all the
 * same. */
static bool answers_leave(tap_conn *c)
{
	c->mute = c->mute || !conn_flush(c);
	if (!c->mute)
		return true;
	g_byte_array_set_size(c->peer.out, 0);
	c->out_at = 0;
	return false;
}

/* False when the connection is over. Answers leave together when what has come
 * is done, or when they fill a record: each writing costs more than making
 * one. */
static bool frames_read(tap_conn *c, const char **why)
{
	c->more = true;
	for (int round = 0; (round < 16 && waiting(c) < TAP_CONN_OUT) ||
			    c->mute; round++) {
		ssize_t n = conn_read(c, c->in + c->in_n,
				      TAP_CONN_IN - c->in_n);

		if (n == 0) {
			c->more = false;
			return true;
		}
		if (n < 0) {
			*why = c->in_n ? "it closed inside a frame" : NULL;
			return false;
		}
		c->in_n += (size_t)n;
		if (!frames_take(c, clk_mono_now())) {
			*why = "it sent what is no HEP3";
			return false;
		}
		if (waiting(c) >= TAP_CONN_RECORD)
			answers_leave(c);
	}
	return true;
}

/* The same, and what waits to be sent goes before and behind it. */
static bool talk(tap_conn *c, const char **why)
{
	bool ok;

	answers_leave(c);
	ok = frames_read(c, why);
	if (answers_leave(c))
		return ok;
	if (ok)
		*why = "it does not take our answers";
	return false;
}

static void latency_note(tap_conn *c)
{
	if (!c->peer.verdicts)
		return;
	tap_latency_add(c->host->latency,
			clk_since(clk_mono_now(), c->host->rounds->since),
			c->peer.verdicts);
	c->peer.verdicts = 0;
}

static void conn_step(tap_conn *c)
{
	const char *why = NULL;
	GIOCondition wish = G_IO_HUP | G_IO_ERR;

	if (!c->more)
		c->peer.since = c->host->rounds->asleep;
	c->wants_write = c->more = false;
	if (!c->open && !handshake(c)) {
		conn_close(c, "it was refused");
		return;
	}
	if (c->open && !talk(c, &why)) {
		conn_close(c, why);
		return;
	}
	latency_note(c);
	if (waiting(c) < TAP_CONN_OUT)
		wish |= G_IO_IN;
	if (waiting(c) || c->wants_write)
		wish |= G_IO_OUT;
	if (wish != c->wish)	/* each change wakes the loop once more */
		g_source_modify_unix_fd(c->source, c->tag, wish);
	c->wish = wish;
	/* poll() does not know of what TLS has read already. */
	g_source_set_ready_time(c->source, c->more && (wish & G_IO_IN) ? 0 :
									 -1);
}

static gboolean shake_over(gpointer user)
{
	tap_conn *c = user;

	tap_calls_counters(c->host->calls)->n[TAP_N_HANDSHAKES_SLOW]++;
	refuse(c, "the handshake took too long");
	conn_close(c, "it was refused");
	return G_SOURCE_REMOVE;
}

static void shake_arm(tap_conn *c, GMainContext *where)
{
	c->shake = g_timeout_source_new(c->host->handshake_ms);
	g_source_set_callback(c->shake, shake_over, c, NULL);
	g_source_attach(c->shake, where);
}

tap_conn *tap_conn_new(const tap_conn_host *host, int fd, SSL_CTX *ctx,
		       const char *peer)
{
	GMainContext *where = g_main_context_get_thread_default();
	tap_conn *c = g_new0(tap_conn, 1);

	c->host = c->peer.host = host;
	c->peer.secure = ctx != NULL;
	c->fd = fd;
	c->address = g_strdup(peer);
	c->peer.name = g_strdup(peer);
	c->in = g_malloc(TAP_CONN_IN);
	c->peer.out = g_byte_array_new();
	c->open = !ctx;
	if (ctx) {
		c->ssl = SSL_new(ctx);
		g_assert(c->ssl);
		SSL_set_fd(c->ssl, fd);
		SSL_set_app_data(c->ssl, c);
		SSL_set_verify(c->ssl, SSL_VERIFY_PEER |
			       SSL_VERIFY_FAIL_IF_NO_PEER_CERT, verify);
		shake_arm(c, where);
	}
	c->source = g_source_new(&source_funcs, sizeof(conn_source));
	((conn_source *)c->source)->conn = c;
	c->wish = G_IO_IN | G_IO_HUP | G_IO_ERR;
	c->tag = g_source_add_unix_fd(c->source, fd, c->wish);
	/* No loop runs within ours. A source that may not recurse is taken out
	 * of the poll and put back, each of which wakes the loop once more. */
	g_source_set_can_recurse(c->source, TRUE);
	g_source_attach(c->source, where);
	return c;
}
