/* A call that ends while capture is away is dropped when the tap is back. */
#include "app/armed.h"

#include <glib/gstdio.h>
#include <sched.h>

#include "app/ends.h"
#include "app/session.h"
#include "core/record.h"
#include "tests/support/relay_rig.h"

/* A tap and the capture it tells; `over`: what capture dropped so far. */
typedef struct pair {
	session_writer *tap;
	armed *capture;
	GString *over;
	GString *ended;		/* what the tap told to be over */
	char *dir;		/* the spool of one that writes */
	unsigned ignore;	/* messages that reach nobody, from now on */
} pair;

static int by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void take(pair *r, const char *call, uint16_t type)
{
	g_auto(GStrv) over = armed_told(r->capture, call, type);

	if (!over)
		return;
	qsort(over, g_strv_length(over), sizeof(*over), by_name);
	for (char **c = over; *c; c++)
		g_string_append_printf(r->over, "%s ", *c);
	g_string_append(r->over, "| ");
}

static void on_arm(void *user, const char *call, span message, bool ended)
{
	char name[REC_NAME];
	pair *r = user;
	jrn_rec rec;
	span named;

	g_assert_true(rec_arm_get(message, &named, &rec));
	span_copy(named, name, sizeof(name));
	g_assert_cmpstr(name, ==, call);
	g_assert_cmpint(ended, ==, rec.type == JRN_END);
	if (ended)
		g_string_append_printf(r->ended, "%s ", name);
	if (r->ignore)
		r->ignore--;
	else
		take(r, name, rec.type);
}

/* The next tap: it goes on with these calls. */
static void new_tap(pair *r, const char *const *calls)
{
	const session_config cfg = {.spool = "/nowhere", .arm = on_arm,
				    .arm_user = r};
	g_autoptr(GPtrArray) halves = g_ptr_array_new_with_free_func(
			(GDestroyNotify)call_half_free);

	g_clear_pointer(&r->tap, session_writer_free);
	r->tap = session_writer_new(&cfg);
	g_ptr_array_add(halves, rig_half(CALL_CALLER, "abcd", NULL));
	g_ptr_array_add(halves, rig_half(CALL_CALLEE, "efgh", NULL));
	for (; *calls; calls++)
		session_writer_resume(r->tap, *calls, clk_now(), halves);
}

/* With the journal of one call. */
static void remove_spool(char *dir)
{
	g_autofree char *call = g_build_filename(dir, "d", NULL);
	g_autofree char *file = g_build_filename(call, "session-001.etj", NULL);
	g_autofree char *late = g_build_filename(call, "session-002.etj", NULL);

	g_unlink(file);
	g_unlink(late);
	g_rmdir(call);
	g_assert_cmpint(g_rmdir(dir), ==, 0);
	g_free(dir);
}

static void pair_up(pair *r, gconstpointer data)
{
	(void)data;
	r->capture = armed_new();
	r->over = g_string_new(NULL);
	r->ended = g_string_new(NULL);
	r->dir = g_dir_make_tmp("edgetape-armed-XXXXXX", NULL);
	new_tap(r, (const char *const[]){"a", "b", "c", NULL});
}

static void pair_down(pair *r, gconstpointer data)
{
	(void)data;
	session_writer_free(r->tap);
	armed_free(r->capture);
	g_string_free(r->over, TRUE);
	g_string_free(r->ended, TRUE);
	remove_spool(r->dir);
}

static void test_named(pair *r, gconstpointer data)
{
	(void)data;
	session_writer_rearm(r->tap);
	g_assert_cmpstr(r->over->str, ==, "| ");
	session_writer_rearm(r->tap);
	g_assert_cmpstr(r->over->str, ==, "| | ");
}

/* Their ends reached nobody. */
static void test_unheard(pair *r, gconstpointer data)
{
	(void)data;
	session_writer_rearm(r->tap);
	new_tap(r, (const char *const[]){"b", NULL});
	session_writer_rearm(r->tap);
	g_assert_cmpstr(r->over->str, ==, "| a c | ");
	/* Once. */
	session_writer_rearm(r->tap);
	g_assert_cmpstr(r->over->str, ==, "| a c | | ");
	new_tap(r, (const char *const[]){NULL});
	session_writer_rearm(r->tap);
	g_assert_cmpstr(r->over->str, ==, "| a c | | b | ");
}

