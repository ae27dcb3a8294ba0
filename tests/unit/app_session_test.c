/* What a session writer puts on disk, and when: in syncs that are shared, to
 * the end, and also when the disk is full for a while. */
#include "app/session.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/journal_io.h"

static atomic_uint syncs;
static atomic_bool full;	/* the disk takes nothing */
static atomic_uint refused;	/* writes, for that */
static atomic_uint bad_syncs;	/* so many next ones fail */

int fdatasync(int fd)
{
	atomic_fetch_add(&syncs, 1);
	if (atomic_load(&bad_syncs)) {
		atomic_fetch_sub(&bad_syncs, 1);
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
	if (atomic_load(&full)) {
		atomic_fetch_add(&refused, 1);
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, p, n, at);
}

/* One call and its writer. */
typedef struct desk {
	char *dir;
	session_writer *w;
	void *own;
	GLogLevelFlags fatal;
} desk;

static void open_writer(desk *d, bool thread)
{
	const session_config cfg = {.spool = d->dir, .thread = thread};
	g_autoptr(GPtrArray) none = g_ptr_array_new();

	d->w = session_writer_new(&cfg);
	d->own = session_writer_resume(d->w, "d", clk_now(), none);
}

static void desk_open(desk *d, gconstpointer data)
{
	(void)data;
	d->dir = g_dir_make_tmp("edgetape-session-XXXXXX", NULL);
	d->fatal = g_log_set_always_fatal(G_LOG_FATAL_MASK);
	atomic_store(&syncs, 0);
	open_writer(d, true);
}

static char *file(const desk *d, unsigned n)
{
	g_autofree char *name = g_strdup_printf("session-%03u.etj", n);

	return g_build_filename(d->dir, "d", name, NULL);
}

static void desk_close(desk *d, gconstpointer data)
{
	g_autofree char *call = g_build_filename(d->dir, "d", NULL);

	(void)data;
	atomic_store(&full, false);
	session_writer_free(d->w);
	for (unsigned n = 1; n <= 99; n++) {
		g_autofree char *path = file(d, n);

		g_unlink(path);
	}
	g_rmdir(call);
	g_assert_cmpint(g_rmdir(d->dir), ==, 0);
	g_free(d->dir);
	g_log_set_always_fatal(d->fatal);
}

static void tell(desk *d, uint16_t type)
{
	const rec_event e = {.type = type, .at = clk_now(),
			     .control = {.mark = REC_PAUSE}};
	const rec_event end = {.type = type, .at = clk_now(),
			       .end = {.cause = REC_BYE}};

	session_writer_sink(d->w, 0, &d->own, type == JRN_END ? &end : &e);
}

/* Records in the call's n-th file; 0 when there is none. */
static unsigned records(const desk *d, unsigned n)
{
	g_autofree char *path = file(d, n);
	g_autoptr(jrn_in) in = jrn_in_open(path, NULL);
	unsigned found = 0;
	jrn_rec rec;

	while (in && jrn_in_next(in, &rec) == JRN_OK)
		found++;
	return found;
}

static void await_disk(const desk *d)
{
	for (int ms = 0; ms < 20000 && session_writer_waiting(d->w); ms++)
		g_usleep(1000);
	g_assert_cmpuint(session_writer_waiting(d->w), ==, 0);
}

/* One event, and nothing after it. */
static void test_alone(desk *d, gconstpointer data)
{
	(void)data;
	session_writer_start(d->w);
	for (unsigned i = 1; i <= 3; i++) {
		tell(d, JRN_MARK);
		await_disk(d);
		g_assert_cmpuint(records(d, 1), ==, i);
		g_assert_cmpuint(syncs, ==, i);
	}
}

/* Events that come within a tenth of a second share a sync. */
static void test_shared(desk *d, gconstpointer data)
{
	const clk_mono from = clk_mono_now();
	int64_t tenths;

	(void)data;
	session_writer_start(d->w);
	for (int i = 0; i < 60; i++) {
		tell(d, JRN_MARK);
		g_usleep(5000);
	}
	await_disk(d);
	tenths = clk_since(clk_mono_now(), from) / (100 * CLK_NS_PER_MS);
	g_assert_cmpuint(syncs, <=, (guint)tenths + 2);
	g_assert_cmpuint(records(d, 1), ==, 60);
}

/* Of many that come at once not all wait for the same sync. */
static void test_many(desk *d, gconstpointer data)
{
	(void)data;
	for (int i = 0; i < 1100; i++)
		tell(d, JRN_MARK);
	g_assert_cmpuint(session_writer_waiting(d->w), ==, 1100);
	session_writer_start(d->w);
	await_disk(d);
	g_assert_cmpuint(syncs, ==, 3);
	g_assert_cmpuint(records(d, 1), ==, 1100);
}

/* A tap that is told to stop writes what it was told, however late. */
static void test_stop(desk *d, gconstpointer data)
{
	(void)data;
	for (unsigned n = 1; n <= 30; n++) {
		tell(d, JRN_MARK);
		tell(d, JRN_MARK);
		session_writer_start(d->w);
		session_writer_free(d->w);
		g_assert_cmpuint(records(d, n), ==, 2);
		g_assert_cmpuint(syncs, ==, n);
		open_writer(d, true);
	}
}

static unsigned open_files(void)
{
	g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
	unsigned n = 0;

	while (g_dir_read_name(dir))
		n++;
	return n;
}

/* A call that is forgotten, ended or not, leaves no file open. */
static void test_forgotten(desk *d, gconstpointer data)
{
	const unsigned before = open_files();
	g_autoptr(GPtrArray) none = g_ptr_array_new();

	(void)data;
	session_writer_free(d->w);
	open_writer(d, false);
	for (int i = 0; i < 20; i++) {
		tell(d, JRN_MARK);
		tell(d, JRN_CLOSE);
		g_assert_null(d->own);
		d->own = session_writer_resume(d->w, "d", clk_now(), none);
	}
	g_assert_cmpuint(open_files(), ==, before);
}

/* What a sync could not put on disk is written again, elsewhere. */
static void test_bad_sync(desk *d, gconstpointer data)
{
	(void)data;
	session_writer_start(d->w);
	tell(d, JRN_MARK);
	await_disk(d);
	atomic_store(&bad_syncs, 1);
	tell(d, JRN_MARK);
	tell(d, JRN_MARK);
	await_disk(d);
	g_assert_cmpuint(records(d, 1), ==, 1);
	g_assert_cmpuint(records(d, 2), ==, 2);
	g_assert_cmpuint(session_writer_lost(d->w), ==, 0);
}

static void await_refused(unsigned more)
{
	const unsigned from = atomic_load(&refused);

	for (int ms = 0; ms < 20000 && refused < from + more; ms++)
		g_usleep(1000);
	g_assert_cmpuint(refused, >=, from + more);
}

/* The disk is full, and has room again after the last event of the call, even
 * when that was its end. */
static void test_full(desk *d, gconstpointer data)
{
	(void)data;
	atomic_store(&full, true);
	session_writer_start(d->w);
	tell(d, JRN_MARK);
	tell(d, JRN_END);
	tell(d, JRN_CLOSE);
	await_refused(2);
	g_assert_cmpuint(session_writer_waiting(d->w), ==, 3);
	atomic_store(&full, false);
	await_disk(d);
	g_assert_cmpuint(records(d, 1), ==, 2);
	g_assert_cmpuint(session_writer_lost(d->w), ==, 0);
}

/* A call is forgotten, and so much waits behind it that it is given up: that is
 * counted. */
static void test_full_ever(desk *d, gconstpointer data)
{
	g_autoptr(GPtrArray) none = g_ptr_array_new();

	(void)data;
	atomic_store(&full, true);
	session_writer_start(d->w);
	tell(d, JRN_MARK);
	tell(d, JRN_CLOSE);
	d->own = session_writer_resume(d->w, "d", clk_now(), none);
	for (int i = 0; i < 1 << 17; i++)
		tell(d, JRN_MARK);
	for (int ms = 0; ms < 20000 && !session_writer_lost(d->w); ms++) {
		g_main_context_iteration(NULL, FALSE);
		g_usleep(1000);
	}
	g_assert_cmpuint(session_writer_lost(d->w), ==, 1);
}

static void add(const char *name, void (*fn)(desk *, gconstpointer))
{
	g_test_add(name, desk, NULL, desk_open, fn, desk_close);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("/app/session/alone", test_alone);
	add("/app/session/shared", test_shared);
	add("/app/session/many", test_many);
	add("/app/session/stop", test_stop);
	add("/app/session/forgotten", test_forgotten);
	add("/app/session/bad-sync", test_bad_sync);
	add("/app/session/full", test_full);
	add("/app/session/full-ever", test_full_ever);
	return g_test_run();
}
