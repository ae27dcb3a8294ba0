/* One dialog: requests and responses, in and out of order, repeats. */
#include "ice_rewriter/ice.h"
#include "tests/support/tap_talk.h"

static void test_plain(void)
{
	talk t = talk_new(NULL, 0);

	call_up(&t);
	say(&t, "BYE sip:alice@x", "b", "a", "1 BYE", "", "");
	told(&t, H "end cause=1 side=1 status=0\n");
	say(&t, "200 OK", "b", "a", "1 BYE", "", "");
	say(&t, "BYE sip:alice@x", "b", "a", "1 BYE", "", "");
	told(&t, "");
	g_assert_cmpuint(tap_calls_count(t.s->calls), ==, 0);
	talk_free(&t);
}

/* The same messages again, and from another Front End, tell nothing. */
static void test_repeats(void)
{
	talk t = talk_new(NULL, 0);

	call_up(&t);
	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "Via: x\n", OFFER);
	say(&t, "200 OK", "a", "b", "1 INVITE", "Via: y\n", ANSWER);
	say(&t, "ACK sip:bob@x", "a", "b", "1 ACK", "", "");
	told(&t, "");
	g_assert_cmpuint(tap_script_counter(t.s, "repeated"), ==, 3);
	talk_free(&t);
}

/* Somebody else's BYE ends nothing that goes on: keys that follow are told. */
static void test_late_halves(void)
{
	talk t = talk_new(NULL, 0);

	t.s->keeps = true;
	call_up(&t);
	say(&t, "BYE sip:alice@x", "b", "a", "9000 BYE", "", "");
	told(&t, H "end cause=1 side=1 status=0\n");
	tap_script_wait(t.s, 20);
	say(&t, "200 OK", "a", "b", "1 INVITE", "", ANSWER);
	told(&t, "");
	say(&t, "INVITE sip:bob@x", "a", "b", "2 INVITE", "",
	    SDP("30", "6000"));
	say(&t, "200 OK", "a", "b", "2 INVITE", "", SDP("40", "7000"));
	say(&t, "ACK sip:bob@x", "a", "b", "2 ACK", "", "");
	told(&t, H "half 3 caller offer branch=b\n"
	     H "half 4 callee answer branch=b\n");
	g_assert_cmpuint(tap_script_counter(t.s, "late-halves"), ==, 2);
	g_assert_cmpuint(tap_calls_count(t.s->calls), ==, 0);
	/* They show that it lives: the window begins anew. */
	tap_script_wait(t.s, 31);
	say(&t, "UPDATE sip:bob@x", "a", "b", "3 UPDATE", "",
	    SDP("50", "8000"));
	told(&t, H "half 5 caller offer branch=b\n");
	tap_script_wait(t.s, 33);
	told(&t, H "close\n");
	say(&t, "UPDATE sip:bob@x", "a", "b", "4 UPDATE", "",
	    SDP("60", "9000"));
	told(&t, "");
	talk_free(&t);
}

/* A call of the same name that begins anew is another one. */
static void test_late_anew(void)
{
	talk t = talk_new(NULL, 0);

	t.s->keeps = true;
	call_up(&t);
	say(&t, "BYE sip:alice@x", "b", "a", "1 BYE", "", "");
	told(&t, H "end cause=1 side=1 status=0\n");
	say(&t, "INVITE sip:bob@x", "a", "", "5 INVITE", "", SDP("30", "6000"));
	g_assert_true(g_str_has_prefix(t.s->told->str, H "close\n2 begin "));
	talk_free(&t);
}

/* A reused number does not hide new keys. */
static void test_same_number_new_keys(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(&t, "183 Progress", "a", "b", "1 INVITE", "", SDP("20", "5000"));
	say(&t, "183 Progress", "a", "b", "1 INVITE", "", SDP("30", "6000"));
	told(&t, BEGIN H HALF1 H "half 2 callee answer early branch=b\n"
	     H "state 2 183 b\n" H "half 3 callee answer early branch=b\n");
	talk_free(&t);
}

