#include "app/reach.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/live_rig.h"

#define S CLK_NS_PER_S

static const clk_mono now = {1000 * S};

typedef struct fixture {
	char *run;
	reach *reach;
} fixture;

static void set_up(fixture *f, const void *data)
{
	g_autoptr(GError) err = NULL;

	(void)data;
	f->run = g_dir_make_tmp("reach-XXXXXX", &err);
	g_assert_no_error(err);
	f->reach = reach_new(f->run);
}

static void tear_down(fixture *f, const void *data)
{
	(void)data;
	reach_free(f->reach);
	live_rig_remove(f->run);
	g_free(f->run);
}

static int64_t behind(fixture *f)
{
	return now.ns - reach_get(f->reach, now).ns;
}

/* What nobody tells is guessed, and never the future. */
static void test_guess(fixture *f, const void *data)
{
	(void)data;
	g_assert_cmpint(behind(f), >, 0);
	g_assert_cmpint(behind(f), <, S);
}

static void test_told(fixture *f, const void *data)
{
	const int64_t guess = behind(f);
	_Atomic int64_t *to = reach_share(f->run, REACH_MEDIA, NULL);

	(void)data;
	g_assert_nonnull(to);
	g_assert_cmpint(behind(f), ==, guess);
	atomic_store(to, now.ns - 2 * S);
	g_assert_cmpint(behind(f), ==, 2 * S);
	atomic_store(to, now.ns - 10 * S);
	g_assert_cmpint(behind(f), ==, 10 * S);
	/* Signalling needs its time as well. */
	atomic_store(to, now.ns);
	g_assert_cmpint(behind(f), >, 0);
	g_assert_cmpint(behind(f), <, guess);
}

/* An event that waits holds all back, one that waits for ever does not. */
static void test_session(fixture *f, const void *data)
{
	_Atomic int64_t *media = reach_share(f->run, REACH_MEDIA, NULL);
	_Atomic int64_t *session = reach_share(f->run, REACH_SESSION, NULL);
	int64_t usual;

	(void)data;
	atomic_store(media, now.ns);
	usual = behind(f);
	atomic_store(session, now.ns - 2 * S);
	g_assert_cmpint(behind(f), ==, 2 * S);
	atomic_store(media, now.ns - 3 * S);
	g_assert_cmpint(behind(f), ==, 3 * S);
	atomic_store(media, now.ns);
	atomic_store(session, now.ns - 60 * S);
	g_assert_cmpint(behind(f), ==, usual);
	atomic_store(session, 0);
	g_assert_cmpint(behind(f), ==, usual);
}

static void test_moved(fixture *f, const void *data)
{
	_Atomic int64_t *to;

	(void)data;
	g_assert_false(reach_moved(f->reach));
	to = reach_share(f->run, REACH_MEDIA, NULL);
	g_assert_false(reach_moved(f->reach));
	atomic_store(to, now.ns);
	g_assert_true(reach_moved(f->reach));
	g_assert_false(reach_moved(f->reach));
	atomic_store(to, now.ns + 1);
	g_assert_true(reach_moved(f->reach));
}

/* The word is the same one for a capture that comes later. */
static void test_next_capture(fixture *f, const void *data)
{
	_Atomic int64_t *first = reach_share(f->run, REACH_MEDIA, NULL), *next;

	(void)data;
	atomic_store(first, now.ns - 3 * S);
	g_assert_cmpint(behind(f), ==, 3 * S);
	next = reach_share(f->run, REACH_MEDIA, NULL);
	g_assert_cmpint(behind(f), ==, 3 * S);
	atomic_store(next, now.ns - S);
	g_assert_cmpint(behind(f), ==, S);
}

/* Nobody waits for a capture that is gone, or was there before a restart. */
static void test_gone(fixture *f, const void *data)
{
	const int64_t guess = behind(f);
	_Atomic int64_t *to = reach_share(f->run, REACH_MEDIA, NULL);

	(void)data;
	atomic_store(to, now.ns - 60 * S);
	g_assert_cmpint(behind(f), ==, guess);
	atomic_store(to, now.ns + 60 * S);
	g_assert_cmpint(behind(f), ==, guess);
}

