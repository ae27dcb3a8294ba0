/* A call that an earlier tap had begun goes on from what its journal tells. */
#include <string.h>

#include "tests/support/tap_talk.h"

static void resume_as(talk *t, tap_resume r)
{
	g_autoptr(GPtrArray) none = g_ptr_array_new();

	r.call_id = "c1";
	r.from_tag = "a";
	r.source = "fe1";
	r.audio = r.record;
	if (!r.halves)
		r.halves = none;
	tap_calls_resume(t->s->calls, t->s->now, &r);
}

static void resume(talk *t, tap_resume r)
{
	r.own = t->s;
	resume_as(t, r);
}

/* Two that ring, and one that was busy; nothing had SDP yet. */
static GArray *forks_new(void)
{
	static rec_fork known[] = {{"b", REC_RINGING}, {"c", REC_RINGING},
				   {"d", REC_FORK_LOST}};
	GArray *forks = g_array_new(FALSE, FALSE, sizeof(rec_fork));

	return g_array_append_vals(forks, known, G_N_ELEMENTS(known));
}

/* All of it was told by the tap before. */
static void resume_over(talk *t, const rec_end *end)
{
	g_autoptr(GArray) forks = forks_new();

	resume_as(t, (tap_resume){.ended = end, .ended_at = t->s->now,
				  .cseq = 7, .forks = forks});
	told(t, "");
}

