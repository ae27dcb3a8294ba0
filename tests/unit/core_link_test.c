#include "core/link.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"

enum { LONG_MS = 20000, SHORT_MS = 300 };

typedef struct rig {
	char *run;
	link_tap *tap;
	unsigned back;
} rig;

static void on_back(void *user)
{
	unsigned *n = user;

	++*n;
}

static void rig_up(rig *r, gconstpointer data)
{
	(void)data;
	r->run = g_dir_make_tmp("edgetape-link-XXXXXX", NULL);
	g_assert_nonnull(r->run);
	r->tap = link_tap_new(r->run, on_back, &r->back);
}

static void rig_down(rig *r, gconstpointer data)
{
	g_autofree char *sock = g_build_filename(r->run, "capture.sock", NULL);

	(void)data;
	link_tap_free(r->tap);
	g_unlink(sock);
	g_rmdir(r->run);
	g_free(r->run);
}

static void on_message(void *user, span message)
{
	GMainLoop *loop = user;

	if (span_eq(message, "arm this"))
		g_main_loop_quit(loop);
}

/* A capture in a process of its own, that comes after `late_ms`. It ends with
 * 0 when it was told "arm this". */
static pid_t capture(const rig *r, unsigned late_ms, bool troubled)
{
	pid_t p = fork();
	link_capture *l;
	GMainLoop *loop;

	if (p)
		return p;
	alarm(60);
	g_usleep(late_ms * 1000);
	loop = g_main_loop_new(NULL, FALSE);
	l = link_capture_new(r->run, on_message, loop, NULL);
	if (!l)
		_exit(1);
	link_capture_troubled(l, troubled);
	g_main_loop_run(loop);
	_exit(0);
}

static int status_of(pid_t p)
{
	int status;

	g_assert_cmpint(waitpid(p, &status, 0), ==, p);
	return status;
}

static void end(pid_t p)
{
	kill(p, SIGKILL);
	status_of(p);
}

static void test_alone(rig *r, gconstpointer data)
{
	const clk_mono begun = clk_mono_now();

	(void)data;
	link_tap_await(r->tap, SHORT_MS);
	g_assert_cmpint(clk_since(clk_mono_now(), begun), >=,
			SHORT_MS * CLK_NS_PER_MS);
	g_assert_false(link_tap_alive(r->tap));
	g_assert_cmpuint(r->back, ==, 0);
}

static void test_late(rig *r, gconstpointer data)
{
	const clk_mono begun = clk_mono_now();
	const pid_t p = capture(r, SHORT_MS, false);

	(void)data;
	g_assert_false(link_tap_alive(r->tap));
	link_tap_await(r->tap, LONG_MS);
	g_assert_true(link_tap_alive(r->tap));
	g_assert_false(link_tap_troubled(r->tap));
	g_assert_cmpuint(r->back, ==, 1);
	/* It came when it came, and not when patience ended. */
	g_assert_cmpint(clk_since(clk_mono_now(), begun), <,
			LONG_MS * CLK_NS_PER_MS);
	link_tap_send(r->tap, span_str("arm this"));
	g_assert_cmpint(status_of(p), ==, 0);
}

static void test_there(rig *r, gconstpointer data)
{
	const pid_t p = capture(r, 0, true);

	(void)data;
	link_tap_await(r->tap, LONG_MS);
	g_assert_true(link_tap_troubled(r->tap));
	end(p);
}

/* Takes one tap and hangs up without a beat. */
static pid_t quitter(const rig *r)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0), tap;
	pid_t p;

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/capture.sock", r->run);
	g_assert_cmpint(bind(fd, (struct sockaddr *)&a, sizeof(a)), ==, 0);
	g_assert_cmpint(listen(fd, 1), ==, 0);
	p = fork();
	if (!p) {
		alarm(60);
		tap = accept(fd, NULL, NULL);
		close(tap);
		close(fd);
		_exit(tap < 0);
	}
	close(fd);
	return p;
}

static void test_successor(rig *r, gconstpointer data)
{
	const pid_t first = quitter(r);
	pid_t second;

	(void)data;
	link_tap_await(r->tap, SHORT_MS);
	g_assert_false(link_tap_alive(r->tap));
	g_assert_cmpint(status_of(first), ==, 0);
	second = capture(r, 0, false);
	link_tap_await(r->tap, LONG_MS);
	g_assert_true(link_tap_alive(r->tap));
	g_assert_cmpuint(r->back, ==, 2);
	end(second);
}

static void test_one_capture(rig *r, gconstpointer data)
{
	g_autoptr(GError) err = NULL;
	const pid_t p = capture(r, 0, false);

	(void)data;
	link_tap_await(r->tap, LONG_MS);
	g_assert_null(link_capture_new(r->run, on_message, NULL, &err));
	g_assert_nonnull(strstr(err->message, "another capture is running"));
	end(p);
}

/* A capture that beats when it is told to, and not by itself. */
static int beater(const rig *r, int *server)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int tap;

	*server = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/capture.sock", r->run);
	g_assert_cmpint(bind(*server, (struct sockaddr *)&a, sizeof(a)), ==, 0);
	g_assert_cmpint(listen(*server, 1), ==, 0);
	link_tap_await(r->tap, 0);
	while (!r->back)
		g_main_context_iteration(NULL, TRUE);
	tap = accept(*server, NULL, NULL);
	g_assert_cmpint(tap, >=, 0);
	return tap;
}

static void beat(int fd)
{
	g_assert_cmpint(send(fd, "", 1, 0), ==, 1);
}

/* The loop, which is busy with calls, has not seen a beat for long. */
static void test_busy(rig *r, gconstpointer data)
{
	int server, fd = beater(r, &server);

	(void)data;
	beat(fd);
	g_assert_true(link_tap_alive(r->tap));
	g_usleep((LINK_DEAD_MS + SHORT_MS) * 1000);
	g_assert_false(link_tap_alive(r->tap));
	beat(fd);
	g_assert_true(link_tap_alive(r->tap));
	g_usleep((LINK_DEAD_MS + SHORT_MS) * 1000);
	beat(fd);
	close(fd);	/* its last one says nothing of now */
	g_assert_false(link_tap_alive(r->tap));
	close(server);
}

typedef struct flood {
	rig *r;
	unsigned taken;
} flood;

enum { FLOOD = 10000 };

/* As soon as one is taken there is another. */
static void on_flood(void *user, span message)
{
	flood *f = user;

	(void)message;
	if (f->taken++ < FLOOD)
		link_tap_send(f->r->tap, span_str("more"));
}

/* It beats between the messages, however many there are. */
static void test_flood(rig *r, gconstpointer data)
{
	flood f = {.r = r};
	link_capture *l = link_capture_new(r->run, on_flood, &f, NULL);

	(void)data;
	g_assert_nonnull(l);
	while (!r->back || !link_capture_taps(l))
		g_main_context_iteration(NULL, TRUE);
	link_tap_send(r->tap, span_str("first"));
	while (!f.taken)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(f.taken, <, FLOOD);
	link_capture_free(l);
}

static void add(const char *name, void (*fn)(rig *, gconstpointer))
{
	g_test_add(name, rig, NULL, rig_up, fn, rig_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	/* That capture is gone is worth a warning; here it is meant. */
	g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL);
	add("/core/link/alone", test_alone);
	add("/core/link/late", test_late);
	add("/core/link/there", test_there);
	add("/core/link/successor", test_successor);
	add("/core/link/one-capture", test_one_capture);
	add("/core/link/busy", test_busy);
	add("/core/link/flood", test_flood);
	return g_test_run();
}
