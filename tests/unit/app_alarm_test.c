/* What a role leaves in its file of alarms, and who reads it. */
#include <glib/gstdio.h>
#include <utime.h>

#include "app/alarm_post.h"
#include "app/alarm_watch.h"

typedef struct place {
	char *run, *path;
} place;

static void place_open(place *p, gconstpointer data)
{
	(void)data;
	p->run = g_dir_make_tmp("edgetape-alarm-XXXXXX", NULL);
	g_assert_nonnull(p->run);
	p->path = g_build_filename(p->run, "tap.alarms", NULL);
}

static void place_close(place *p, gconstpointer data)
{
	(void)data;
	g_unlink(p->path);
	g_assert_cmpint(g_rmdir(p->run), ==, 0);
	g_free(p->path);
	g_free(p->run);
}

static unsigned criticals;

static GLogWriterOutput count_critical(GLogLevelFlags level,
				       const GLogField *fields, gsize n,
				       gpointer user)
{
	(void)fields;
	(void)n;
	(void)user;
	criticals += (level & G_LOG_LEVEL_CRITICAL) != 0;
	return G_LOG_WRITER_HANDLED;
}

/* A role of which one alarm is set, as of now; it looks around first. */
static void set_one(const place *p)
{
	g_autoptr(alarm_post) post = alarm_post_new(p->run, "tap");

	alarm_post_tick(post, clk_now());
	alarms_say(alarm_post_peek(post), ALARM_NO_MEDIA, "c1", clk_now(),
		   "nothing");
	alarm_post_tick(post, clk_now());
}

/* Started again, it does not tell of what was told, and does not forget it. */
static void test_adopted(place *p, gconstpointer data)
{
	g_autofree char *before = NULL, *after = NULL;

	(void)data;
	set_one(p);
	g_assert_cmpuint(criticals, ==, 1);
	g_assert_true(g_file_get_contents(p->path, &before, NULL, NULL));
	set_one(p);
	g_assert_cmpuint(criticals, ==, 1);
	g_assert_true(g_file_get_contents(p->path, &after, NULL, NULL));
	g_assert_cmpstr(before, ==, after);
}

static void count(void *user, const alarm_line *l)
{
	*(unsigned *)user += l->id == ALARM_NO_MEDIA;
}

/* The file as it would be `s` seconds after its role has gone. */
static unsigned found_after(const place *p, int64_t s)
{
	const time_t then = (time_t)(clk_now().wall.ns / CLK_NS_PER_S - s);
	g_autoptr(GError) err = NULL;
	unsigned n = 0;

	g_assert_cmpint(utime(p->path, &(struct utimbuf){then, then}), ==, 0);
	g_assert_true(alarm_files_read(p->run, count, &n, &err) == !err);
	g_assert_true(n == !err);
	return n;
}

/* A role that has gone knows nothing of today. */
static void test_stale(place *p, gconstpointer data)
{
	(void)data;
	set_one(p);
	g_assert_cmpuint(found_after(p, 0), ==, 1);
	g_assert_cmpuint(found_after(p, 10), ==, 1);
	g_assert_cmpuint(found_after(p, 20), ==, 0);
	/* Nor one whose clock was ahead and has been set back. */
	g_assert_cmpuint(found_after(p, -60), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_log_set_writer_func(count_critical, NULL, NULL);
	g_log_set_always_fatal(G_LOG_FATAL_MASK);
	g_test_add("/app/alarm/adopted", place, NULL, place_open, test_adopted,
		   place_close);
	g_test_add("/app/alarm/stale", place, NULL, place_open, test_stale,
		   place_close);
	return g_test_run();
}
