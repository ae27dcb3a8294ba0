#include "app/reach.h"

#include <string.h>
#include <sys/stat.h>

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
	ADD("news", test_news);
	ADD("empty", test_empty);
	ADD("error", test_error);
	return g_test_run();
}
