/* A call that ends while capture is away is dropped when the tap is back. */
#include "app/armed.h"

#include "app/session.h"
#include "core/record.h"
#include "tests/support/relay_rig.h"

/* A tap and the capture it tells; `over`: what capture dropped so far. */
typedef struct pair {
	session_writer *tap;
	armed *capture;
	GString *over;
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

static void pair_up(pair *r, gconstpointer data)
{
	(void)data;
	r->capture = armed_new();
	r->over = g_string_new(NULL);
	new_tap(r, (const char *const[]){"a", "b", "c", NULL});
}

static void pair_down(pair *r, gconstpointer data)
{
	(void)data;
	session_writer_free(r->tap);
	armed_free(r->capture);
	g_string_free(r->over, TRUE);
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
	return g_test_run();
}