/* Before the list, in it and behind it. */
static void test_lives(pair *r, gconstpointer data)
{
	(void)data;
	take(r, "d", JRN_HALF);
	take(r, REC_ARM_NOBODY, REC_ARM_LIST);
	take(r, "e", JRN_HALF);
	take(r, "a", JRN_HALF);
	take(r, "b", JRN_END);
	take(r, REC_ARM_NOBODY, REC_ARM_ALL);
	take(r, "f", JRN_HALF);
	g_assert_cmpstr(r->over->str, ==, "c d | ");
	session_writer_rearm(r->tap);
	g_assert_cmpstr(r->over->str, ==, "c d | e f | ");
}

/* The connection broke in the middle of the list; or capture came into it. */
static void test_broken(pair *r, gconstpointer data)
{
	(void)data;
	take(r, REC_ARM_NOBODY, REC_ARM_LIST);
	take(r, "a", JRN_HALF);
	session_writer_rearm(r->tap);
	g_assert_cmpstr(r->over->str, ==, "| ");
	r->ignore = 3;
	session_writer_rearm(r->tap);
	g_assert_cmpstr(r->over->str, ==, "| ");
}

/* Each capture that comes is told of the latest ends, whoever else is its tap:
 * of those that it did not hear, and of those that the tap before wrote. */
static void test_ends(pair *r, gconstpointer data)
{
	const rec_event end = {.type = JRN_END, .at = clk_now(),
			       .end = {.cause = REC_BYE}};
	const rec_event close = {.type = JRN_CLOSE, .at = clk_now()};
	const session_config cfg = {.spool = r->dir, .arm = on_arm,
				    .arm_user = r};
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	g_autoptr(call_half) half = rig_half(CALL_CALLEE, "ijkl", NULL);
	const rec_event late = {.type = JRN_HALF, .at = clk_now(),
				.half = half};
	g_autofree char *after = g_build_filename(r->dir, "d",
						  "session-002.etj", NULL);
	void *own;

	(void)data;
	session_writer_free(r->tap);
	r->tap = session_writer_new(&cfg);
	own = session_writer_resume(r->tap, "d", clk_now(), none);
	r->ignore = 1;
	session_writer_sink(r->tap, 0, &own, &end);
	session_writer_over(r->tap, "e", clk_now());
	g_assert_cmpstr(r->ended->str, ==, "d e ");
	take(r, "d", JRN_HALF);
	take(r, "e", JRN_HALF);
	session_writer_rearm(r->tap);
	g_assert_cmpstr(r->ended->str, ==, "d e d e ");
	/* They were told, not only missing in the list as others are. */
	g_assert_cmpstr(r->over->str, ==, "a b c | ");
	/* A half arms, and capture would wait for what is over. */
	session_writer_sink(r->tap, 0, &own, &late);
	g_assert_cmpstr(r->ended->str, ==, "d e d e d ");
	/* Its file was whole with the end. */
	g_assert_true(g_file_test(after, G_FILE_TEST_EXISTS));
	session_writer_sink(r->tap, 0, &own, &close);
}

/* What cannot be written is counted, and waits no more. */
static void test_lost(pair *r, gconstpointer data)
{
	const rec_event end = {.type = JRN_END, .at = clk_now(),
			       .end = {.cause = REC_BYE}};
	const rec_event close = {.type = JRN_CLOSE, .at = clk_now()};
	const session_config cfg = {.spool = "/dev/null", .arm = on_arm,
				    .arm_user = r};
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	const GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_FATAL_MASK);
	void *own;

	(void)data;
	session_writer_free(r->tap);
	r->tap = session_writer_new(&cfg);
	own = session_writer_resume(r->tap, "d", clk_now(), none);
	session_writer_sink(r->tap, 0, &own, &end);
	g_assert_cmpuint(session_writer_lost(r->tap), ==, 1);
	session_writer_sink(r->tap, 0, &own, &close);
	g_assert_cmpuint(session_writer_lost(r->tap), ==, 1);
	g_assert_cmpuint(session_writer_told(r->tap), ==, 2);
	g_assert_cmpuint(session_writer_waiting(r->tap), ==, 0);
	g_log_set_always_fatal(fatal);
}

