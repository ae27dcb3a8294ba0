/* A call that an earlier tap had begun goes on from what its journal tells. */
#include <string.h>

#include "tests/support/tap_talk.h"

static void resume(talk *t, tap_resume r)
{
	g_autoptr(GPtrArray) halves = g_ptr_array_new();

	r.call_id = "c1";
	r.from_tag = "a";
	r.source = "fe1";
	r.audio = r.record;
	r.halves = halves;
	r.own = t->s;
	tap_calls_resume(t->s->calls, t->s->now, &r);
}

/* The journal has no CSeq. */
static void test_refused(void)
{
	talk t = talk_new(NULL, 0);

	resume(&t, (tap_resume){.record = true});
	say(&t, "486 Busy Here", "a", "b", "7 INVITE", "", "");
	told(&t, H "state 6 486 b\n");
	tap_script_wait(t.s, 6);
	told(&t, H "end cause=3 side=1 status=486\n");
	talk_free(&t);
}

static void test_answered(void)
{
	talk t = talk_new(NULL, 0);

	resume(&t, (tap_resume){.record = true});
	say(&t, "200 OK", "a", "b", "7 INVITE", "", ANSWER);
	told(&t, H "half 1 callee answer branch=b\n" H "state 3 200 b\n");
	say(&t, "BYE sip:bob@x", "a", "b", "8 BYE", "", "");
	told(&t, H "end cause=1 side=0 status=0\n");
	talk_free(&t);
}

/* A re-INVITE that fails ends no call. */
static void test_reinvite(void)
{
	talk t = talk_new(NULL, 0);

	resume(&t, (tap_resume){.record = true, .answered = true});
	say(&t, "488 No", "a", "b", "7 INVITE", "", "");
	tap_script_wait(t.s, 6);
	told(&t, "");
	g_assert_cmpuint(tap_calls_count(t.s->calls), ==, 1);
	talk_free(&t);
}

/* All of it was heard, and the tap died in the time of grace. */
static void test_ending(void)
{
	talk t = talk_new(NULL, 0);

	resume(&t, (tap_resume){.record = true, .ending = true,
				.cancelled = true, .ending_status = 487});
	tap_script_wait(t.s, 4);
	told(&t, "");
	tap_script_wait(t.s, 2);
	told(&t, H "end cause=2 side=1 status=487\n");
	talk_free(&t);
}

/* CANCEL before, 487 after. */
static void test_cancelled(void)
{
	talk t = talk_new(NULL, 0);

	resume(&t, (tap_resume){.record = true, .ending = true,
				.cancelled = true});
	say(&t, "487 Terminated", "a", "b", "7 INVITE", "", "");
	told(&t, H "state 6 487 b\n");
	tap_script_wait(t.s, 6);
	told(&t, H "end cause=2 side=1 status=487\n");
	talk_free(&t);
}

static void test_retried(void)
{
	talk t = talk_new(NULL, 0);

	resume(&t, (tap_resume){.record = true, .ending = true,
				.ending_status = 407});
	say(&t, "INVITE sip:bob@x", "a", "", "8 INVITE", "", "");
	tap_script_wait(t.s, 6);
	g_assert_nonnull(strstr(t.s->told->str, "state 7 0 "));
	g_assert_null(strstr(t.s->told->str, "end "));
	g_assert_cmpuint(tap_calls_count(t.s->calls), ==, 1);
	talk_free(&t);
}

/* The BYE was heard, but nobody was told. */
static void test_ended(void)
{
	talk t = talk_new(NULL, 0);
	const rec_end end = {.cause = REC_BYE, .side = CALL_CALLEE};

	resume(&t, (tap_resume){.record = true, .answered = true,
				.ended = &end, .ended_at = t.s->now});
	told(&t, H "end cause=1 side=1 status=0\n");
	say(&t, "BYE sip:bob@x", "a", "b", "8 BYE", "", "");
	told(&t, "");
	talk_free(&t);
}

/* It stays so, and its halves are not told. */
static void test_unrecorded(void)
{
	talk t = talk_new(NULL, 0);

	resume(&t, (tap_resume){0});
	say(&t, "200 OK", "a", "b", "7 INVITE", "", ANSWER);
	told(&t, H "state 3 200 b\n");
	say(&t, "BYE sip:bob@x", "a", "b", "8 BYE", "", "");
	told(&t, H "end cause=1 side=0 status=0\n");
	talk_free(&t);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/resume/refused", test_refused);
	g_test_add_func("/tap/resume/answered", test_answered);
	g_test_add_func("/tap/resume/reinvite", test_reinvite);
	g_test_add_func("/tap/resume/ending", test_ending);
	g_test_add_func("/tap/resume/cancelled", test_cancelled);
	g_test_add_func("/tap/resume/retried", test_retried);
	g_test_add_func("/tap/resume/ended", test_ended);
	g_test_add_func("/tap/resume/unrecorded", test_unrecorded);
	return g_test_run();
}
