/* How a call ends, and when it lives again. */
#include "tests/support/tap_talk.h"

static void test_cancel(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(&t, "180 R", "a", "b", "1 INVITE", "", "");
	say(&t, "CANCEL sip:bob@x", "a", "", "1 CANCEL", "", "");
	say(&t, "487 Gone", "a", "b", "1 INVITE", "", "");
	tap_script_wait(t.s, 33);
	told(&t, BEGIN H HALF1 H "state 1 180 b\n" H "state 6 0 \n"
	     H "state 5 487 b\n" H "state 6 487 b\n"
	     H "end cause=2 side=1 status=487\n");
	talk_free(&t);
}

/* The phone had rung before it heard of it, and the 487 is lost. */
static void test_cancel_rings(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(&t, "CANCEL sip:bob@x", "a", "", "1 CANCEL", "", "");
	say(&t, "180 Ringing", "a", "b", "1 INVITE", "", "");
	tap_script_wait(t.s, 31);
	g_assert_null(strstr(t.s->told->str, "end "));
	tap_script_wait(t.s, 2);
	g_assert_nonnull(strstr(t.s->told->str, H "end cause=2 side=0 "));
	say(&t, "183 Progress", "a", "c", "1 INVITE", "", "");
	g_assert_cmpuint(tap_calls_count(t.s->calls), ==, 0);
	talk_free(&t);
}

/* CANCEL and the answer cross, of a phone that was slow: the call lives. */
static void test_cancel_too_late(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(&t, "CANCEL sip:bob@x", "a", "", "1 CANCEL", "", "");
	tap_script_wait(t.s, 20);
	say(&t, "200 OK", "a", "b", "1 INVITE", "", ANSWER);
	tap_script_wait(t.s, 10);
	told(&t, BEGIN H HALF1 H "state 6 0 \n" H "state 7 200 b\n"
	     H "half 2 callee answer branch=b\n" H "state 3 200 b\n");
	talk_free(&t);
}

/* What comes once more, however late, begins nothing and tells nothing. */
static void test_late_copies(void)
{
	static const struct {
		const char *start, *to, *cseq, *body;
	} late[] = {
		{"200 OK", "b", "1 INVITE", ANSWER},
		{"ACK sip:bob@x", "b", "1 ACK", ""},
		{"INVITE sip:bob@x", "", "1 INVITE", OFFER},
		{"BYE sip:bob@x", "b", "2 BYE", ""},
		{"200 OK", "b", "2 BYE", ""},
	};
	static const double waits[] = {0, 1, 20, 10.9};
	talk t = talk_new(NULL, 0);
	g_autofree char *all = NULL;

	call_up(&t);
	say(&t, "BYE sip:bob@x", "a", "b", "2 BYE", "", "");
	all = tap_script_take(t.s);
	g_assert_cmpstr(all, ==, H "end cause=1 side=0 status=0\n");
	for (size_t w = 0; w < G_N_ELEMENTS(waits); w++) {
		tap_script_wait(t.s, waits[w]);
		for (size_t i = 0; i < G_N_ELEMENTS(late); i++)
			say(&t, late[i].start, "a", late[i].to, late[i].cseq,
			    "", late[i].body);
	}
	tap_script_wait(t.s, 60);
	say(&t, "BYE sip:bob@x", "a", "b", "2 BYE", "", "");
	say(&t, "ACK sip:bob@x", "a", "b", "1 ACK", "", "");
	say(&t, "200 OK", "a", "b", "2 BYE", "", "");
	told(&t, "");
	g_assert_cmpuint(tap_script_counter(t.s, "calls"), ==, 1);
	talk_free(&t);
}

/* The same of one that failed. */
static void test_late_failures(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(&t, "486 Busy", "a", "b", "1 INVITE", "", "");
	for (int i = 0; i < 7; i++) {
		say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
		say(&t, "486 Busy", "a", "b", "1 INVITE", "", "");
		say(&t, "ACK sip:bob@x", "a", "b", "1 ACK", "", "");
		tap_script_wait(t.s, 5);
	}
	g_assert_cmpuint(tap_script_counter(t.s, "calls"), ==, 1);
	talk_free(&t);
}

