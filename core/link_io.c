#include "core/link.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/clock.h"

enum {
	MESSAGE_MAX = 512 << 10,
	RETRY_MS = 250,
	WAIT_US = 5000,
	WAITING_MAX = 64 << 20,	/* octets that capture may be behind */
	TURN_MAX = 64,		/* messages in a row; then a beat may be due */
	BEAT_WELL = 0,
	BEAT_TROUBLED = 1,
};

struct link_tap {
	struct sockaddr_un to;
	void (*back)(void *);
	void *user;
	int fd;			/* -1: not connected */
	guint watch, timer, writable;
	clk_mono beat;		/* when the last one came */
	uint8_t said;		/* in it */
	GQueue waiting;		/* of GBytes: what the socket did not take */
	size_t waiting_octets;
};

struct link_capture {
	char *path;
	int fd;
	guint watch, timer;
	void (*message)(void *, span);
	void *user;
	GHashTable *taps;	/* fd -> its watch */
	uint8_t say;		/* in the next beat */
	uint8_t buf[MESSAGE_MAX];
};

static bool address(struct sockaddr_un *a, const char *run, GError **err)
{
	int n;

	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	n = snprintf(a->sun_path, sizeof(a->sun_path), "%s/capture.sock", run);
	if (n > 0 && (size_t)n < sizeof(a->sun_path))
		return true;
	g_set_error(err, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG,
		    "[edgetape] run: \"%s\" is too long for a socket", run);
	return false;
}

bool link_fits(const char *run, GError **err)
{
	struct sockaddr_un a;

	return address(&a, run, err);
}