/* What is closed is nobody's, even if it never ended. */
static void test_closed(pair *r, gconstpointer data)
{
	const rec_event close = {.type = JRN_CLOSE, .at = clk_now()};
	const session_config cfg = {.spool = r->dir, .arm = on_arm,
				    .arm_user = r, .thread = true};
	g_autoptr(GPtrArray) halves = g_ptr_array_new_with_free_func(
			(GDestroyNotify)call_half_free);
	void *own;

	(void)data;
	session_writer_free(r->tap);
	r->tap = session_writer_new(&cfg);
	g_ptr_array_add(halves, rig_half(CALL_CALLER, "ijkl", NULL));
	own = session_writer_resume(r->tap, "d", clk_now(), halves);
	session_writer_sink(r->tap, 0, &own, &close);
	g_assert_null(own);
	session_writer_rearm(r->tap);
	g_assert_cmpstr(r->over->str, ==, "a b c d | ");
	session_writer_start(r->tap);
}

/* The word names the oldest event until all have reached their file. Then a
 * reader is told that it grew. */
static void test_reach(pair *r, gconstpointer data)
{
	const session_config cfg = {.spool = r->dir, .arm = on_arm,
				    .arm_user = r, .thread = true};
	const rec_event mark = {.type = JRN_MARK, .at = clk_now(),
				.control = {.mark = REC_PAUSE}};
	const rec_event end = {.type = JRN_END, .at = clk_now(),
			       .end = {.cause = REC_BYE}};
	const rec_event close = {.type = JRN_CLOSE, .at = clk_now()};
	g_autofree char *path = g_build_filename(r->dir, "d",
						 "session-001.etj", NULL);
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	g_autofree char *board = g_build_filename(r->dir, "reach", NULL);
	reach_news *news = reach_share_news(r->dir, NULL);
	reach *reader = reach_new(r->dir);
	_Atomic int64_t word = 1;
	jrn_in *in;
	jrn_rec rec;
	void *own;

	(void)data;
	session_writer_free(r->tap);
	r->tap = session_writer_new(&cfg);
	session_writer_tell_reach(r->tap, &word, news);
	g_assert_cmpint(word, ==, 0);
	own = session_writer_resume(r->tap, "d", clk_now(), none);
	session_writer_sink(r->tap, 0, &own, &mark);
	g_assert_cmpint(word, ==, mark.at.mono.ns);
	session_writer_sink(r->tap, 0, &own, &end);
	g_assert_cmpint(word, ==, mark.at.mono.ns);
	(void)reach_get(reader, clk_mono_now());
	g_assert_cmpuint(reach_told(reader, g_str_hash("d")), ==, 0);
	session_writer_start(r->tap);
	for (int ms = 0; ms < 10000 && atomic_load(&word); ms++)
		g_usleep(1000);
	g_assert_cmpint(word, ==, 0);
	g_assert_cmpuint(reach_told(reader, g_str_hash("d")), >, 0);
	reach_free(reader);
	g_assert_cmpint(g_unlink(board), ==, 0);
	in = jrn_in_open(path, NULL);
	g_assert_cmpint(jrn_in_next(in, &rec), ==, JRN_OK);
	g_assert_cmpint(rec.type, ==, JRN_MARK);
	g_assert_cmpint(jrn_in_next(in, &rec), ==, JRN_OK);
	g_assert_cmpint(rec.type, ==, JRN_END);
	jrn_in_free(in);
	session_writer_sink(r->tap, 0, &own, &close);
	/* Before the word goes. */
	g_clear_pointer(&r->tap, session_writer_free);
}

/* On one processor, where it comes first, and with a spool that takes no time
 * to sync, the writing side is done with an event while the other is still
 * queueing it: then, too, nothing waits. Each event has a sync of its own. */