static void test_failure(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(&t, "486 Busy", "a", "b", "1 INVITE", "", "");
	say(&t, "ACK sip:bob@x", "a", "b", "1 ACK", "", "");
	told(&t, BEGIN H HALF1 H "state 6 486 b\n");
	tap_script_wait(t.s, 6);
	g_assert_cmpuint(tap_calls_count(t.s->calls), ==, 0);
	tap_script_wait(t.s, 25);
	told(&t, "");
	tap_script_wait(t.s, 2);
	told(&t, H "end cause=3 side=1 status=486\n");
	talk_free(&t);
}

/* 407, then the same call with credentials: one call. */
static void test_challenge(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(&t, "407 Who", "a", "fe", "1 INVITE", "", "");
	say(&t, "ACK sip:bob@x", "a", "fe", "1 ACK", "", "");
	say(&t, "INVITE sip:bob@x", "a", "", "2 INVITE", "", OFFER);
	tap_script_wait(t.s, 10);
	say(&t, "200 OK", "a", "b", "2 INVITE", "", ANSWER);
	told(&t, BEGIN H HALF1 H "state 6 407 fe\n" H "state 7 0 \n"
	     H "half 2 callee answer branch=b\n" H "state 3 200 b\n");
	/* The older transaction's late failure changes nothing. */
	say(&t, "408 Timeout", "a", "c", "1 INVITE", "", "");
	tap_script_wait(t.s, 10);
	told(&t, "");
	talk_free(&t);
}

/* All branches failed, and long after a new one answers, or that which failed:
 * it is the same call. */
static void test_late_branch(gconstpointer tag)
{
	talk t = talk_new(NULL, 0);
	g_autofree char *all = NULL;

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(&t, "408 Timeout", "a", "b", "1 INVITE", "", "");
	tap_script_wait(t.s, 20);
	told(&t, BEGIN H HALF1 H "state 6 408 b\n");
	say(&t, "200 OK", "a", tag, "1 INVITE", "", ANSWER);
	g_assert_cmpuint(tap_calls_count(t.s->calls), ==, 1);
	tap_script_wait(t.s, 60);
	say(&t, "BYE sip:bob@x", "a", tag, "2 BYE", "", "");
	all = g_strdup_printf(H "state 7 200 %1$s\n"
			      H "half 2 callee answer branch=%1$s\n"
			      H "state 3 200 %1$s\n"
			      H "end cause=1 side=0 status=0\n",
			      (const char *)tag);
	told(&t, all);
	g_assert_cmpuint(tap_script_counter(t.s, "calls"), ==, 1);
	talk_free(&t);
}

/* Its answer was missed; the re-INVITE shows that there was one. */
static void test_late_dialog(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(&t, "408 Timeout", "a", "b1", "1 INVITE", "", "");
	tap_script_wait(t.s, 20);
	g_free(tap_script_take(t.s));
	say(&t, "INVITE sip:bob@x", "a", "b2", "2 INVITE", "",
	    SDP("30", "6000"));
	say(&t, "200 OK", "a", "b2", "2 INVITE", "", ANSWER);
	told(&t, H "state 7 0 b2\n" H "half 2 caller offer branch=b2\n"
	     H "half 3 callee answer branch=b2\n" H "state 3 200 b2\n");
	talk_free(&t);
}

/* While an answer is waited for the caller dials anew: another call, and the
 * first one ends when it failed. */
static void test_dialled_anew(void)
{
	talk t = talk_new(NULL, 0);
	g_autofree char *all = NULL;

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(&t, "486 Busy", "a", "b", "1 INVITE", "", "");
	tap_script_wait(t.s, 20);
	g_free(tap_script_take(t.s));
	say(&t, "INVITE sip:bob@x", "a", "", "2 INVITE", "", OFFER);
	all = tap_script_take(t.s);
	g_assert_true(g_str_has_prefix(
		all, H "end cause=3 side=1 status=486\n2 begin c1\n"));
	/* What answers the first attempt now is no answer to the second. */
	say(&t, "200 OK", "a", "b2", "1 INVITE", "", ANSWER);
	told(&t, "2 half 2 callee answer branch=b2\n");
	talk_free(&t);
}

/* Over by failure: what rings now changes nothing, early media of a branch that
 * is new does. */
