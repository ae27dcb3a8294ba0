#include "signaling_tap/conn_io.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <unistd.h>

#include "core/clock.h"
#include "signaling_tap/dialog.h"
#include "signaling_tap/hep3.h"

struct tap_conn {
	const tap_conn_host *host;
	int fd;
	SSL *ssl;		/* NULL: plain */
	GSource *source;
	gpointer tag;		/* of fd in the source */
	GSource *shake;		/* ends a handshake that takes too long */
	char *peer;		/* its address */
	char *subject;		/* of its certificate */
	char *name;		/* what its first frame says, or the subject */
	const char *refusal;	/* why its certificate is not trusted */
	bool open;		/* the handshake is done */
	clk_mono heard;		/* its last whole frame */
	uint8_t *in;
	size_t in_n;
	GByteArray *out;
	size_t out_at;		/* sent so far */
	bool wants_write;	/* TLS must write before it can go on */
	bool more;		/* the last round ended before the input did */
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
	g_byte_array_unref(c->out);
	g_free(c->in);
	g_free(c->peer);
	g_free(c->subject);
	g_free(c->name);
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
	while (c->out_at < c->out->len) {
		ssize_t n = conn_write(c, c->out->data + c->out_at,
				       MIN(c->out->len - c->out_at,
					   TAP_CONN_RECORD));

		if (n < 0)
			return false;
		if (n == 0)
			return true;
		c->out_at += (size_t)n;
	}
	g_byte_array_set_size(c->out, 0);
	c->out_at = 0;
	return true;
}

static size_t waiting(const tap_conn *c)
{
	return c->out->len - c->out_at;
}

/* Frames. */

static void frame_send(tap_conn *c, const tap_frame *f)
{
	uint8_t buf[TAP_HEP_MAX];
	put o = put_into(buf, sizeof(buf));

	tap_frame_put(&o, f);
	if (!o.full)
		g_byte_array_append(c->out, buf, (guint)o.n);
}

static bool is_late(const tap_conn_host *h, const tap_frame *f, clk_mono came)
{
	int64_t limit = h->deadline_ms;

	if (f->deadline_ms && f->deadline_ms < limit)
		limit = f->deadline_ms;
	return clk_since(clk_mono_now(), came) > limit * CLK_NS_PER_MS;
}

/* Past the deadline the Front End may have acted without us already. */
static void late_answer(const tap_conn_host *h, tap_frame *f)
{
	f->status = tap_calls_late(h->calls, clk_now(), h->late_status);
	f->flags |= TAP_HEP_LATE;
	f->payload = (span){0};
	f->body_at = 0;
	f->verdict = f->status ? TAP_REFUSE : TAP_PASS;
	f->reason = span_str("the deadline has passed");
}

static tap_frame verdict_frame(const tap_conn_host *h, const tap_frame *f,
			       const tap_answer *a)
{
	tap_frame out = {
		.version = TAP_HEP_VERSION, .kind = TAP_HEP_VERDICT,
		.id = f->id, .verdict = (uint8_t)a->verdict,
		.status = a->status, .reason = span_str(a->reason),
	};

	if (tap_calls_records(h->calls))
		out.flags |= TAP_HEP_RECORDED;
	if (a->verdict == TAP_REPLACED) {
		out.protocol = 1;
		out.payload = a->message;
		out.body_at = (uint32_t)a->body_at;
	}
	return out;
}

/* Only who knows the key may send in clear; the comparison takes the same time
 * for every wrong one of the right length. */
static bool key_fits(const tap_conn_host *h, const tap_frame *f)
{
	if (!h->plain_key || (f->key.left == strlen(h->plain_key) &&
			      !CRYPTO_memcmp(f->key.p, h->plain_key,
					     f->key.left)))
		return true;
	tap_calls_counters(h->calls)->n[TAP_N_HEP_KEY]++;
	return false;
}

/* The Front End's own time, so that what a replay of its log tells agrees with
 * what was told live. */
static clk_both message_time(const tap_conn_host *h, const tap_frame *f,
			     const char *name)
{
	clk_both at = clk_now();
	int64_t ahead;

	if (!tap_frame_time(f, &at, &ahead)) {
		tap_calls_counters(h->calls)->n[TAP_N_HEP_SKEW]++;
		h->skewed(h->user, name, ahead);
	}
	return at;
}

static void sip_take(const tap_conn_host *h, tap_conn *c, const tap_frame *f,
		     const char *name, clk_mono came)
{
	bool asks = f->kind == TAP_HEP_REQUEST;
	bool obeys = c && c->ssl && asks && !(f->flags & TAP_HEP_OBSERVE);
	const tap_source src = {span_str(name), obeys};
	tap_answer a = {.verdict = TAP_PASS, .reason = ""};
	tap_frame out;

	if (f->compressed || (f->protocol && f->protocol != 1) ||
	    !f->payload.left)
		tap_calls_counters(h->calls)->n[TAP_N_HEP_NOT_SIP]++;
	else
		tap_calls_message(h->calls, message_time(h, f, name), &src,
				  f->payload, &a);
	if (!asks || !c)
		return;
	out = verdict_frame(h, f, &a);
	if (obeys && is_late(h, f, came))
		late_answer(h, &out);
	frame_send(c, &out);
}

