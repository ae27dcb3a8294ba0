/* Copies over TCP and UDP in clear: read, marked as copies, never obeyed. */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "signaling_tap/heard.h"
#include "signaling_tap/hep3.h"
#include "signaling_tap/server.h"
#include "tests/support/tap_certs.h"
#include "tests/support/tap_script.h"

static const char invite[] =
	"INVITE sip:bob@example SIP/2.0\r\n"
	"From: <sip:alice@example>;tag=a\r\nTo: <sip:bob@example>\r\n"
	"Call-ID: c1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";

/* A port that is free now; nobody else on the loopback asks meanwhile. */
static guint16 free_port(int type)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, type, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	g_assert_cmpint(bind(fd, (struct sockaddr *)&a, n), ==, 0);
	getsockname(fd, (struct sockaddr *)&a, &n);
	close(fd);
	return ntohs(a.sin_port);
}

static int connected(int type, guint16 port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons(port)};
	int fd = socket(AF_INET, type, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	g_assert_cmpint(connect(fd, (struct sockaddr *)&a, sizeof(a)), ==, 0);
	return fd;
}

static void frame_write(int fd, const char *key, guint8 kind, const char *name)
{
	tap_frame f = {.kind = kind, .protocol = 1, .version = 1, .id = 3,
		       .name = span_str(name)};
	guint8 buf[2000];
	put o = put_into(buf, sizeof(buf));

	f.payload = span_str(invite);
	if (key)
		f.key = span_str(key);
	tap_frame_put(&o, &f);
	g_assert_cmpint(write(fd, buf, o.n), ==, (gssize)o.n);
}

static void serve_until(tap_script *s, const char *counter, guint64 n)
{
	while (tap_script_counter(s, counter) < n)
		g_main_context_iteration(NULL, TRUE);
}

static void test_copies(gconstpointer data)
{
	int type = GPOINTER_TO_INT(data);
	guint16 port = free_port(type);
	g_autofree char *where = g_strdup_printf("127.0.0.1:%u", port);
	const tap_server_config cfg = {
		.listen = "127.0.0.1:0", .cert = tap_certs_file("server.crt"),
		.key = tap_certs_file("server.key"),
		.ca = tap_certs_file("ca.crt"), .plain_key = "sesame",
		.plain_tcp = type == SOCK_STREAM ? where : NULL,
		.plain_udp = type == SOCK_DGRAM ? where : NULL,
	};
	g_autoptr(tap_script) s = tap_script_new(NULL, 0);
	GError *err = NULL;
	tap_server *server = tap_server_new(&cfg, s->calls, &err);
	int fd;

	g_assert_no_error(err);
	fd = connected(type, port);
	frame_write(fd, "wrong", TAP_HEP_COPY, "fe1");
	frame_write(fd, NULL, TAP_HEP_COPY, "fe1");
	serve_until(s, "hep-wrong-key", 2);
	g_assert_cmpuint(tap_script_counter(s, "messages"), ==, 0);
	frame_write(fd, "sesame", TAP_HEP_COPY, "fe1");
	frame_write(fd, "sesame", TAP_HEP_REQUEST, "fe1");
	serve_until(s, "messages", 2);
	g_assert_nonnull(strstr(s->told->str, "fact mode=copy"));
	g_assert_cmpuint(tap_script_counter(s, "repeated"), ==, 1);
	close(fd);
	tap_server_free(server);
}

static void silent_count(void *user, const char *name, int64_t silent_ns)
{
	(void)name;
	g_assert_cmpint(silent_ns, >, 0);
	++*(unsigned *)user;
}

/* Whoever calls itself by a new name in each frame: so many are watched, and
 * the next one is counted. */
static void test_names(void)
{
	guint16 port = free_port(SOCK_STREAM);
	g_autofree char *where = g_strdup_printf("127.0.0.1:%u", port);
	const tap_server_config cfg = {
		.listen = "127.0.0.1:0", .cert = tap_certs_file("server.crt"),
		.key = tap_certs_file("server.key"),
		.ca = tap_certs_file("ca.crt"), .plain_tcp = where,
	};
	g_autoptr(tap_script) s = tap_script_new(NULL, 0);
	g_autoptr(tap_server) server = tap_server_new(&cfg, s->calls, NULL);
	const clk_mono later = {clk_mono_now().ns + 600 * CLK_NS_PER_S};
	int fd = connected(SOCK_STREAM, port);

	for (unsigned i = 1; i <= TAP_HEARD_MAX + 1; i++) {
		g_autofree char *name = g_strdup_printf("fe%u", i);
		unsigned silent = 0;

		frame_write(fd, NULL, TAP_HEP_HEARTBEAT, name);
		serve_until(s, "heartbeats", i);
		tap_server_silent(server, later, CLK_NS_PER_S, silent_count,
				  &silent);
		g_assert_cmpuint(silent, ==, MIN(i, TAP_HEARD_MAX));
		g_assert_cmpuint(tap_script_counter(s, "names-over-limit"), ==,
				 i > TAP_HEARD_MAX);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	int bad;

	g_test_init(&argc, &argv, NULL);
	tap_certs_quiet();
	g_test_add_data_func("/tap/plain/tcp", GINT_TO_POINTER(SOCK_STREAM),
			     test_copies);
	g_test_add_data_func("/tap/plain/udp", GINT_TO_POINTER(SOCK_DGRAM),
			     test_copies);
	g_test_add_func("/tap/plain/names", test_names);
	bad = g_test_run();
	tap_certs_clear();
	return bad;
}