/* The journal has no CSeq. */
static void test_refused(void)
{
	talk t = talk_new(NULL, 0);

	resume(&t, (tap_resume){.record = true});
	say(&t, "486 Busy Here", "a", "b", "7 INVITE", "", "");
	told(&t, H "state 6 486 b\n");
	tap_script_wait(t.s, 33);
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

/* One is busy, the other rings on; the 180 of the third is a late copy. */
static void test_forks(void)
{
	g_autoptr(GArray) forks = forks_new();
	talk t = talk_new(NULL, 0);

	resume(&t, (tap_resume){.record = true, .forks = forks});
	say(&t, "486 Busy", "a", "b", "7 INVITE", "", "");
	told(&t, H "state 5 486 b\n");
	say(&t, "180 Ringing", "a", "c", "7 INVITE", "", "");
	say(&t, "180 Ringing", "a", "d", "7 INVITE", "", "");
	tap_script_wait(t.s, 10);
	told(&t, "");
	say(&t, "486 Busy", "a", "c", "7 INVITE", "", "");
	say(&t, "180 Ringing", "a", "d", "7 INVITE", "", "");
	tap_script_wait(t.s, 33);
	told(&t, H "state 5 486 c\n" H "state 6 486 c\n"
	     H "end cause=3 side=1 status=486\n");
	talk_free(&t);
}

/* Two had sent SDP, and one of them has answered: its BYE is the end. */
static void test_fork_lost(void)
{
	static rec_fork known[] = {{"d", REC_FORK_LOST}, {"b", REC_ANSWERED}};
	g_autoptr(GArray) forks = g_array_new(FALSE, FALSE, sizeof(rec_fork));
	g_autoptr(GPtrArray) halves = g_ptr_array_new_with_free_func(
		(GDestroyNotify)call_half_free);
	talk t = talk_new(NULL, 0);

	g_array_append_vals(forks, known, G_N_ELEMENTS(known));
	for (unsigned i = 0; i < G_N_ELEMENTS(known); i++) {
		call_half *h = call_half_new();

		h->side = CALL_CALLEE;
		g_strlcpy(h->branch, known[i].tag, sizeof(h->branch));
		g_ptr_array_add(halves, h);
	}
	resume(&t, (tap_resume){.record = true, .answered = true,
				.halves = halves, .forks = forks});
	say(&t, "BYE sip:bob@x", "a", "b", "8 BYE", "", "");
	told(&t, H "end cause=1 side=0 status=0\n");
	talk_free(&t);
}

static GPtrArray *halves_new(void)
{
	GPtrArray *halves = g_ptr_array_new_with_free_func(
		(GDestroyNotify)call_half_free);

	for (uint8_t side = CALL_CALLER; side <= CALL_CALLEE; side++) {
		call_half *h = call_half_new();

		h->serial = side + 1u;
		h->side = side;
		h->answer = side == CALL_CALLEE;
		g_strlcpy(h->branch, h->answer ? "b" : "", sizeof(h->branch));
		g_ptr_array_add(halves, h);
	}
	return halves;
}

/* Who held then retrieves now, and who holds now was heard before. */
static void test_held(void)
{
	g_autoptr(GPtrArray) halves = halves_new();
	talk t = talk_new(NULL, 0);

	resume(&t, (tap_resume){.record = true, .answered = true,
				.held = {true, false}, .halves = halves});
	say(&t, "INVITE sip:bob@x", "a", "b", "8 INVITE", "", OFFER);
	told(&t, H "half 3 caller offer branch=b\n" H "mark 2 0 \n");
	say(&t, "INVITE sip:alice@x", "b", "a", "1 INVITE", "",
	    ANSWER "a=inactive\n");
	told(&t, H "half 4 callee offer branch=b\n" H "mark 1 1 \n");
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
	tap_script_wait(t.s, 33);
	told(&t, H "end cause=2 side=1 status=487\n");
	talk_free(&t);
}

/* The tap died while an answer was waited for: the next one takes it. */
static void test_lapsed(void)
{
	talk t = talk_new(NULL, 0);

	resume(&t, (tap_resume){.record = true, .ending = true, .cseq = 7,
				.ending_status = 408, .ending_at = t.s->now});
	tap_script_wait(t.s, 20);
	told(&t, "");
	say(&t, "200 OK", "a", "b", "7 INVITE", "", ANSWER);
	told(&t, H "state 7 200 b\n" H "half 1 callee answer branch=b\n"
	     H "state 3 200 b\n");
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

static void say_invite(talk *t, const char *cseq)
{
	say(t, "INVITE sip:bob@x", "a", "", cseq, "", OFFER);
}

/* A copy of what was heard before takes no end back; a retry does. */
static void test_copy(void)
{
	talk t = talk_new(NULL, 0);

	resume(&t, (tap_resume){.ending = true, .cancelled = true,
				.ending_status = 487, .cseq = 7});
	say_invite(&t, "7 INVITE");
	say_invite(&t, "6 INVITE");
	say(&t, "180 Ringing", "a", "c", "7 INVITE", "", "");
	tap_script_wait(t.s, 6);
	g_assert_nonnull(strstr(t.s->told->str, H "end cause=2 side=1 "
				"status=487\n"));
	g_assert_null(strstr(t.s->told->str, "state 7"));
	talk_free(&t);
}

/* It was over before: the copy of its INVITE is none, nor is that of its 200,
 * but one that is newer is a call. */
static void test_over(gconstpointer cause)
{
	talk t = talk_new(NULL, 0);
	const rec_end end = {.cause = (uint8_t)GPOINTER_TO_UINT(cause),
			     .side = CALL_CALLEE, .status = 487};

	resume_over(&t, &end);
	say_invite(&t, "7 INVITE");
	say(&t, "180 Ringing", "a", "b", "7 INVITE", "", "");
	say(&t, "180 Ringing", "a", "e", "7 INVITE", "", "");
	say(&t, "183 Progress", "a", "c", "7 INVITE", "", ANSWER);
	say(&t, "183 Progress", "a", "d", "7 INVITE", "", ANSWER);
	told(&t, "");
	g_assert_cmpuint(tap_calls_count(t.s->calls), ==, 0);
	say_invite(&t, "8 INVITE");
	g_assert_nonnull(strstr(t.s->told->str, "begin c1"));
	g_assert_cmpuint(tap_calls_count(t.s->calls), ==, 1);
	talk_free(&t);
}

/* What comes longer after the end than copies do is a call again. */
static void test_over_long_ago(void)
{
	talk t = talk_new(NULL, 0);
	const rec_end end = {.cause = REC_BYE, .side = CALL_CALLEE};

	resume_over(&t, &end);
	tap_script_wait(t.s, 30);
	say(&t, "200 OK", "a", "b", "7 INVITE", "", ANSWER);
	told(&t, "");
	tap_script_wait(t.s, 4);
	say(&t, "200 OK", "a", "b", "7 INVITE", "", ANSWER);
	g_assert_nonnull(strstr(t.s->told->str, "begin c1"));
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
	g_test_add_func("/tap/resume/forks", test_forks);
	g_test_add_func("/tap/resume/fork-lost", test_fork_lost);
	g_test_add_func("/tap/resume/reinvite", test_reinvite);
	g_test_add_func("/tap/resume/ending", test_ending);
	g_test_add_func("/tap/resume/cancelled", test_cancelled);
	g_test_add_func("/tap/resume/lapsed", test_lapsed);
	g_test_add_func("/tap/resume/retried", test_retried);
	g_test_add_func("/tap/resume/ended", test_ended);
	g_test_add_func("/tap/resume/copy", test_copy);
	g_test_add_data_func("/tap/resume/over/cancelled",
			     GUINT_TO_POINTER(REC_CANCELLED), test_over);
	g_test_add_data_func("/tap/resume/over/failed",
			     GUINT_TO_POINTER(REC_FAILED), test_over);
	g_test_add_func("/tap/resume/over-long-ago", test_over_long_ago);
	g_test_add_func("/tap/resume/unrecorded", test_unrecorded);
	g_test_add_func("/tap/resume/held", test_held);
	return g_test_run();
}
