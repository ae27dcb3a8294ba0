/* What is new in the spool. */
#include "app/spool_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <seccomp.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/confine.h"
#include "tests/support/live_rig.h"

typedef struct place {
	char *dir, *spool;
	spool_watch *watch;
	GString *seen;		/* of the last look */
} place;

static char *below(const place *p, const char *name)
{
	return g_build_filename(p->spool, name, NULL);
}

static void make(const place *p, const char *name)
{
	g_autofree char *path = below(p, name);

	g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
}

static void drop(const place *p, const char *name)
{
	g_autofree char *path = below(p, name);

	g_assert_cmpint(g_rmdir(path), ==, 0);
}

static void set_up(place *p, gconstpointer data)
{
	g_autoptr(GError) err = NULL;

	(void)data;
	p->dir = g_dir_make_tmp("spool-watch-XXXXXX", &err);
	g_assert_no_error(err);
	p->spool = g_build_filename(p->dir, "spool", NULL);
	g_assert_cmpint(g_mkdir(p->spool, 0700), ==, 0);
	p->watch = spool_watch_new(p->spool);
	p->seen = g_string_new("");
}

static void tear_down(place *p, gconstpointer data)
{
	(void)data;
	spool_watch_free(p->watch);
	g_string_free(p->seen, TRUE);
	live_rig_remove(p->dir);
	g_free(p->spool);
	g_free(p->dir);
}

static void note(void *seen, const char *name)
{
	g_ptr_array_add(seen, g_strdup(name));
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names that a look gives, in order, each as often as it is given. */
static const char *look(place *p)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	spool_watch_look(p->watch, note, names);
	g_ptr_array_sort(names, by_name);
	g_string_truncate(p->seen, 0);
	for (guint i = 0; i < names->len; i++)
		g_string_append_printf(p->seen, "%s%s", i ? " " : "",
				       (char *)names->pdata[i]);
	return p->seen->str;
}

/* A look that gives any: without a watch, one that reads. */
static const char *look_on(place *p)
{
	const int64_t limit = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

	while (!*look(p) && g_get_monotonic_time() < limit)
		g_usleep(1000);
	return p->seen->str;
}

static void test_first(place *p, gconstpointer data)
{
	(void)data;
	make(p, "a");
	make(p, "b");
	g_assert_cmpstr(look(p), ==, "a b");
	g_assert_cmpstr(look(p), ==, "");
}

static void test_empty(place *p, gconstpointer data)
{
	(void)data;
	g_assert_cmpstr(look(p), ==, "");
	make(p, "a");
	g_assert_cmpstr(look(p), ==, "a");
}

/* Each once, those of before never again. */
static void test_new(place *p, gconstpointer data)
{
	(void)data;
	make(p, "a");
	look(p);
	make(p, "b");
	g_assert_cmpstr(look(p), ==, "b");
	g_assert_cmpstr(look(p), ==, "");
	make(p, "c");
	make(p, "d");
	drop(p, "a");
	g_assert_cmpstr(look(p), ==, "c d");
	g_assert_cmpstr(look(p), ==, "");
}

static void move_in(const place *p, const char *from, const char *to)
{
	g_autofree char *old = g_build_filename(p->dir, from, NULL);
	g_autofree char *path = below(p, to);

	g_assert_cmpint(g_rename(old, path), ==, 0);
}

static void test_moved(place *p, gconstpointer data)
{
	g_autofree char *other = g_build_filename(p->dir, "other", NULL);

	(void)data;
	look(p);
	g_assert_cmpint(g_mkdir(other, 0700), ==, 0);
	g_assert_cmpstr(look(p), ==, "");
	move_in(p, "other", "a");
	g_assert_cmpstr(look(p), ==, "a");
	move_in(p, "spool/a", "b");
	g_assert_cmpstr(look(p), ==, "b");
}

