/* tls_io.c - OpenSSL under a GLib main loop. */
#include "tools/phone/tls_io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib-unix.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/addr.h"

G_DEFINE_QUARK(phone_error, phone_error)

struct phone_tls {
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	guint watch;
	phone_tls_cb *cb;
	void *user;
	char local[NET_ADDR_TEXT];
};

enum { WAIT_S = 20 };	/* a server that was just started may be slow */

static bool fail(GError **err, const char *what)
{
	char text[160] = "connection refused or closed";
	unsigned long e = ERR_get_error();

	if (e)
		ERR_error_string_n(e, text, sizeof(text));
	else if (errno == EAGAIN || errno == EINPROGRESS)
		g_snprintf(text, sizeof(text), "no answer in %d s", WAIT_S);
	else if (errno)
		g_strlcpy(text, g_strerror(errno), sizeof(text));
	g_set_error(err, PHONE_ERROR, PHONE_ERROR_NET, "%s: %s", what, text);
	return false;
}

static bool connect_tcp(phone_tls *t, const char *server, GError **err)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	struct timeval limit = {.tv_sec = WAIT_S};
	socklen_t n = sizeof(a);
	net_addr to, us;
	int on = 1;

	if (!net_addr_parse_port(span_str(server), &to) || to.family != 4) {
		g_set_error(err, PHONE_ERROR, PHONE_ERROR_OPTION,
			    "%s is not IP:PORT", server);
		return false;
	}
	memcpy(&a.sin_addr, to.ip, 4);
	a.sin_port = htons(to.port);
	t->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (t->fd < 0)
		return fail(err, server);
	setsockopt(t->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	setsockopt(t->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(t->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(t->fd, (struct sockaddr *)&a, sizeof(a)) ||
	    getsockname(t->fd, (struct sockaddr *)&a, &n))
		return fail(err, server);
	us = net_addr_from(4, (const uint8_t *)&a.sin_addr, ntohs(a.sin_port));
	net_addr_text(&us, t->local);
	return true;
}

static bool shake_hands(phone_tls *t, const char *server, const char *name,
			const char *ca, GError **err)
{
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (!t->ctx || !SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION))
		return fail(err, "TLS");
	if (ca && !SSL_CTX_load_verify_locations(t->ctx, ca, NULL))
		return fail(err, ca);
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
				 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	t->ssl = SSL_new(t->ctx);
	if (!t->ssl || !SSL_set_fd(t->ssl, t->fd) ||
	    !SSL_set_tlsext_host_name(t->ssl, name) ||
	    !SSL_set1_host(t->ssl, name))
		return fail(err, "TLS");
	return SSL_connect(t->ssl) == 1 || fail(err, server);
}

static gboolean readable(gint fd, GIOCondition cond, gpointer user)
{
	phone_tls *t = user;
	char buf[8192];
	int n;

	(void)fd;
	(void)cond;
	while ((n = SSL_read(t->ssl, buf, sizeof(buf))) > 0)
		t->cb(t->user, buf, (size_t)n);
	if (SSL_get_error(t->ssl, n) == SSL_ERROR_WANT_READ)
		return G_SOURCE_CONTINUE;
	t->watch = 0;
	t->cb(t->user, NULL, 0);
	return G_SOURCE_REMOVE;
}

phone_tls *phone_tls_open(const char *server, const char *name, const char *ca,
			  phone_tls_cb *cb, void *ctx, GError **err)
{
	phone_tls *t = g_new0(phone_tls, 1);

	t->fd = -1;
	t->cb = cb;
	t->user = ctx;
	if (!connect_tcp(t, server, err) ||
	    !shake_hands(t, server, name, ca, err) ||
	    !g_unix_set_fd_nonblocking(t->fd, TRUE, err)) {
		phone_tls_close(t);
		return NULL;
	}
	t->watch = g_unix_fd_add(t->fd, G_IO_IN | G_IO_HUP, readable, t);
	return t;
}

void phone_tls_close(phone_tls *t)
{
	if (!t)
		return;
	g_clear_handle_id(&t->watch, g_source_remove);
	if (t->ssl)
		SSL_shutdown(t->ssl);
	SSL_free(t->ssl);
	SSL_CTX_free(t->ctx);
	if (t->fd >= 0)
		close(t->fd);
	g_free(t);
}

bool phone_tls_send(phone_tls *t, const char *data, size_t n, GError **err)
{
	struct pollfd p = {.fd = t->fd, .events = POLLOUT};
	size_t done = 0, wrote;

	while (done < n) {
		int r = SSL_write_ex(t->ssl, data + done, n - done, &wrote);

		if (r) {
			done += wrote;
			continue;
		}
		if (SSL_get_error(t->ssl, r) != SSL_ERROR_WANT_WRITE ||
		    poll(&p, 1, 5000) < 1)
			return fail(err, "sending SIP");
	}
	return true;
}

const char *phone_tls_local(const phone_tls *t)
{
	return t->local;
}