/* ---- a capture that is silent ---- */

static int64_t behind_at(fixture *f, clk_mono at)
{
	return at.ns - reach_get(f->reach, at).ns;
}

static clk_mono after_s(int64_t s)
{
	return (clk_mono){now.ns + s * S};
}

/* A capture's supervisor and its worker. `k` keeps what they give it. */
static void live(const fixture *f, fdkeeper *k, int ready)
{
	g_autoptr(GError) err = NULL;
	fdstore *with;

	if (k) {
		environ = fdkeeper_environment(k);
		fdkeeper_hand_over(k);
	}
	with = fdstore_open();
	g_assert_true(reach_live(f->run, with, &err));
	g_assert_no_error(err);
	if (fork() > 0)
		g_assert_cmpint(write(ready, "", 1), ==, 1);
	pause();
}

/* In a process group of their own. */
static pid_t capture_start(const fixture *f, fdkeeper *k)
{
	int ready[2];
	char octet;
	pid_t p;

	g_assert_cmpint(pipe(ready), ==, 0);
	p = fork();
	if (!p) {
		setpgid(0, 0);
		/* Where a keeper's descriptors do not come. */
		live(f, k, dup2(ready[1], 100));
		_exit(1);
	}
	setpgid(p, p);
	g_assert_cmpint(read(ready[0], &octet, 1), ==, 1);
	close(ready[0]);
	close(ready[1]);
	if (k)
		fdkeeper_hear(k, p);
	return p;
}

/* All of them, or the first one alone. */
static void capture_kill(pid_t p, bool all)
{
	kill(all ? -p : p, SIGKILL);
	waitpid(p, NULL, 0);
}

/* Nothing shows any more that there is one. A process that was killed ends some
 * time later; who saw it alive keeps to that, so each time another looks. */
static bool gone(const fixture *f)
{
	for (int i = 0; i < 500; i++) {
		reach *r = reach_new(f->run);
		const bool is = now.ns - reach_get(r, now).ns < S;

		reach_free(r);
		if (is)
			return true;
		g_usleep(10000);
	}
	return false;
}

/* It may still write what it saw, but nobody waits for ever. */
static void test_stands(fixture *f, const void *data)
{
	const int64_t guess = behind(f), most = REACH_STANDS_MS / 1000;
	_Atomic int64_t *to = reach_share(f->run, REACH_MEDIA, NULL);
	pid_t p = capture_start(f, NULL);

	(void)data;
	/* It has not told anything so far. */
	g_assert_cmpint(behind(f), ==, guess);
	atomic_store(to, now.ns - 40 * S);
	g_assert_cmpint(behind(f), ==, 40 * S);
	atomic_store(to, now.ns);
	for (int64_t s = 1; s <= most; s += 7)
		g_assert_cmpint(behind_at(f, after_s(s)), ==, s * S);
	g_assert_cmpint(behind_at(f, after_s(most)), ==, most * S);
	g_assert_cmpint(behind_at(f, after_s(most + 1)), ==, guess);
	capture_kill(p, true);
}

/* A worker that is left, in the kernel for example, may still write. */
static void test_worker_left(fixture *f, const void *data)
{
	_Atomic int64_t *to = reach_share(f->run, REACH_MEDIA, NULL);
	pid_t p = capture_start(f, NULL);

	(void)data;
	atomic_store(to, now.ns - 40 * S);
	capture_kill(p, false);
	g_usleep(100000);
	g_assert_cmpint(behind(f), ==, 40 * S);
	kill(-p, SIGKILL);
	g_assert_true(gone(f));
}

/* From its last sign of life on the next one has its time to start, also when
 * it had stood still before it died. */