/* Before the watch and after it. */
static void test_others(place *p, gconstpointer data)
{
	static const char *const names[] = {".a", "orphans-2026112210"};

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		make(p, names[i]);
	make(p, "orphan");
	g_assert_cmpstr(look(p), ==, "orphan");
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		drop(p, names[i]);
		make(p, names[i]);
	}
	g_assert_cmpstr(look(p), ==, "");
	/* A directory gets its name when it is whole. */
	move_in(p, "spool/.a", "a");
	g_assert_cmpstr(look(p), ==, "a");
	/* What is deleted is hidden first. */
	move_in(p, "spool/a", ".gone");
	g_assert_cmpstr(look(p), ==, "");
}

static char *of_day(int days_ago)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autoptr(GDateTime) then = g_date_time_add_days(now, -days_ago);

	return g_date_time_format(then, "%Y%m%dT120000Z-0");
}

static void linger(void *seen, const char *name)
{
	g_usleep(G_USEC_PER_SEC / 20);
	note(seen, name);
}

/* What comes now is not held up by old calls: these are told after it, and when
 * that takes long, some in each look. */
static void test_old(place *p, gconstpointer data)
{
	static const char *const old[] = {"20010101T000000Z-1",
					  "20010101T000000Z-2", ".20010101"};
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *nine = of_day(9), *five = of_day(5);

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(old); i++)
		make(p, old[i]);
	make(p, nine);
	make(p, five);
	for (guint n = 2; n <= 4; n++) {
		spool_watch_look(p->watch, linger, names);
		g_assert_cmpuint(names->len, ==, n);
		g_assert_cmpstr(names->pdata[0], ==, five);
	}
	for (guint i = 1; i < names->len; i++)
		g_assert_cmpint(strcmp(names->pdata[i], five), <, 0);
	g_assert_cmpstr(look(p), ==, "");
	make(p, "20010101T000000Z-3");
	g_assert_nonnull(strstr(look(p), "20010101T000000Z-3"));
}

/* As long as a file system allows. */
static void test_long(place *p, gconstpointer data)
{
	g_autofree char *name = g_strnfill(255, 'n');

	(void)data;
	make(p, "a");
	look(p);
	make(p, name);
	g_assert_cmpstr(look(p), ==, name);
}

/* More than is read at once. */
static void test_many(place *p, gconstpointer data)
{
	GString *want = g_string_new("");

	(void)data;
	look(p);
	for (int i = 0; i < 2000; i++) {
		g_autofree char *name = g_strdup_printf("call-%04d", i);

		make(p, name);
		g_string_append_printf(want, "%s%s", i ? " " : "", name);
	}
	g_assert_cmpstr(look(p), ==, want->str);
	g_assert_cmpstr(look(p), ==, "");
	g_string_free(want, TRUE);
}

static unsigned queue_length(void)
{
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents("/proc/sys/fs/inotify/"
					  "max_queued_events", &text, NULL,
					  NULL));
	return (unsigned)g_ascii_strtoull(text, NULL, 10);
}

/* The kernel drops what it has no room for: here the news of "lost". */
static void test_overflow(place *p, gconstpointer data)
{
	const unsigned most = queue_length();

	(void)data;
	if (most > 1000000) {
		g_test_skip("the kernel's queue is longer than a test may be");
		return;
	}
	make(p, "old");
	look(p);
	make(p, "from");
	for (unsigned i = 0; i <= most / 2; i++) {
		move_in(p, "spool/from", "to");
		move_in(p, "spool/to", "from");
	}
	make(p, "lost");
	look(p);
	g_assert_nonnull(strstr(p->seen->str, "lost"));
	g_assert_nonnull(strstr(p->seen->str, "old"));
	/* From here on it is as before. */
	g_assert_cmpstr(look(p), ==, "");
	make(p, "new");
	g_assert_cmpstr(look(p), ==, "new");
}

/* Removed and made again: often with the same number of its inode. */
static void test_removed(place *p, gconstpointer data)
{
	(void)data;
	look(p);
	g_assert_cmpint(g_rmdir(p->spool), ==, 0);
	g_assert_cmpint(g_mkdir(p->spool, 0700), ==, 0);
	make(p, "a");
	g_assert_cmpstr(look(p), ==, "a");
	make(p, "b");
	g_assert_cmpstr(look(p), ==, "b");
}