static void test_rings_late(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(&t, "183 P", "a", "b1", "1 INVITE", "", ANSWER);
	say(&t, "486 Busy", "a", "b1", "1 INVITE", "", "");
	tap_script_wait(t.s, 6);
	g_free(tap_script_take(t.s));
	say(&t, "180 Ringing", "a", "b2", "1 INVITE", "", "");
	say(&t, "183 P", "a", "b1", "1 INVITE", "", SDP("40", "6000"));
	told(&t, H "half 3 callee answer early branch=b1\n");
	g_assert_cmpuint(tap_calls_count(t.s->calls), ==, 0);
	say(&t, "183 P", "a", "b3", "1 INVITE", "", SDP("30", "5000"));
	told(&t, H "state 7 183 b3\n"
	     H "half 4 callee answer early branch=b3\n"
	     H "state 2 183 b3\n");
	talk_free(&t);
}

/* It had timed out; the callee's re-INVITE brings it back, sides unchanged. */
static void test_back_from_silence(void)
{
	talk t = talk_new(NULL, 0);
	g_autofree char *all = NULL;

	call_up(&t);
	tap_script_wait(t.s, 4 * 3600 + 10);
	told(&t, H "end cause=5 side=2 status=0\n");
	say(&t, "INVITE sip:alice@x", "b", "a", "1 INVITE", "", ANSWER);
	all = tap_script_take(t.s);
	g_assert_nonnull(strstr(all, "2 begin c1\n"));
	g_assert_nonnull(strstr(all, "fact caller.uri=sip:alice@x\n"));
	g_assert_nonnull(strstr(all, "2 half 1 callee offer branch=b\n"));
	say(&t, "BYE sip:bob@x", "a", "b", "2 BYE", "", "");
	told(&t, "2 end cause=1 side=0 status=0\n");
	talk_free(&t);
}

static void test_no_bye(void)
{
	talk t = talk_new(NULL, 0);

	call_up(&t);
	tap_script_wait(t.s, 4 * 3600 - 10);
	told(&t, "");
	tap_script_wait(t.s, 20);
	told(&t, H "end cause=5 side=2 status=0\n");
	g_assert_cmpuint(tap_script_counter(t.s, "calls-timed-out"), ==, 1);
	talk_free(&t);
}

static void test_never_answered(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(&t, "180 R", "a", "b", "1 INVITE", "", "");
	told(&t, BEGIN H HALF1 H "state 1 180 b\n");
	tap_script_wait(t.s, 301);
	told(&t, H "end cause=5 side=2 status=0\n");
	talk_free(&t);
}

/* The INVITE with the credentials was missed: its answer is the call's. */
static void test_retry_missed(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(&t, "407 Who?", "a", "p", "1 INVITE", "", "");
	say(&t, "180 Ringing", "a", "b", "2 INVITE", "", "");
	say(&t, "200 OK", "a", "b", "2 INVITE", "", ANSWER);
	tap_script_wait(t.s, 10);
	told(&t, BEGIN H HALF1 H "state 6 407 p\n" H "state 7 180 b\n"
	     H "state 1 180 b\n" H "half 2 callee answer branch=b\n"
	     H "state 3 200 b\n");
	talk_free(&t);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/call/cancel", test_cancel);
	g_test_add_func("/tap/call/cancel-rings", test_cancel_rings);
	g_test_add_func("/tap/call/cancel-too-late", test_cancel_too_late);
	g_test_add_func("/tap/call/late-copies", test_late_copies);
	g_test_add_func("/tap/call/late-failures", test_late_failures);
	g_test_add_func("/tap/call/failure", test_failure);
	g_test_add_func("/tap/call/challenge", test_challenge);
	g_test_add_data_func("/tap/call/late-branch", "b2", test_late_branch);
	g_test_add_data_func("/tap/call/late-branch-same", "b",
			     test_late_branch);
	g_test_add_func("/tap/call/late-dialog", test_late_dialog);
	g_test_add_func("/tap/call/dialled-anew", test_dialled_anew);
	g_test_add_func("/tap/call/rings-late", test_rings_late);
	g_test_add_func("/tap/call/back-from-silence", test_back_from_silence);
	g_test_add_func("/tap/call/no-bye", test_no_bye);
	g_test_add_func("/tap/call/never-answered", test_never_answered);
	g_test_add_func("/tap/call/retry-missed", test_retry_missed);
	return g_test_run();
}