/* Every order of the first four messages ends in the same call. */
static void order_play(talk *t, unsigned which)
{
	switch (which) {
	case 0:
		say(t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
		return;
	case 1:
		say(t, "180 Ringing", "a", "b", "1 INVITE", "", "");
		return;
	case 2:
		say(t, "200 OK", "a", "b", "1 INVITE", "", ANSWER);
		return;
	case 3:
		say(t, "ACK sip:bob@x", "a", "b", "1 ACK", "", "");
		return;
	}
}

static void test_orders(void)
{
	for (unsigned code = 0; code < 256; code++) {
		unsigned at[4] = {code & 3, code >> 2 & 3, code >> 4 & 3,
				  code >> 6};
		unsigned all = 1u << at[0] | 1u << at[1] | 1u << at[2] |
			       1u << at[3];
		talk t;

		if (all != 15)
			continue;
		t = talk_new(NULL, 0);
		for (unsigned i = 0; i < 4; i++)
			order_play(&t, at[i]);
		g_test_message("%u%u%u%u", at[0], at[1], at[2], at[3]);
		g_assert_cmpuint(tap_script_counter(t.s, "calls"), ==, 1);
		g_assert_cmpuint(t.s->halves->len, ==, 2);
		g_assert_nonnull(strstr(t.s->told->str, " caller offer "));
		g_assert_nonnull(strstr(t.s->told->str,
					" callee answer branch=b"));
		g_assert_nonnull(strstr(t.s->told->str, "state 3 200 b"));
		say(&t, "BYE sip:bob@x", "a", "b", "2 BYE", "", "");
		g_assert_nonnull(strstr(t.s->told->str, "end cause=1 side=0"));
		talk_free(&t);
	}
}

/* The beginning was missed, the callee re-INVITEs. */
static void test_joined_late(void)
{
	talk t = talk_new(NULL, 0);
	g_autofree char *all = NULL;

	say(&t, "INVITE sip:alice@x", "b", "a", "5 INVITE", "", ANSWER);
	say(&t, "200 OK", "b", "a", "5 INVITE", "", OFFER);
	all = tap_script_take(t.s);
	g_assert_nonnull(strstr(all, "fact joined=late"));
	g_assert_cmpuint(t.s->halves->len, ==, 2);
	say(&t, "BYE sip:bob@x", "a", "b", "6 BYE", "", "");
	told(&t, H "end cause=1 side=1 status=0\n");
	talk_free(&t);
}

static void test_long_names(void)
{
	g_autofree char *id = g_strnfill(513, 'i');
	g_autofree char *tag = g_strnfill(128, 'a');
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", tag, "", "1 INVITE", "", OFFER);
	t.id = id;
	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	told(&t, "");
	g_assert_cmpuint(tap_script_counter(t.s, "call-id-too-long"), ==, 1);
	g_assert_cmpuint(tap_script_counter(t.s, "tag-too-long"), ==, 1);
	talk_free(&t);
}

/* Instant messages and conference control are no calls. */
static void test_silent(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "",
	    "v=0\no=- 0 0 IN IP4 1.2.3.4\nc=IN IP4 1.2.3.4\n"
	    "m=message 5061 sip null\n");
	say(&t, "180 R", "a", "b", "1 INVITE", "", "");
	say(&t, "200 OK", "a", "b", "1 INVITE", "", "");
	t.id = "c2";
	say(&t, "INVITE sip:focus@x", "a", "", "1 INVITE",
	    "Content-Type: application/cccp+xml\n", "<x/>");
	told(&t, "");
	g_assert_cmpuint(tap_script_counter(t.s, "im-sessions"), ==, 2);
	say(&t, "MESSAGE sip:bob@x", "a", "b", "2 MESSAGE", "", "");
	g_assert_cmpuint(tap_script_counter(t.s, "instant-messages"), ==, 1);
	talk_free(&t);
}

/* Texting first, talking later, in one dialog. */
static void test_talk_after_text(void)
{
	talk t = talk_new(NULL, 0);
	g_autofree char *all = NULL;

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "",
	    "v=0\nc=IN IP4 1.2.3.4\nm=message 5061 sip null\n");
	say(&t, "200 OK", "a", "b", "1 INVITE", "", "");
	told(&t, "");
	say(&t, "INVITE sip:bob@x", "a", "b", "2 INVITE", "", OFFER);
	all = tap_script_take(t.s);
	g_assert_nonnull(strstr(all, "1 begin c1\n"));
	g_assert_nonnull(strstr(all, "1 half 1 caller offer branch=b\n"));
	talk_free(&t);
}

