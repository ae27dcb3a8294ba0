#include "signaling_tap/server.h"

#include <errno.h>
#include <glib-unix.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "signaling_tap/conn_io.h"
#include "signaling_tap/dialog.h"
#include "signaling_tap/expiry.h"
#include "signaling_tap/heard.h"

enum {
	DEADLINE_MS = 150,
	CONNECTIONS = 256,
	HANDSHAKE_MS = 10000,
	EXPIRY_CHECK_S = 3600,
};

typedef struct listener {
	tap_server *server;
	int fd;
	bool tls;
	GSource *source;
} listener;

/* Sees each round of the loop, and asks for nothing. */
typedef struct round_source {
	GSource base;
	tap_rounds *rounds;
} round_source;

struct tap_server {
	tap_server_config cfg;	/* its texts are ours */
	GStrv allow;
	tap_conn_host host;
	SSL_CTX *ctx;
	listener tls, tcp, udp;
	GHashTable *conns;	/* of tap_conn, as a set */
	tap_heard *heard;
	GHashTable *skewed;	/* names of peers that were warned of */
	GSource *second;	/* drives tap_calls_tick() */
	GSource *round;		/* keeps `rounds` */
	tap_rounds rounds;
	tap_latency latency;
	tap_expiry expiry[TAP_TLS_WHATS];
	clk_mono expiry_checked;
	char *refusal;
};

static void expiry_warn(tap_server *s)
{
	const char *const file[TAP_TLS_WHATS] = {s->cfg.cert, s->cfg.ca,
						 s->cfg.crl};
	static const char *const what[TAP_TLS_WHATS] = {
		"certificate", "CA certificate", "revocation list",
	};

	s->expiry_checked = clk_mono_now();
	for (unsigned i = 0; i < TAP_TLS_WHATS; i++) {
		int days = tap_tls_days_left(s->ctx, (tap_tls_what)i);

		if (!tap_expiry_due(&s->expiry[i], days))
			continue;
		if (days < 0)
			g_critical("%s %s has expired: no Front End is let in "
				   "any more", what[i], file[i]);
		else
			g_warning("%s %s expires in %d day%s", what[i],
				  file[i], days, days == 1 ? "" : "s");
	}
}

/* Names beyond the limit are not watched; each look counts them. */
static void hear(tap_server *s)
{
	tap_counters *count = tap_calls_counters(s->host.calls);
	GHashTableIter it;
	void *conn;

	g_hash_table_iter_init(&it, s->conns);
	while (g_hash_table_iter_next(&it, &conn, NULL)) {
		const char *name;
		clk_mono at = tap_conn_heard(conn, &name);

		if (at.ns && !tap_heard_note(s->heard, name, at))
			count->n[TAP_N_NAMES_OVER_LIMIT]++;
	}
}

void tap_server_silent(tap_server *s, clk_mono now, int64_t limit_ns,
		       tap_silent *each, void *user)
{
	hear(s);
	tap_heard_silent(s->heard, now, limit_ns, each, user);
}

static gboolean round_sleeps(GSource *s, gint *timeout)
{
	*timeout = -1;
	tap_rounds_sleep(((round_source *)s)->rounds, clk_mono_now());
	return FALSE;
}

static gboolean round_wakes(GSource *s)
{
	tap_rounds_wake(((round_source *)s)->rounds, clk_mono_now());
	return FALSE;
}

static GSourceFuncs round_funcs = {.prepare = round_sleeps,
				   .check = round_wakes};

const tap_latency *tap_server_latency(const tap_server *s)
{
	return &s->latency;
}

static gboolean second_passed(gpointer user)
{
	tap_server *s = user;
	clk_both now = clk_now();

	tap_calls_tick(s->host.calls, now);
	if (clk_since(now.mono, s->expiry_checked) >
	    EXPIRY_CHECK_S * CLK_NS_PER_S)
		expiry_warn(s);
	return G_SOURCE_CONTINUE;
}

static void conn_closed(void *user, tap_conn *c, const char *why)
{
	tap_server *s = user;

	if (why)
		g_info("connection of a Front End is over: %s", why);
	g_hash_table_steal(s->conns, c);
}