static void big_buffers(int fd)
{
	int size = 2 * MESSAGE_MAX;

	/* More than the system's limit is cut to it: no harm. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

/* ---- tap ---- */

static void tap_hang_up(link_tap *l)
{
	if (l->fd < 0)
		return;
	g_clear_handle_id(&l->watch, g_source_remove);
	g_clear_handle_id(&l->writable, g_source_remove);
	g_queue_clear_full(&l->waiting, (GDestroyNotify)g_bytes_unref);
	l->waiting_octets = 0;
	close(l->fd);
	l->fd = -1;
	l->beat.ns = INT64_MIN / 2;
}

/* All that has come. False when nobody is there any more. */
static bool tap_listen(link_tap *l)
{
	uint8_t beat[16];
	ssize_t n;

	while ((n = recv(l->fd, beat, sizeof(beat), MSG_DONTWAIT)) > 0) {
		l->beat = clk_mono_now();
		l->said = beat[0];
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	l->beat.ns = INT64_MIN / 2;
	return false;
}

static gboolean tap_readable(gint fd, GIOCondition cond, gpointer p)
{
	link_tap *l = p;

	(void)fd;
	(void)cond;
	if (tap_listen(l))
		return G_SOURCE_CONTINUE;
	g_warning("capture has gone; calls pass unrecorded until it is back");
	l->watch = 0;
	tap_hang_up(l);
	return G_SOURCE_REMOVE;
}

static gboolean tap_connect(gpointer p)
{
	link_tap *l = p;
	int fd;

	if (l->fd >= 0)
		return G_SOURCE_CONTINUE;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return G_SOURCE_CONTINUE;
	if (connect(fd, (struct sockaddr *)&l->to, sizeof(l->to)) < 0) {
		close(fd);
		return G_SOURCE_CONTINUE;
	}
	big_buffers(fd);
	l->fd = fd;
	l->watch = g_unix_fd_add(fd, G_IO_IN | G_IO_HUP, tap_readable, l);
	g_message("capture is here");
	l->back(l->user);
	return G_SOURCE_CONTINUE;
}

link_tap *link_tap_new(const char *run, void (*back)(void *), void *user)
{
	link_tap *l = g_new0(link_tap, 1);
	g_autoptr(GError) err = NULL;

	l->fd = -1;
	l->back = back;
	l->user = user;
	l->beat.ns = INT64_MIN / 2;
	if (!address(&l->to, run, &err)) {
		g_critical("%s", err->message);
		return l;
	}
	l->timer = g_timeout_add(RETRY_MS, tap_connect, l);
	tap_connect(l);
	return l;
}

void link_tap_await(link_tap *l, unsigned ms)
{
	const clk_mono begun = clk_mono_now();

	while (!link_tap_alive(l) &&
	       clk_since(clk_mono_now(), begun) < ms * CLK_NS_PER_MS) {
		tap_connect(l);
		if (l->fd >= 0 && !tap_listen(l))
			tap_hang_up(l);	/* the next one is welcome */
		g_usleep(WAIT_US);
	}
}

/* False when the socket is full, or the connection had to be given up. */
static bool send_now(link_tap *l, span message)
{
	if (send(l->fd, message.p, message.left, MSG_DONTWAIT | MSG_NOSIGNAL) >=
	    0)
		return true;
	if (errno == EAGAIN)
		return false;
	g_warning("capture does not listen (%s); starting over with it",
		  g_strerror(errno));
	tap_hang_up(l);
	return false;
}

static gboolean tap_writable(gint fd, GIOCondition cond, gpointer p)
{
	link_tap *l = p;
	GBytes *b;
	gsize n;

	(void)fd;
	(void)cond;
	while ((b = g_queue_peek_head(&l->waiting))) {
		const void *data = g_bytes_get_data(b, &n);

		if (!send_now(l, span_of(data, n)))
			return l->fd >= 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
		l->waiting_octets -= n;
		g_bytes_unref(g_queue_pop_head(&l->waiting));
	}
	l->writable = 0;
	return G_SOURCE_REMOVE;
}

void link_tap_send(link_tap *l, span message)
{
	if (l->fd < 0 ||
	    (g_queue_is_empty(&l->waiting) && send_now(l, message)) ||
	    l->fd < 0)
		return;
	if (l->waiting_octets + message.left > WAITING_MAX) {
		g_warning("capture is too far behind; starting over with it");
		tap_hang_up(l);
		return;
	}
	l->waiting_octets += message.left;
	g_queue_push_tail(&l->waiting, g_bytes_new(message.p, message.left));
	if (!l->writable)
		l->writable = g_unix_fd_add(l->fd, G_IO_OUT, tap_writable, l);
}

static bool is_fresh(const link_tap *l)
{
	return l->fd >= 0 && clk_since(clk_mono_now(), l->beat) <
				     LINK_DEAD_MS * CLK_NS_PER_MS;
}

/* A loop that was busy, or had no processor, has not read the beats yet; a
 * closed connection is noticed by the watch. */
bool link_tap_alive(link_tap *l)
{
	if (l->fd >= 0 && !is_fresh(l))
		(void)tap_listen(l);
	return is_fresh(l);
}

bool link_tap_troubled(link_tap *l)
{
	return link_tap_alive(l) && l->said == BEAT_TROUBLED;
}

void link_tap_free(link_tap *l)
{
	if (!l)
		return;
	tap_hang_up(l);
	g_clear_handle_id(&l->timer, g_source_remove);
	g_free(l);
}

/* ---- capture ---- */

static gboolean capture_readable(gint fd, GIOCondition cond, gpointer p)
{
	link_capture *l = p;
	unsigned taken = 0;
	ssize_t n;

	(void)cond;
	while ((n = recv(fd, l->buf, sizeof(l->buf), MSG_DONTWAIT)) > 0) {
		l->message(l->user, span_of(l->buf, (size_t)n));
		if (++taken == TURN_MAX)
			return G_SOURCE_CONTINUE;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	g_hash_table_remove(l->taps, GINT_TO_POINTER(fd));
	close(fd);
	return G_SOURCE_REMOVE;
}

static void beat(link_capture *l, int tap)
{
	(void)send(tap, &l->say, sizeof(l->say), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static gboolean capture_accept(gint fd, GIOCondition cond, gpointer p)
{
	link_capture *l = p;
	int tap = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)cond;
	if (tap < 0)
		return G_SOURCE_CONTINUE;
	g_hash_table_insert(
		l->taps, GINT_TO_POINTER(tap),
		GUINT_TO_POINTER(g_unix_fd_add(tap, G_IO_IN | G_IO_HUP,
					       capture_readable, l)));
	beat(l, tap);
	g_message("a tap has come");
	return G_SOURCE_CONTINUE;
}

static gboolean capture_beat(gpointer p)
{
	link_capture *l = p;
	GHashTableIter i;
	void *fd;

	g_hash_table_iter_init(&i, l->taps);
	while (g_hash_table_iter_next(&i, &fd, NULL))
		beat(l, GPOINTER_TO_INT(fd));
	return G_SOURCE_CONTINUE;
}

/* A socket that a killed capture left behind is in the way; a living one's
 * is not ours to take. */
static bool bind_fresh(int fd, const struct sockaddr_un *a, GError **err)
{
	const struct sockaddr *sa = (const struct sockaddr *)a;
	int probe = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	bool taken = probe >= 0 && connect(probe, sa, sizeof(*a)) == 0;

	if (probe >= 0)
		close(probe);
	if (taken) {
		g_set_error(err, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
			    "%s: another capture is running", a->sun_path);
		return false;
	}
	unlink(a->sun_path);
	if (bind(fd, sa, sizeof(*a)) == 0 && chmod(a->sun_path, 0660) == 0 &&
	    listen(fd, 8) == 0)
		return true;
	g_set_error(err, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", a->sun_path,
		    g_strerror(errno));
	return false;
}

link_capture *link_capture_new(const char *run, void (*message)(void *, span),
			       void *user, GError **err)
{
	link_capture *l;
	struct sockaddr_un a;
	int fd;

	if (!address(&a, run, err))
		return NULL;
	g_mkdir_with_parents(run, 0750);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || !bind_fresh(fd, &a, err)) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	l = g_new0(link_capture, 1);
	l->path = g_strdup(a.sun_path);
	l->fd = fd;
	l->message = message;
	l->user = user;
	l->say = BEAT_WELL;
	l->taps = g_hash_table_new(NULL, NULL);
	l->watch = g_unix_fd_add(fd, G_IO_IN, capture_accept, l);
	l->timer = g_timeout_add(LINK_BEAT_MS, capture_beat, l);
	return l;
}

unsigned link_capture_taps(const link_capture *l)
{
	return g_hash_table_size(l->taps);
}

void link_capture_troubled(link_capture *l, bool troubled)
{
	l->say = troubled ? BEAT_TROUBLED : BEAT_WELL;
}

void link_capture_free(link_capture *l)
{
	GHashTableIter i;
	void *fd, *watch;

	if (!l)
		return;
	g_hash_table_iter_init(&i, l->taps);
	while (g_hash_table_iter_next(&i, &fd, &watch)) {
		g_source_remove(GPOINTER_TO_UINT(watch));
		close(GPOINTER_TO_INT(fd));
	}
	g_hash_table_unref(l->taps);
	g_source_remove(l->watch);
	g_source_remove(l->timer);
	close(l->fd);
	unlink(l->path);
	g_free(l->path);
	g_free(l);
}