/* Moved away, itself or what it is in: another takes its place. */
static void replace(place *p, const char *what)
{
	g_autofree char *old = g_strconcat(what, ".old", NULL);

	make(p, "old");
	look(p);
	g_assert_cmpint(g_rename(what, old), ==, 0);
	g_assert_cmpint(g_mkdir_with_parents(p->spool, 0700), ==, 0);
	make(p, "a");
	g_assert_cmpstr(look(p), ==, "a");
	make(p, "b");
	g_assert_cmpstr(look(p), ==, "b");
	live_rig_remove(old);
}

static void test_replaced(place *p, gconstpointer data)
{
	(void)data;
	replace(p, p->spool);
}

static void test_parent_replaced(place *p, gconstpointer data)
{
	(void)data;
	replace(p, p->dir);
}

/* The watch's own file, to be something else. */
static void spoil(const char *by)
{
	g_autoptr(GDir) d = g_dir_open("/proc/self/fd", 0, NULL);
	const int other = open(by, O_RDONLY | O_CLOEXEC);
	const char *name;

	g_assert_cmpint(other, >=, 0);
	while ((name = g_dir_read_name(d))) {
		g_autofree char *path = g_build_filename("/proc/self/fd", name,
							 NULL);
		g_autofree char *what = g_file_read_link(path, NULL);
		const int fd = (int)g_ascii_strtoll(name, NULL, 10);

		if (g_strcmp0(what, "anon_inode:inotify") == 0)
			g_assert_cmpint(dup2(other, fd), >=, 0);
	}
	close(other);
}

/* One that cannot be read, or tells nothing any more, is made anew. */
static void test_broken(place *p, gconstpointer data)
{
	static const char *const others[] = {"/", "/dev/null"};

	(void)data;
	make(p, "a");
	look(p);
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
		spoil(others[i]);
		g_assert_cmpstr(look(p), ==, "a");
		g_assert_cmpstr(look(p), ==, "");
	}
}

static unsigned warnings;

static GLogWriterOutput count_warning(GLogLevelFlags level,
				      const GLogField *fields, gsize n,
				      gpointer none)
{
	(void)fields;
	(void)n;
	(void)none;
	warnings += (level & G_LOG_LEVEL_WARNING) != 0;
	return G_LOG_WRITER_HANDLED;
}

static void expect_warnings(void)
{
	g_log_set_writer_func(count_warning, NULL, NULL);
	g_log_set_always_fatal(G_LOG_FATAL_MASK);
}

/* A log has one writer for the life of a process, and a filter is for good, as
 * is confinement: in a child. */
static void in_child(place *p, void (*work)(place *, gconstpointer),
		     gconstpointer data)
{
	const pid_t pid = fork();
	int status;

	if (pid == 0) {
		work(p, data);
		_exit(0);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpint(status, ==, 0);
}

/* Told once each time that it begins. */
static void child_missing(place *p, gconstpointer data)
{
	(void)data;
	expect_warnings();
	for (unsigned times = 1; times <= 2; times++) {
		g_assert_cmpint(g_rmdir(p->spool), ==, 0);
		g_assert_cmpstr(look(p), ==, "");
		g_assert_cmpstr(look(p), ==, "");
		g_assert_cmpuint(warnings, ==, times);
		g_assert_cmpint(g_mkdir(p->spool, 0700), ==, 0);
		make(p, "a");
		g_assert_cmpstr(look_on(p), ==, "a");
		g_assert_cmpstr(look(p), ==, "");
		g_assert_cmpuint(warnings, ==, times);
		drop(p, "a");
	}
}

static void test_missing(place *p, gconstpointer data)
{
	in_child(p, child_missing, data);
}

/* What the kernel answers where a limit is reached. */
typedef struct limit {
	int call, no;
} limit;

static const limit instances = {SCMP_SYS(inotify_init1), EMFILE};
static const limit watches = {SCMP_SYS(inotify_add_watch), ENOSPC};

static void reach_limit(const limit *l)
{
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ALLOW);

	g_assert_nonnull(c);
	g_assert_cmpint(seccomp_rule_add(c, SCMP_ACT_ERRNO((uint32_t)l->no),
					 l->call, 0), ==, 0);
	g_assert_cmpint(seccomp_load(c), ==, 0);
	seccomp_release(c);
}

