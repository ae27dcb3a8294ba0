/* Control of a call's recording while it lasts, and who may ask for it. */
#include <string.h>

#include "tests/support/tap_script.h"

static void invite(tap_script *s, const char *more)
{
	g_autofree char *head = g_strdup_printf(
		"INVITE sip:bob@x SIP/2.0\nFrom: <sip:alice@x>;tag=a\n"
		"To: <sip:bob@x>\nCall-ID: c1\nCSeq: 1 INVITE\n%s", more);

	tap_script_send(s, head, "");
}

static void info(tap_script *s, unsigned cseq, const char *more)
{
	g_autofree char *head = g_strdup_printf(
		"INFO sip:bob@x SIP/2.0\nFrom: <sip:alice@x>;tag=a\n"
		"To: <sip:bob@x>;tag=b\nCall-ID: c1\nCSeq: %u INFO\n%s", cseq,
		more);

	tap_script_send(s, head, "");
}

/* Only the lines with marks. */
static void marks(tap_script *s, const char *want)
{
	g_autofree char *all = tap_script_take(s);
	g_auto(GStrv) lines = g_strsplit(all, "\n", -1);
	g_autoptr(GString) kept = g_string_new(NULL);

	for (char **l = lines; *l; l++)
		if (g_str_has_prefix(*l, "1 mark "))
			g_string_append_printf(kept, "%s\n", *l + 7);
	g_assert_cmpstr(kept->str, ==, want);
}

static bool act(tap_script *s, rec_mark mark, unsigned longest)
{
	const rec_control what = {.mark = (uint8_t)mark, .side = CALL_UNKNOWN,
				  .actor = span_str("anna"),
				  .text = span_str("why")};
	bool changed;

	g_assert_true(tap_calls_control(s->calls, s->now, 1, &what, longest,
					&changed));
	return changed;
}

static void look(void *user, const tap_live *l)
{
	*(tap_live *)user = *l;
}

/* The only call waits for somebody who asks. */
static bool unasked(const tap_script *s)
{
	tap_live l = {.call = 0};

	tap_calls_live(s->calls, look, &l);
	g_assert_cmpuint(l.call, ==, 1);
	return l.unasked;
}

static void test_repeats(void)
{
	g_autoptr(tap_script) s = tap_script_new(NULL, 0);

	invite(s, "");
	marks(s, "");
	g_assert_false(unasked(s));
	g_assert_false(act(s, REC_RESUME, 0));
	g_assert_false(act(s, REC_START, 0));
	g_assert_true(act(s, REC_PAUSE, 0));
	g_assert_false(act(s, REC_PAUSE, 0));
	g_assert_false(act(s, REC_STOP, 0));
	g_assert_true(act(s, REC_RESUME, 0));
	g_assert_true(act(s, REC_TAG, 0));
	g_assert_true(act(s, REC_TAG, 0));
	marks(s, "5 2 why\n6 2 why\n7 2 why\n7 2 why\n");
}

/* A pause ends by itself; a mark in it changes nothing of that. */
static void test_longest(void)
{
	g_autoptr(tap_script) s = tap_script_new(NULL, 0);

	invite(s, "");
	g_assert_true(act(s, REC_PAUSE, 60));
	tap_script_wait(s, 30);
	g_assert_true(act(s, REC_TAG, 60));
	tap_script_wait(s, 29);
	marks(s, "5 2 why\n7 2 why\n");
	tap_script_wait(s, 2);
	marks(s, "6 2 the longest pause is over\n");
	g_assert_true(act(s, REC_STOP, 60));
	tap_script_wait(s, 200);
	marks(s, "4 2 why\n");
}

static void test_none(void)
{
	g_autoptr(tap_script) s = tap_script_new(NULL, 0);
	const rec_control what = {.mark = REC_PAUSE, .side = CALL_UNKNOWN};
	bool changed;

	s->record = false;
	invite(s, "");
	g_assert_false(tap_calls_control(s->calls, s->now, 1, &what, 0,
					 &changed));
	g_assert_false(tap_calls_control(s->calls, s->now, 2, &what, 0,
					 &changed));
}

static void test_on_demand(void)
{
	g_autoptr(tap_script) s = tap_script_new(NULL, 0);

	s->ask = REC_ASK_START;
	invite(s, "");
	marks(s, "4 2 on demand: until it is started\n");
	g_assert_true(unasked(s));
	g_assert_true(act(s, REC_START, 0));
	g_assert_false(unasked(s));
	g_assert_false(act(s, REC_START, 0));
	marks(s, "3 2 why\n");
}

/* It is recorded from the beginning; a start is a wish to keep it. */
static void test_buffered(void)
{
	g_autoptr(tap_script) s = tap_script_new(NULL, 0);

	s->ask = REC_ASK_KEEP;
	invite(s, "");
	marks(s, "");
	g_assert_true(act(s, REC_START, 0));
	g_assert_false(act(s, REC_START, 0));
	marks(s, "3 2 why\n");
}

static bool told(tap_script *s, const char *what)
{
	g_autofree char *all = tap_script_take(s);

	return strstr(all, what) != NULL;
}

static void test_header(void)
{
	g_autoptr(tap_script) s = tap_script_new(NULL, 0);

	invite(s, "X-Record: source\n");
	g_assert_false(told(s, "fact record="));	/* nobody is trusted */
	s->trusted[0] = (char *)"fe9";
	info(s, 2, "X-Record: source\n");
	g_assert_false(told(s, "fact record="));	/* nor is fe1 */
	s->trusted[0] = (char *)"FE1";
	info(s, 3, "x-record:  Disabled \n");
	g_assert_true(told(s, "fact record=disabled\n"));
	info(s, 4, "X-Record: disabled\n");
	g_assert_false(told(s, "fact record="));	/* nothing new */
	info(s, 5, "X-Record: source\n");
	g_assert_true(told(s, "fact record=source\n"));
}

/* What an earlier tap knew. */
static void test_resumed(void)
{
	g_autoptr(tap_script) s = tap_script_new(NULL, 0);
	g_autoptr(GPtrArray) halves = g_ptr_array_new();
	tap_resume r = {
		.call_id = "c1", .from_tag = "a", .source = "fe1",
		.record = true, .audio = true, .answered = true, .paused = true,
		.halves = halves, .own = s, .ask = REC_ASK_KEEP,
	};

	r.resume_at.ns = s->now.mono.ns + 10 * CLK_NS_PER_S;
	tap_calls_resume(s->calls, s->now, &r);
	tap_script_wait(s, 9);
	marks(s, "");
	tap_script_wait(s, 2);
	marks(s, "6 2 the longest pause is over\n");
	g_assert_true(act(s, REC_START, 0));
	marks(s, "3 2 why\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/live/repeats", test_repeats);
	g_test_add_func("/tap/live/longest", test_longest);
	g_test_add_func("/tap/live/none", test_none);
	g_test_add_func("/tap/live/on-demand", test_on_demand);
	g_test_add_func("/tap/live/buffered", test_buffered);
	g_test_add_func("/tap/live/header", test_header);
	g_test_add_func("/tap/live/resumed", test_resumed);
	return g_test_run();
}