static void frame_answer(tap_conn *c, const tap_frame *f, uint8_t kind,
			 const char *reason)
{
	const tap_frame out = {
		.version = TAP_HEP_VERSION, .kind = kind, .id = f->id,
		.reason = span_str(reason),
	};

	frame_send(c, &out);
}

static void contract_take(tap_conn *c, const tap_frame *f, clk_mono came)
{
	tap_counters *count = tap_calls_counters(c->host->calls);

	if (f->kind != TAP_HEP_COPY && f->version != TAP_HEP_VERSION) {
		count->n[TAP_N_HEP_VERSION]++;
		if (f->kind == TAP_HEP_REQUEST)
			frame_answer(c, f, TAP_HEP_VERDICT,
				     "contract version not supported");
		else if (f->kind == TAP_HEP_HEARTBEAT)
			frame_answer(c, f, TAP_HEP_HEARTBEAT_ANSWER,
				     "contract version not supported");
		return;
	}
	switch ((tap_hep_kind)f->kind) {
	case TAP_HEP_COPY:
	case TAP_HEP_REQUEST:
		sip_take(c->host, c, f, c->name, came);
		return;
	case TAP_HEP_HEARTBEAT:
		count->n[TAP_N_HEARTBEATS]++;
		frame_answer(c, f, TAP_HEP_HEARTBEAT_ANSWER, "");
		return;
	case TAP_HEP_VERDICT:
	case TAP_HEP_HEARTBEAT_ANSWER:
		return;	/* ours to send; harmless */
	}
}

static void name_note(tap_conn *c, const tap_frame *f)
{
	char text[128];

	if (!f->name.left)
		return;
	span_copy(f->name, text, sizeof(text));
	if (!strcmp(text, c->name))
		return;
	g_free(c->name);
	c->name = g_strdup(text);
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
		if (!c->ssl && !key_fits(c->host, &f))
			continue;
		name_note(c, &f);
		c->heard = came;
		contract_take(c, &f, came);
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
	*name = c->name;
	return c->heard;
}

void tap_conn_datagram(const tap_conn_host *host, span frame, const char *peer)
{
	tap_counters *count = tap_calls_counters(host->calls);
	span in = frame, bytes;
	tap_frame f;

	count->n[TAP_N_HEP_FRAMES]++;
	if (tap_hep_cut(&in, &bytes) != TAP_HEP_OK ||
	    tap_frame_read(bytes, &f) != TAP_HEP_OK) {
		count->n[TAP_N_HEP_BAD]++;
		return;
	}
	if (f.kind <= TAP_HEP_REQUEST && key_fits(host, &f))
		sip_take(host, NULL, &f, peer, clk_mono_now());
}

/* The life of a connection. */

static void refuse(tap_conn *c, const char *why)
{
	c->host->refused(c->host->user, c->peer,
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
	g_free(c->name);
	c->name = g_strdup(c->subject);
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

/* False when the connection is over. Answers leave together when what has come
 * is done, or when they fill a record: each writing costs more than making
 * one. */
static bool frames_read(tap_conn *c, const char **why)
{
	c->more = true;
	for (int round = 0; round < 16 && waiting(c) < TAP_CONN_OUT; round++) {
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
		if (waiting(c) >= TAP_CONN_RECORD && !conn_flush(c)) {
			*why = "it does not take our answers";
			return false;
		}
	}
	return true;
}

static void conn_step(tap_conn *c)
{
	const char *why = NULL;
	GIOCondition wish = G_IO_HUP | G_IO_ERR;
	bool ok;

	c->wants_write = c->more = false;
	if (!c->open && !handshake(c)) {
		conn_close(c, "it was refused");
		return;
	}
	ok = !c->open || (conn_flush(c) && frames_read(c, &why));
	if (!conn_flush(c) || !ok) {
		conn_close(c, why);
		return;
	}
	if (waiting(c) < TAP_CONN_OUT)
		wish |= G_IO_IN;
	if (waiting(c) || c->wants_write)
		wish |= G_IO_OUT;
	g_source_modify_unix_fd(c->source, c->tag, wish);
	/* poll() does not know of what TLS has read already */
	g_source_set_ready_time(c->source, c->more && (wish & G_IO_IN) ? 0 :
									 -1);
}

static gboolean shake_over(gpointer user)
{
	tap_conn *c = user;

	refuse(c, "the handshake took too long");
	conn_close(c, "it was refused");
	return G_SOURCE_REMOVE;
}

static void shake_arm(tap_conn *c, GMainContext *where)
{
	c->shake = g_timeout_source_new_seconds(TAP_CONN_SHAKE_S);
	g_source_set_callback(c->shake, shake_over, c, NULL);
	g_source_attach(c->shake, where);
}

tap_conn *tap_conn_new(const tap_conn_host *host, int fd, SSL_CTX *ctx,
		       const char *peer)
{
	GMainContext *where = g_main_context_get_thread_default();
	tap_conn *c = g_new0(tap_conn, 1);

	c->host = host;
	c->fd = fd;
	c->peer = g_strdup(peer);
	c->name = g_strdup(peer);
	c->in = g_malloc(TAP_CONN_IN);
	c->out = g_byte_array_new();
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
	c->tag = g_source_add_unix_fd(c->source, fd,
				      G_IO_IN | G_IO_HUP | G_IO_ERR);
	g_source_attach(c->source, where);
	return c;
}