static void conn_refused(void *user, const char *peer, const char *subject,
			 const char *why)
{
	tap_server *s = user;

	tap_calls_counters(s->host.calls)->n[TAP_N_PEERS_REFUSED]++;
	g_warning("refused %s (%s): %s", peer, subject, why);
	g_free(s->refusal);
	s->refusal = g_strdup_printf("%s: %s", subject, why);
}

/* Once a peer; datagrams can come from any number of them. */
static void clock_skewed(void *user, const char *name, int64_t ahead_ns)
{
	tap_server *s = user;

	if (g_hash_table_contains(s->skewed, name) ||
	    g_hash_table_size(s->skewed) >= s->cfg.max_connections)
		return;
	g_hash_table_add(s->skewed, g_strdup(name));
	g_warning("the clock of %s is %.1f s %s ours, or has stepped", name,
		  ABS((double)ahead_ns) / CLK_NS_PER_S,
		  ahead_ns > 0 ? "before" : "behind");
}

const char *tap_server_refusal(const tap_server *s)
{
	return s->refusal ? s->refusal : "";
}

static void peer_text(const struct sockaddr_storage *a, socklen_t n,
		      char *to, size_t size)
{
	char host[64] = "?", port[16] = "?";

	getnameinfo((const struct sockaddr *)a, n, host, sizeof(host), port,
		    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
	g_snprintf(to, size, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host,
		   port);
}

static gboolean peer_came(gint fd, GIOCondition cond, gpointer user)
{
	listener *l = user;
	tap_server *s = l->server;
	tap_counters *count = tap_calls_counters(s->host.calls);
	struct sockaddr_storage from;
	socklen_t n = sizeof(from);
	char peer[96];
	int on = 1, got = accept4(fd, (struct sockaddr *)&from, &n,
				  SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)cond;
	if (got < 0)
		return G_SOURCE_CONTINUE;
	/* A verdict does not wait for the peer to acknowledge the last one. */
	setsockopt(got, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (g_hash_table_size(s->conns) >= s->cfg.max_connections) {
		count->n[TAP_N_PEERS_OVER_LIMIT]++;
		close(got);
		return G_SOURCE_CONTINUE;
	}
	count->n[TAP_N_PEERS]++;
	peer_text(&from, n, peer, sizeof(peer));
	g_hash_table_add(s->conns, tap_conn_new(&s->host, got,
						l->tls ? s->ctx : NULL, peer));
	return G_SOURCE_CONTINUE;
}

static gboolean datagram_came(gint fd, GIOCondition cond, gpointer user)
{
	listener *l = user;
	struct sockaddr_storage from;
	uint8_t buf[65536];
	char peer[96];

	(void)cond;
	for (int i = 0; i < 64; i++) {
		socklen_t n = sizeof(from);
		ssize_t got = recvfrom(fd, buf, sizeof(buf), MSG_DONTWAIT,
				       (struct sockaddr *)&from, &n);

		if (got < 0)
			break;
		peer_text(&from, n, peer, sizeof(peer));
		tap_peer_datagram(&l->server->host,
				  span_of(buf, (size_t)got), peer);
	}
	return G_SOURCE_CONTINUE;
}

/* ---- listening ---- */

static bool fail(GError **err, const char *where, const char *why)
{
	g_set_error(err, TAP_ERROR, TAP_ERROR_LISTEN, "cannot listen on %s: %s",
		    where, why);
	return false;
}

/* "host:port", "[v6]:port", ":port" and "*:port". */
static bool place_split(const char *where, char **host, const char **port)
{
	const char *colon = strrchr(where, ':');

	if (!colon || !colon[1])
		return false;
	*host = g_strndup(where, (gsize)(colon - where));
	*port = colon + 1;
	if ((*host)[0] == '[' && g_str_has_suffix(*host, "]")) {
		(*host)[strlen(*host) - 1] = '\0';
		memmove(*host, *host + 1, strlen(*host));
	}
	return true;
}

static int bound_socket(const struct addrinfo *a)
{
	int on = 1;
	int fd = socket(a->ai_family,
			a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 &&
	    (a->ai_socktype == SOCK_DGRAM || listen(fd, 128) == 0))
		return fd;
	on = errno;
	close(fd);
	errno = on;
	return -1;
}

/* getaddrinfo() takes 70000 for 4464. */
static bool port_fits(const char *port)
{
	uint64_t n;

	return !g_ascii_isdigit(*port) ||
	       span_number(span_str(port), UINT16_MAX, &n);
}

/* To be freed. NULL: it is no place. */
static struct addrinfo *place_find(const char *where, int type, GError **err)
{
	struct addrinfo wish = {.ai_flags = AI_PASSIVE, .ai_socktype = type};
	struct addrinfo *found = NULL;
	g_autofree char *host = NULL;
	const char *port;
	int bad;

	if (!place_split(where, &host, &port)) {
		fail(err, where, "host:port is wanted");
		return NULL;
	}
	if (!port_fits(port)) {
		fail(err, where, "there is no such port");
		return NULL;
	}
	bad = getaddrinfo(host[0] && strcmp(host, "*") ? host : NULL, port,
			  &wish, &found);
	if (bad)
		fail(err, where, gai_strerror(bad));
	return bad ? NULL : found;
}

static int listen_on(const char *where, int type, GError **err)
{
	struct addrinfo *found = place_find(where, type, err);
	int fd;

	if (!found)
		return -1;
	fd = bound_socket(found);
	if (fd < 0)
		fail(err, where, g_strerror(errno));
	freeaddrinfo(found);
	return fd;
}

bool tap_server_place(const char *where, bool datagrams, GError **err)
{
	struct addrinfo *found = place_find(
		where, datagrams ? SOCK_DGRAM : SOCK_STREAM, err);
	bool fits;
	int fd;

	if (!found)
		return false;
	fd = bound_socket(found);
	fits = fd >= 0 || errno == EADDRINUSE ||
	       fail(err, where, g_strerror(errno));
	if (fd >= 0)
		close(fd);
	freeaddrinfo(found);
	return fits;
}

static bool listener_open(tap_server *s, listener *l, const char *where,
			  int type, GError **err)
{
	l->server = s;
	l->fd = listen_on(where, type, err);
	if (l->fd < 0)
		return false;
	l->source = g_unix_fd_source_new(l->fd, G_IO_IN);
	g_source_set_callback(l->source, type == SOCK_STREAM ?
			      G_SOURCE_FUNC(peer_came) :
			      G_SOURCE_FUNC(datagram_came), l, NULL);
	g_source_attach(l->source, g_main_context_get_thread_default());
	return true;
}

static void source_clear(GSource **s)
{
	if (!*s)
		return;
	g_source_destroy(*s);
	g_clear_pointer(s, g_source_unref);
}

static void listener_close(listener *l)
{
	if (!l->source)
		return;
	source_clear(&l->source);
	close(l->fd);
}

static void config_copy(tap_server *s, const tap_server_config *cfg)
{
	s->cfg = *cfg;
	s->cfg.listen = g_strdup(cfg->listen);
	s->cfg.cert = g_strdup(cfg->cert);
	s->cfg.key = g_strdup(cfg->key);
	s->cfg.ca = g_strdup(cfg->ca);
	s->cfg.crl = g_strdup(cfg->crl);
	s->cfg.plain_tcp = g_strdup(cfg->plain_tcp);
	s->cfg.plain_udp = g_strdup(cfg->plain_udp);
	s->cfg.plain_key = g_strdup(cfg->plain_key);
	s->allow = g_strdupv((char **)cfg->allow);
	s->cfg.allow = (const char *const *)s->allow;
	if (!s->cfg.max_connections)
		s->cfg.max_connections = CONNECTIONS;
	if (!s->cfg.deadline_ms)
		s->cfg.deadline_ms = DEADLINE_MS;
	if (!s->cfg.handshake_ms)
		s->cfg.handshake_ms = HANDSHAKE_MS;
}

static void config_clear(tap_server *s)
{
	g_free((char *)s->cfg.listen);
	g_free((char *)s->cfg.cert);
	g_free((char *)s->cfg.key);
	g_free((char *)s->cfg.ca);
	g_free((char *)s->cfg.crl);
	g_free((char *)s->cfg.plain_tcp);
	g_free((char *)s->cfg.plain_udp);
	g_free((char *)s->cfg.plain_key);
	g_strfreev(s->allow);
}

static void plain_warn(const char *what, const char *where)
{
	if (where)
		g_warning("%s on %s is not encrypted: media keys cross the "
			  "network in clear", what, where);
}

static bool server_open(tap_server *s, GError **err)
{
	const tap_server_config *cfg = &s->cfg;

	plain_warn("TCP", cfg->plain_tcp);
	plain_warn("UDP", cfg->plain_udp);
	return listener_open(s, &s->tls, cfg->listen, SOCK_STREAM, err) &&
	       (!cfg->plain_tcp || listener_open(s, &s->tcp, cfg->plain_tcp,
						 SOCK_STREAM, err)) &&
	       (!cfg->plain_udp || listener_open(s, &s->udp, cfg->plain_udp,
						 SOCK_DGRAM, err));
}

tap_server *tap_server_new(const tap_server_config *cfg, tap_calls *calls,
			   GError **err)
{
	g_autoptr(tap_server) s = g_new0(tap_server, 1);

	config_copy(s, cfg);
	s->conns = g_hash_table_new_full(NULL, NULL, NULL, NULL);
	s->heard = tap_heard_new();
	s->skewed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					  NULL);
	s->tls.tls = true;
	s->host = (tap_conn_host){
		.calls = calls, .allow = s->cfg.allow,
		.plain_key = s->cfg.plain_key,
		.deadline_ms = s->cfg.deadline_ms,
		.handshake_ms = s->cfg.handshake_ms,
		.late_status = s->cfg.late_status, .user = s,
		.latency = &s->latency, .rounds = &s->rounds,
		.closed = conn_closed, .refused = conn_refused,
		.skewed = clock_skewed,
	};
	s->ctx = tap_tls_context(&s->cfg, err);
	if (!s->ctx || !server_open(s, err))
		return NULL;
	/* OpenSSL writes with write(2); a peer that is gone must not end us. */
	signal(SIGPIPE, SIG_IGN);
	expiry_warn(s);
	s->round = g_source_new(&round_funcs, sizeof(round_source));
	((round_source *)s->round)->rounds = &s->rounds;
	g_source_attach(s->round, g_main_context_get_thread_default());
	s->second = g_timeout_source_new_seconds(1);
	g_source_set_callback(s->second, second_passed, s, NULL);
	g_source_attach(s->second, g_main_context_get_thread_default());
	return g_steal_pointer(&s);
}

void tap_server_free(tap_server *s)
{
	GHashTableIter it;
	void *conn;

	if (!s)
		return;
	listener_close(&s->tls);
	listener_close(&s->tcp);
	listener_close(&s->udp);
	g_hash_table_iter_init(&it, s->conns);
	while (g_hash_table_iter_next(&it, &conn, NULL))
		tap_conn_free(conn);
	g_hash_table_unref(s->conns);
	tap_heard_free(s->heard);
	g_hash_table_unref(s->skewed);
	source_clear(&s->second);
	source_clear(&s->round);
	SSL_CTX_free(s->ctx);
	config_clear(s);
	g_free(s->refusal);
	g_free(s);
}

bool tap_server_reload(tap_server *s, GError **err)
{
	SSL_CTX *fresh = tap_tls_context(&s->cfg, err);

	if (!fresh)
		return false;
	/* Existing connections hold their own reference to the old one. */
	SSL_CTX_free(s->ctx);
	s->ctx = fresh;
	memset(s->expiry, 0, sizeof(s->expiry));
	expiry_warn(s);
	return true;
}

uint16_t tap_server_port(const tap_server *s)
{
	struct sockaddr_storage a = {0};
	socklen_t n = sizeof(a);
	char port[16] = "0";

	if (getsockname(s->tls.fd, (struct sockaddr *)&a, &n) == 0)
		getnameinfo((struct sockaddr *)&a, n, NULL, 0, port,
			    sizeof(port), NI_NUMERICSERV);
	return (uint16_t)g_ascii_strtoull(port, NULL, 10);
}
