/* Branches: who rings, who answers, who has lost. */
#include "tests/support/tap_talk.h"

static void test_forks(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(&t, "183 P", "a", "b1", "1 INVITE", "", SDP("20", "5000"));
	say(&t, "180 R", "a", "b2", "1 INVITE", "", "");
	say(&t, "486 Busy", "a", "b3", "1 INVITE", "", "");
	told(&t, BEGIN H HALF1 H "half 2 callee answer early branch=b1\n"
	     H "state 2 183 b1\n" H "state 1 180 b2\n");
	say(&t, "200 OK", "a", "b2", "1 INVITE", "", SDP("30", "6000"));
	told(&t, H "half 3 callee answer branch=b2\n" H "state 3 200 b2\n"
	     H "state 5 200 b1\n");
	say(&t, "487 Gone", "a", "b1", "1 INVITE", "", "");
	tap_script_wait(t.s, 10);
	told(&t, "");
	/* A second answer: the caller hangs up on one of the two. */
	say(&t, "200 OK", "a", "b4", "1 INVITE", "", SDP("40", "7000"));
	say(&t, "BYE sip:bob@x", "a", "b4", "2 BYE", "", "");
	told(&t, H "half 4 callee answer branch=b4\n" H "state 3 200 b4\n"
	     H "state 5 0 b4\n");
	say(&t, "BYE sip:bob@x", "a", "b2", "2 BYE", "", "");
	told(&t, H "end cause=1 side=0 status=0\n");
	talk_free(&t);
}

/* The 180 is overtaken by the failure of its branch: nothing rings. */
static void test_overtaken(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(&t, "486 Busy", "a", "b", "1 INVITE", "", "");
	say(&t, "180 Ringing", "a", "b", "1 INVITE", "", "");
	tap_script_wait(t.s, 33);
	told(&t, BEGIN H HALF1 H "state 6 486 b\n"
	     H "end cause=3 side=1 status=486\n");
	talk_free(&t);
}

/* The same tag rings in the next attempt. */
static void test_forgiven(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(&t, "422 Too Small", "a", "b", "1 INVITE", "", "");
	say(&t, "INVITE sip:bob@x", "a", "", "2 INVITE", "", OFFER);
	say(&t, "180 Ringing", "a", "b", "2 INVITE", "", "");
	tap_script_wait(t.s, 10);
	told(&t, BEGIN H HALF1 H "state 6 422 b\n" H "state 7 0 \n"
	     H "state 1 180 b\n");
	talk_free(&t);
}

/* A branch that rings is hung up on, or says that it is over (RFC 6228): the
 * other one may still answer. */
static void test_one_gives_up(void)
{
	static const char *const over[] = {"BYE sip:bob@x", "199 Over"};

	for (unsigned i = 0; i < G_N_ELEMENTS(over); i++) {
		talk t = talk_new(NULL, 0);

		say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
		say(&t, "180 R", "a", "b1", "1 INVITE", "", "");
		say(&t, "180 R", "a", "b2", "1 INVITE", "", "");
		g_free(tap_script_take(t.s));
		say(&t, over[i], "a", "b1", i ? "1 INVITE" : "2 BYE", "", "");
		told(&t, i ? H "state 5 199 b1\n" : H "state 5 0 b1\n");
		say(&t, "200 OK", "a", "b2", "1 INVITE", "", ANSWER);
		told(&t, H "half 2 callee answer branch=b2\n"
		     H "state 3 200 b2\n");
		say(&t, "BYE sip:bob@x", "a", "b2", "3 BYE", "", "");
		told(&t, H "end cause=1 side=0 status=0\n");
		talk_free(&t);
	}
}

/* When it was the last one, the failure that follows ends the call. */
static void test_all_give_up(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(&t, "180 R", "a", "b1", "1 INVITE", "", "");
	say(&t, "180 R", "a", "b2", "1 INVITE", "", "");
	say(&t, "199 Over", "a", "b1", "1 INVITE", "", "");
	say(&t, "486 Busy", "a", "b2", "1 INVITE", "", "");
	g_free(tap_script_take(t.s));
	tap_script_wait(t.s, 33);
	told(&t, H "end cause=3 side=1 status=486\n");
	talk_free(&t);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/fork/forks", test_forks);
	g_test_add_func("/tap/fork/overtaken", test_overtaken);
	g_test_add_func("/tap/fork/forgiven", test_forgiven);
	g_test_add_func("/tap/fork/one-gives-up", test_one_gives_up);
	g_test_add_func("/tap/fork/all-give-up", test_all_give_up);
	return g_test_run();
}