static void test_nothing_waits(pair *r, gconstpointer data)
{
	static const char shm[] = "/dev/shm/edgetape-armed-XXXXXX";
	char *spool = g_access("/dev/shm", W_OK) == 0
		? g_mkdtemp(g_strdup(shm))
		: g_dir_make_tmp("edgetape-armed-XXXXXX", NULL);
	const session_config cfg = {.spool = spool, .arm = on_arm,
				    .arm_user = r, .thread = true};
	rec_event mark = {.type = JRN_MARK, .control = {.mark = REC_PAUSE}};
	const rec_event end = {.type = JRN_END, .at = clk_now(),
			       .end = {.cause = REC_BYE}};
	const rec_event close = {.type = JRN_CLOSE, .at = clk_now()};
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	reach_news *news = reach_share_news(r->dir, NULL);
	g_autofree char *board = g_build_filename(r->dir, "reach", NULL);
	_Atomic int64_t word = 1;
	const struct sched_param level = {0};
	cpu_set_t all, one;
	void *own;

	(void)data;
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	g_assert_cmpint(sched_getaffinity(0, sizeof(all), &all), ==, 0);
	g_assert_cmpint(sched_setaffinity(0, sizeof(one), &one), ==, 0);
	session_writer_free(r->tap);
	r->tap = session_writer_new(&cfg);
	session_writer_tell_reach(r->tap, &word, news);
	session_writer_start(r->tap);
	g_assert_cmpint(sched_setscheduler(0, SCHED_IDLE, &level), ==, 0);
	own = session_writer_resume(r->tap, "d", clk_now(), none);
	for (int n = 0; n < 12; n++) {
		g_usleep(120000);
		mark.at = clk_now();
		session_writer_sink(r->tap, 0, &own, &mark);
		for (int ms = 0; ms < 10000 && atomic_load(&word); ms++)
			g_usleep(1000);
		g_assert_cmpint(atomic_load(&word), ==, 0);
	}
	(void)sched_setscheduler(0, SCHED_OTHER, &level);
	g_assert_cmpint(sched_setaffinity(0, sizeof(all), &all), ==, 0);
	session_writer_sink(r->tap, 0, &own, &end);
	session_writer_sink(r->tap, 0, &own, &close);
	g_clear_pointer(&r->tap, session_writer_free);
	g_assert_cmpint(g_unlink(board), ==, 0);
	remove_spool(spool);
}

static void count_end(void *user, const char *call, span message)
{
	GString *s = user;

	g_string_append_printf(s, "%s=%.*s ", call, (int)message.left,
			       (const char *)message.p);
}

static void test_forgotten(void)
{
	g_autoptr(GString) s = g_string_new(NULL);
	const clk_mono later = {(ENDS_KEPT_S + 1) * CLK_NS_PER_S};
	ends *e = ends_new();

	ends_add(e, (clk_mono){0}, "a", span_str("x"));
	ends_add(e, (clk_mono){2 * CLK_NS_PER_S}, "b", span_str("y"));
	ends_each(e, (clk_mono){3 * CLK_NS_PER_S}, count_end, s);
	g_assert_cmpstr(s->str, ==, "a=x b=y ");
	g_string_truncate(s, 0);
	ends_each(e, later, count_end, s);
	g_assert_cmpstr(s->str, ==, "b=y ");
	for (int i = 0; i < ENDS_MAX; i++)
		ends_add(e, later, "c", span_str("z"));
	g_string_truncate(s, 0);
	ends_each(e, later, count_end, s);
	g_assert_cmpuint(s->len, ==, ENDS_MAX * strlen("c=z "));
	ends_free(e);
}

static void add(const char *name, void (*fn)(pair *, gconstpointer))
{
	g_test_add(name, pair, NULL, pair_up, fn, pair_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("/app/armed/named", test_named);
	add("/app/armed/unheard", test_unheard);
	add("/app/armed/lives", test_lives);
	add("/app/armed/broken", test_broken);
	add("/app/armed/ends", test_ends);
	add("/app/armed/closed", test_closed);
	add("/app/armed/lost", test_lost);
	add("/app/armed/reach", test_reach);
	add("/app/armed/nothing-waits", test_nothing_waits);
	g_test_add_func("/app/armed/forgotten", test_forgotten);
	return g_test_run();
}