static void test_dies(fixture *f, const void *data)
{
	_Atomic int64_t *to = reach_share(f->run, REACH_MEDIA, NULL);
	const int64_t guess = behind(f), most = REACH_GONE_MS / 1000;
	pid_t p = capture_start(f, NULL);

	(void)data;
	atomic_store(to, now.ns - 40 * S);
	g_assert_cmpint(behind(f), ==, 40 * S);
	capture_kill(p, true);
	g_assert_true(gone(f));
	g_assert_cmpint(behind_at(f, after_s(most)), ==, (40 + most) * S);
	g_assert_cmpint(behind_at(f, after_s(most + 1)), ==, guess);
	/* And the next one goes on where it was. */
	p = capture_start(f, NULL);
	g_assert_cmpint(behind_at(f, after_s(most + 1)), ==, (41 + most) * S);
	capture_kill(p, true);
}

/* The rings are kept, so what they hold will be written; and each capture's
 * sign takes the place of the one before. */
static void test_kept(fixture *f, const void *data)
{
	_Atomic int64_t *to = reach_share(f->run, REACH_MEDIA, NULL);
	fdkeeper *k = fdkeeper_new(NULL);

	(void)data;
	g_assert_nonnull(k);
	atomic_store(to, now.ns - 40 * S);
	for (int i = 0; i < 3; i++) {
		capture_kill(capture_start(f, k), true);
		g_assert_cmpuint(fdkeeper_count(k), ==, 1);
		g_usleep(100000);
		g_assert_cmpint(behind(f), ==, 40 * S);
	}
	fdkeeper_free(k);
	g_assert_true(gone(f));
}

/* A call's counter moves with its file, whoever writes, and no other's. */
static void test_news(fixture *f, const void *data)
{
	const uint32_t a = g_str_hash("a"), b = g_str_hash("b");
	uint32_t was;

	(void)data;
	g_assert_cmpuint(reach_told(f->reach, a), ==, 0);
	for (int tap = 0; tap < 2; tap++) {
		reach_news *news = reach_share_news(f->run, NULL);

		(void)reach_get(f->reach, now);
		was = reach_told(f->reach, a);
		reach_tell(news, "a");
		g_assert_cmpuint(reach_told(f->reach, a), ==, was + 1);
		g_assert_cmpuint(reach_told(f->reach, b), ==, 0);
	}
}

/* Half made: it is looked at again. */
static void test_empty(fixture *f, const void *data)
{
	g_autofree char *path = g_build_filename(f->run, "reach", NULL);
	const int64_t guess = behind(f);
	_Atomic int64_t *to;

	(void)data;
	g_assert_true(g_file_set_contents(path, "", 0, NULL));
	g_assert_cmpint(behind(f), ==, guess);
	to = reach_share(f->run, REACH_MEDIA, NULL);
	atomic_store(to, now.ns - S);
	g_assert_cmpint(behind(f), ==, S);
}

static void test_error(fixture *f, const void *data)
{
	g_autofree char *path = g_build_filename(f->run, "reach", NULL);
	g_autoptr(GError) err = NULL;

	(void)data;
	g_assert_cmpint(mkdir(path, 0700), ==, 0);
	g_assert_null(reach_share(f->run, REACH_MEDIA, &err));
	g_assert_error(err, G_FILE_ERROR, G_FILE_ERROR_ISDIR);
	g_assert_nonnull(strstr(err->message, path));
	g_clear_error(&err);
	g_assert_false(reach_live(f->run, NULL, &err));
	g_assert_error(err, G_FILE_ERROR, G_FILE_ERROR_ISDIR);
	g_assert_cmpint(behind(f), <, S);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, f) \
	g_test_add("/app/reach/" name, fixture, NULL, set_up, f, tear_down)
	ADD("guess", test_guess);
	ADD("told", test_told);
	ADD("session", test_session);
	ADD("moved", test_moved);
	ADD("next-capture", test_next_capture);
	ADD("gone", test_gone);
	ADD("stands", test_stands);
	ADD("worker-left", test_worker_left);
	ADD("dies", test_dies);
	ADD("kept", test_kept);
	ADD("news", test_news);
	ADD("empty", test_empty);
	ADD("error", test_error);
	return g_test_run();
}