/* A stream that joins when the hours of the rule are over, or the rule is gone,
 * ends no recording. */
static void test_joined_after_hours(void)
{
	talk t = talk_new(NULL, 0);
	const clk_both began = t.s->now;

	call_up(&t);
	tap_script_wait(t.s, 3600);
	t.s->record = false;
	say(&t, "INVITE sip:bob@x", "a", "b", "2 INVITE", "",
	    OFFER "m=video 4002 RTP/SAVP 34\n");
	g_assert_cmpuint(t.s->decisions, ==, 2);
	g_assert_cmpint(t.s->decided_at.wall.ns, ==, began.wall.ns);
	told(&t, H "half 3 caller offer branch=b\n");
	say(&t, "BYE sip:bob@x", "a", "b", "3 BYE", "", "");
	told(&t, H "end cause=1 side=0 status=0\n");
	talk_free(&t);
}

/* Messages of dialogs nobody began, and 100 with a server's tag. */
static void test_stray(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "BYE sip:bob@x", "a", "b", "2 BYE", "", "");
	say(&t, "ACK sip:bob@x", "a", "b", "2 ACK", "", "");
	say(&t, "486 Busy", "a", "b", "1 INVITE", "", "");
	say(&t, "100 Trying", "a", "fe", "1 INVITE", "", "");
	told(&t, "");
	g_assert_cmpuint(tap_script_counter(t.s, "stray"), ==, 4);
	talk_free(&t);
}

/* Not to be recorded: the ledger hears of it, its keys go nowhere. */
static void test_not_recorded(void)
{
	const ice_plan plan = ice_plan_default();
	talk t = talk_new(&plan, 0);

	t.s->record = false;
	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	g_assert_cmpint(t.s->answer.verdict, ==, TAP_PASS);
	say(&t, "200 OK", "a", "b", "1 INVITE", "", ANSWER);
	g_assert_cmpint(t.s->answer.verdict, ==, TAP_PASS);
	say(&t, "BYE sip:bob@x", "a", "b", "2 BYE", "", "");
	told(&t, "1 begin c1\n1 decision 0\n" H "state 3 200 b\n"
	     H "end cause=1 side=0 status=0\n");
	g_assert_cmpuint(t.s->halves->len, ==, 0);
	talk_free(&t);
}

/* Video joins: the decision is asked again. */
static void test_widened(void)
{
	talk t = talk_new(NULL, 0);

	call_up(&t);
	g_assert_cmpuint(t.s->decisions, ==, 1);
	say(&t, "INVITE sip:bob@x", "a", "b", "2 INVITE", "",
	    OFFER "m=video 4002 RTP/SAVP 34\n");
	g_assert_cmpuint(t.s->decisions, ==, 2);
	g_assert_nonnull(strstr(t.s->told->str, "fact type=video"));
	talk_free(&t);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/dialog/plain", test_plain);
	g_test_add_func("/tap/dialog/repeats", test_repeats);
	g_test_add_func("/tap/dialog/late-halves", test_late_halves);
	g_test_add_func("/tap/dialog/late-anew", test_late_anew);
	g_test_add_func("/tap/dialog/same-number-new-keys",
			test_same_number_new_keys);
	g_test_add_func("/tap/dialog/orders", test_orders);
	g_test_add_func("/tap/dialog/joined-late", test_joined_late);
	g_test_add_func("/tap/dialog/long-names", test_long_names);
	g_test_add_func("/tap/dialog/silent", test_silent);
	g_test_add_func("/tap/dialog/talk-after-text", test_talk_after_text);
	g_test_add_func("/tap/dialog/stray", test_stray);
	g_test_add_func("/tap/dialog/not-recorded", test_not_recorded);
	g_test_add_func("/tap/dialog/widened", test_widened);
	g_test_add_func("/tap/dialog/joined-after-hours",
			test_joined_after_hours);
	return g_test_run();
}