static unsigned open_files(void)
{
	g_autoptr(GDir) d = g_dir_open("/proc/self/fd", 0, NULL);
	unsigned n = 0;

	while (g_dir_read_name(d))
		n++;
	return n;
}

/* Each reading gives all, one warning tells, and no file stays open. */
static void child_limited(place *p, gconstpointer data)
{
	unsigned files;

	expect_warnings();
	reach_limit(data);
	make(p, "a");
	files = open_files();
	g_assert_cmpstr(look(p), ==, "a");
	make(p, "b");
	make(p, "orphans-2026112210");
	g_assert_cmpstr(look_on(p), ==, "a b");
	drop(p, "a");
	g_assert_cmpstr(look_on(p), ==, "b");
	g_assert_cmpuint(warnings, ==, 1);
	g_assert_cmpuint(open_files(), ==, files);
}

static void test_limited(place *p, gconstpointer data)
{
	in_child(p, child_limited, data);
}

/* Each look reads all: what is told of old calls goes on all the same. */
static void child_old(place *p, gconstpointer data)
{
	enum { CALLS = 20, LOOKS = 100 };
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	expect_warnings();
	reach_limit(data);
	for (unsigned i = 0; i < CALLS; i++) {
		g_autofree char *name = g_strdup_printf("2001010%u", i);

		make(p, name);
	}
	for (unsigned i = 0; i < LOOKS && names->len < CALLS; i++)
		spool_watch_look(p->watch, linger, names);
	for (guint i = 0; i < names->len; i++)
		g_hash_table_add(seen, names->pdata[i]);
	g_assert_cmpuint(g_hash_table_size(seen), ==, CALLS);
}

static void test_old_limited(place *p, gconstpointer data)
{
	in_child(p, child_old, data);
}

static void stall(void *seen, const char *name)
{
	g_usleep(G_USEC_PER_SEC / 2);
	note(seen, name);
}

/* A reading that takes long is followed by a rest of seconds. */
static void child_rest(place *p, gconstpointer data)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	expect_warnings();
	reach_limit(data);
	make(p, "a");
	spool_watch_look(p->watch, stall, names);
	g_assert_cmpuint(names->len, ==, 1);
	g_assert_cmpstr(look(p), ==, "");
}

static void test_rest(place *p, gconstpointer data)
{
	in_child(p, child_rest, data);
}

/* As in a worker of render, which may use these directories and no more. */
static void child_confined(place *p, gconstpointer data)
{
	const char *const write[] = {p->dir, NULL};
	const confine_plan plan = {.write = write};

	expect_warnings();
	g_assert_true(confine(&plan, NULL));
	test_new(p, data);
	g_assert_cmpuint(warnings, ==, 0);
}

static void test_confined(place *p, gconstpointer data)
{
	in_child(p, child_confined, data);
}

static void add(const char *name, gconstpointer data,
		void (*test)(place *, gconstpointer))
{
	g_autofree char *path = g_strconcat("/app/spool-watch/", name, NULL);

	g_test_add(path, place, data, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("first", NULL, test_first);
	add("empty", NULL, test_empty);
	add("new", NULL, test_new);
	add("moved", NULL, test_moved);
	add("others", NULL, test_others);
	add("old", NULL, test_old);
	add("long", NULL, test_long);
	add("many", NULL, test_many);
	add("overflow", NULL, test_overflow);
	add("removed", NULL, test_removed);
	add("replaced", NULL, test_replaced);
	add("parent-replaced", NULL, test_parent_replaced);
	add("broken", NULL, test_broken);
	add("missing", NULL, test_missing);
	add("no-instance", &instances, test_limited);
	add("no-watch", &watches, test_limited);
	add("old-no-watch", &watches, test_old_limited);
	add("rest", &instances, test_rest);
	add("confined", NULL, test_confined);
	return g_test_run();
}
