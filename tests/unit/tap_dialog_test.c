/* The dialog machine: each test is a short conversation and what is told. */
#include "ice_rewriter/ice.h"
#include "tests/support/tap_script.h"

#define SDP(user, port) \
	"v=0\no=- " user " 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\n" \
	"t=0 0\nm=audio " port " RTP/SAVP 0\n" \
	"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" \
	"WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^31\n" \
	"a=candidate:1 1 UDP 9 192.0.2.1 " port " typ host\n"
#define RELAY "a=candidate:2 1 UDP 1 203.0.113.9 5000 typ relay " \
	      "raddr 192.0.2.1 rport 4000\n"
#define OFFER SDP("10", "4000") RELAY
#define ANSWER SDP("20", "5000") RELAY

typedef struct talk {
	tap_script *s;
	const char *id;
} talk;

/* One message. `from` and `to` are tags; "" leaves the tag out. */
static void say(talk *t, const char *start, const char *from, const char *to,
		const char *cseq, const char *more, const char *body)
{
	g_autofree char *head = g_strdup_printf(
		"%s SIP/2.0\nFrom: <sip:%s@x>%s%s\nTo: <sip:%s@x>%s%s\n"
		"Call-ID: %s\nCSeq: %s\n%s%s", start,
		strchr(from, 'b') ? "bob" : "alice", from[0] ? ";tag=" : "",
		from, strchr(from, 'b') ? "alice" : "bob",
		to[0] ? ";tag=" : "", to, t->id, cseq, more,
		body[0] && !strstr(more, "Content-Type") ?
			"Content-Type: application/sdp\n" : "");
	const char *status = strstr(head, " SIP/2.0\n");
	g_autofree char *response = NULL;

	if (g_ascii_isdigit(start[0])) {
		response = g_strdup_printf("SIP/2.0 %s%s", start, status + 8);
		tap_script_send(t->s, response, body);
		return;
	}
	tap_script_send(t->s, head, body);
}

static void told(talk *t, const char *want)
{
	g_autofree char *have = tap_script_take(t->s);
	GString *kept = g_string_new(NULL);
	g_auto(GStrv) lines = g_strsplit(have, "\n", -1);

	/* the facts of every call have tests of their own */
	for (char **l = lines; *l; l++)
		if (**l && !strstr(*l, " fact "))
			g_string_append_printf(kept, "%s\n", *l);
	g_assert_cmpstr(kept->str, ==, want);
	g_string_free(kept, TRUE);
}

static talk talk_new(const ice_plan *plan, uint16_t no_relay)
{
	return (talk){tap_script_new(plan, no_relay), "c1"};
}

static void talk_free(talk *t)
{
	tap_script_free(t->s);
}

#define BEGIN "1 begin c1\n1 decision 1\n"
#define HALF1 "half 1 caller offer branch=\n"
#define H "1 "

/* "call": the first INVITE and an answer from branch `b`. */
static void call_up(talk *t)
{
	say(t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(t, "180 Ringing", "a", "b", "1 INVITE", "", "");
	say(t, "200 OK", "a", "b", "1 INVITE", "", ANSWER);
	say(t, "ACK sip:bob@x", "a", "b", "1 ACK", "", "");
	told(t, BEGIN H HALF1 H "state 1 180 b\n"
	     H "half 2 callee answer branch=b\n"
	     H "state 3 200 b\n" H "state 4 0 b\n");
}

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
	/* a second answer: the caller hangs up on one of the two */
	say(&t, "200 OK", "a", "b4", "1 INVITE", "", SDP("40", "7000"));
	say(&t, "BYE sip:bob@x", "a", "b4", "2 BYE", "", "");
	told(&t, H "half 4 callee answer branch=b4\n" H "state 3 200 b4\n"
	     H "state 5 0 b4\n");
	say(&t, "BYE sip:bob@x", "a", "b2", "2 BYE", "", "");
	told(&t, H "end cause=1 side=0 status=0\n");
	talk_free(&t);
}

static void test_cancel(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(&t, "180 R", "a", "b", "1 INVITE", "", "");
	say(&t, "CANCEL sip:bob@x", "a", "", "1 CANCEL", "", "");
	say(&t, "487 Gone", "a", "b", "1 INVITE", "", "");
	tap_script_wait(t.s, 10);
	told(&t, BEGIN H HALF1 H "state 1 180 b\n" H "state 5 487 b\n"
	     H "end cause=2 side=1 status=487\n");
	talk_free(&t);
}

/* CANCEL and the answer cross: the call lives. */
static void test_cancel_too_late(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(&t, "CANCEL sip:bob@x", "a", "", "1 CANCEL", "", "");
	say(&t, "200 OK", "a", "b", "1 INVITE", "", ANSWER);
	tap_script_wait(t.s, 10);
	told(&t, BEGIN H HALF1 H "half 2 callee answer branch=b\n"
	     H "state 3 200 b\n");
	talk_free(&t);
}

static void test_failure(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(&t, "486 Busy", "a", "b", "1 INVITE", "", "");
	say(&t, "ACK sip:bob@x", "a", "b", "1 ACK", "", "");
	told(&t, BEGIN H HALF1);
	tap_script_wait(t.s, 6);
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
	told(&t, BEGIN H HALF1 H "half 2 callee answer branch=b\n"
	     H "state 3 200 b\n");
	/* the older transaction's late failure changes nothing */
	say(&t, "408 Timeout", "a", "c", "1 INVITE", "", "");
	tap_script_wait(t.s, 10);
	told(&t, "");
	talk_free(&t);
}

/* Hold by the callee, whose request has the tags the other way round. */
static void test_hold(void)
{
	talk t = talk_new(NULL, 0);

	call_up(&t);
	say(&t, "INVITE sip:alice@x", "b", "a", "1 INVITE", "",
	    SDP("21", "5000") "a=sendonly\n");
	say(&t, "200 OK", "b", "a", "1 INVITE", "",
	    SDP("11", "4000") "a=recvonly\n");
	told(&t, H "half 3 callee offer branch=b\n" H "mark 1 1 \n"
	     H "half 4 caller answer branch=b\n");
	say(&t, "UPDATE sip:alice@x", "b", "a", "2 UPDATE", "",
	    SDP("22", "5000"));
	say(&t, "200 OK", "b", "a", "2 UPDATE", "", SDP("12", "4000"));
	told(&t, H "half 5 callee offer branch=b\n" H "mark 2 1 \n"
	     H "half 6 caller answer branch=b\n");
	talk_free(&t);
}

/* A session refresh brings no news, whichever side sends it. */
static void test_refresh(void)
{
	talk t = talk_new(NULL, 0);

	call_up(&t);
	say(&t, "INVITE sip:bob@x", "a", "b", "2 INVITE", "", OFFER);
	say(&t, "200 OK", "a", "b", "2 INVITE", "", ANSWER);
	say(&t, "ACK sip:bob@x", "a", "b", "2 ACK", "", "");
	say(&t, "UPDATE sip:alice@x", "b", "a", "1 UPDATE", "", "");
	say(&t, "200 OK", "b", "a", "1 UPDATE", "", "");
	told(&t, "");
	talk_free(&t);
}

/* All branches failed, and long after a new one answers: it is recorded, with
 * what was known of the caller. */
static void test_late_branch(void)
{
	talk t = talk_new(NULL, 0);
	g_autofree char *all = NULL;

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE",
	    "P-Asserted-Identity: <tel:+49301>\n", OFFER);
	say(&t, "408 Timeout", "a", "b1", "1 INVITE", "", "");
	tap_script_wait(t.s, 20);
	told(&t, BEGIN H HALF1 H "end cause=3 side=1 status=408\n");
	say(&t, "200 OK", "a", "b2", "1 INVITE", "", ANSWER);
	all = tap_script_take(t.s);
	g_assert_nonnull(strstr(all, "2 begin c1\n"));
	g_assert_nonnull(strstr(all, "2 fact caller.tel=tel:+49301\n"));
	g_assert_nonnull(strstr(all, "2 decision 1\n"));
	g_assert_nonnull(strstr(all, "2 half 1 callee answer branch=b2\n"));
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

static void test_long_names(void)
{
	g_autofree char *id = g_strnfill(513, 'i');
	g_autofree char *tag = g_strnfill(128, 'a');
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", tag, "", "1 INVITE", "", OFFER);
	t.id = id;
	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	told(&t, "");
	g_assert_cmpuint(tap_script_counter(t.s, "id-too-long"), ==, 2);
	talk_free(&t);
}

/* No SDP in the INVITE: the answer offers, the ACK answers. */
static void test_delayed_offer(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", "");
	say(&t, "200 OK", "a", "b", "1 INVITE", "", ANSWER);
	say(&t, "ACK sip:bob@x", "a", "b", "1 ACK", "", OFFER);
	told(&t, BEGIN H "half 1 callee offer branch=b\n" H "state 3 200 b\n"
	     H "half 2 caller answer branch=b\n" H "state 4 0 b\n");
	talk_free(&t);
}

static void test_reliable_provisional(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(&t, "183 P", "a", "b", "1 INVITE", "RSeq: 1\n", ANSWER);
	say(&t, "PRACK sip:bob@x", "a", "b", "2 PRACK", "",
	    SDP("11", "4002"));
	say(&t, "200 OK", "a", "b", "2 PRACK", "", SDP("21", "5002"));
	say(&t, "200 OK", "a", "b", "1 INVITE", "", "");
	told(&t, BEGIN H HALF1 H "half 2 callee answer early branch=b\n"
	     H "state 2 183 b\n" H "half 3 caller offer branch=b\n"
	     H "half 4 callee answer branch=b\n" H "state 3 200 b\n");
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

/* Each answer is rewritten, again for a repeat, and a rewritten one stays. */
static void test_rewriting(void)
{
	const ice_plan plan = ice_plan_default();
	talk t = talk_new(&plan, 0);
	g_autofree char *first = NULL;
	gsize len;

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	g_assert_cmpint(t.s->answer.verdict, ==, TAP_REPLACED);
	len = t.s->answer.message.left;
	first = span_dup(t.s->answer.message);
	g_assert_nonnull(strstr(first, "m=audio 5000 RTP/SAVP 0\r\n"));
	g_assert_nonnull(strstr(first, "c=IN IP4 203.0.113.9\r\n"));
	g_assert_nonnull(strstr(first, "192.0.2.1 9 typ host\r\n"));
	g_assert_true(g_str_has_prefix(first + t.s->answer.body_at, "v=0"));
	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	g_assert_cmpint(t.s->answer.verdict, ==, TAP_REPLACED);
	g_assert_cmpmem(t.s->answer.message.p, t.s->answer.message.left,
			first, len);
	tap_script_raw(t.s, span_of(first, len), true);
	g_assert_cmpint(t.s->answer.verdict, ==, TAP_PASS);
	/* a copy cannot be rewritten */
	tap_script_raw(t.s, span_of(first, len), false);
	g_assert_cmpint(t.s->answer.verdict, ==, TAP_PASS);
	say(&t, "200 OK", "a", "b", "1 INVITE", "", ANSWER);
	g_assert_cmpint(t.s->answer.verdict, ==, TAP_REPLACED);
	g_assert_nonnull(strstr(t.s->told->str, "fact rewritten=yes"));
	talk_free(&t);
}

static void test_no_relay(void)
{
	const ice_plan plan = ice_plan_default();
	talk t = talk_new(&plan, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", SDP("1", "4000"));
	g_assert_cmpint(t.s->answer.verdict, ==, TAP_PASS);
	g_assert_nonnull(strstr(t.s->told->str, "fact no-relay=caller"));
	talk_free(&t);
	t = talk_new(&plan, 488);
	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", SDP("1", "4000"));
	g_assert_cmpint(t.s->answer.verdict, ==, TAP_REFUSE);
	g_assert_cmpuint(t.s->answer.status, ==, 488);
	told(&t, BEGIN H HALF1 H "end cause=4 side=0 status=488\n");
	/* the same again is refused again, as one event */
	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", SDP("1", "4000"));
	g_assert_cmpint(t.s->answer.verdict, ==, TAP_REFUSE);
	told(&t, "");
	talk_free(&t);
}

static tap_verdict verdict_of(bool record, uint16_t rule, uint16_t otherwise)
{
	const ice_plan plan = ice_plan_default();
	talk t = talk_new(&plan, otherwise);
	tap_verdict v;

	t.s->record = record;
	t.s->refuse = rule;
	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", SDP("1", "4000"));
	v = t.s->answer.verdict;
	if (v == TAP_REFUSE)
		g_assert_cmpuint(t.s->answer.status, ==, rule ? rule
							      : otherwise);
	talk_free(&t);
	return v;
}

/* What a rule says of a call that cannot be recorded goes before what is
 * configured for all. */
static void test_refused_by_rule(void)
{
	g_assert_cmpint(verdict_of(true, 606, 488), ==, TAP_REFUSE);
	g_assert_cmpint(verdict_of(true, 606, 0), ==, TAP_REFUSE);
	g_assert_cmpint(verdict_of(true, REC_PASS, 488), ==, TAP_PASS);
	g_assert_cmpint(verdict_of(false, 606, 0), ==, TAP_REFUSE);
	g_assert_cmpint(verdict_of(false, REC_PASS, 488), ==, TAP_PASS);
	g_assert_cmpint(verdict_of(false, 0, 488), ==, TAP_PASS);
}

/* ICE chose a host candidate in spite of us. */
static void test_escaped(void)
{
	const ice_plan plan = ice_plan_default();
	talk t = talk_new(&plan, 0);

	call_up(&t);
	say(&t, "INVITE sip:bob@x", "a", "b", "2 INVITE", "",
	    SDP("11", "4000") RELAY
	    "a=remote-candidates:1 192.0.2.77 5000 2 192.0.2.77 5001\n");
	g_assert_nonnull(strstr(t.s->told->str, "fact escaped=caller"));
	g_assert_cmpuint(tap_script_counter(t.s, "escaped"), ==, 1);
	talk_free(&t);
}

static void test_transfer(void)
{
	talk t = talk_new(NULL, 0);

	call_up(&t);
	say(&t, "REFER sip:bob@x", "a", "b", "3 REFER",
	    "Refer-To: <sip:carol@x?Replaces=c9>\n", "");
	told(&t, H "mark 8 0 <sip:carol@x?Replaces=c9>\n");
	/* carol's new call takes the place of this one */
	t.id = "c2";
	say(&t, "INVITE sip:alice@x", "d", "", "1 INVITE",
	    "Replaces: c1;to-tag=b;from-tag=a\n", OFFER);
	told(&t, "2 begin c2\n2 decision 1\n2 half 1 caller offer branch=\n");
	say(&t, "200 OK", "d", "e", "1 INVITE", "", ANSWER);
	told(&t, "2 half 2 callee answer branch=e\n2 state 3 200 e\n"
	     H "mark 9 2 c2\n");
	t.id = "c1";
	say(&t, "BYE sip:bob@x", "a", "b", "4 BYE", "", "");
	told(&t, H "end cause=6 side=0 status=0\n");
	talk_free(&t);
}

static void test_dtmf(void)
{
	talk t = talk_new(NULL, 0);

	call_up(&t);
	say(&t, "INFO sip:bob@x", "a", "b", "2 INFO",
	    "Content-Type: application/dtmf-relay\n",
	    "Signal=5\nDuration=160\n");
	say(&t, "INFO sip:alice@x", "b", "a", "2 INFO",
	    "Content-Type: application/dtmf\n", "#");
	say(&t, "INFO sip:alice@x", "b", "a", "3 INFO",
	    "Content-Type: text/plain\n", "5");
	told(&t, H "mark 10 0 5\n" H "mark 10 1 #\n");
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

static void test_facts(void)
{
	static const char *const want[] = {
		"caller.uri=sip:+4930111@gw.example",
		"caller.name=Anna \\\"A\\\"", "caller.tel=tel:+4930111",
		"caller.asserted=sip:anna@x", "caller.epid=01ab",
		"caller.agent=UCCAPI/16.0", "callee.uri=sip:bob@x",
		"callee.epid=02cd", "callee.agent=Agent/2", "type=audio",
		"direction=sip", "mode=inline", "conversation=AdFx==",
		"conference=XYZ12", "history=<sip:c@x>;index=1",
		"referred-by=<sip:d@x>",
	};
	talk t = talk_new(NULL, 0);
	g_autofree char *all = NULL;

	tap_script_send(t.s,
		"INVITE sip:bob@x;gruu;opaque=app:conf:audio-video:id:XYZ12 "
		"SIP/2.0\n"
		"From: \"Anna \\\"A\\\"\" <sip:+4930111@gw.example;user=phone>"
		";epid=01ab;tag=a\n"
		"To: <sip:Bob@X>\nCall-ID: c1\nCSeq: 1 INVITE\n"
		"P-Asserted-Identity: \"Anna\"<sip:anna@x>,<tel:+4930111>\n"
		"User-Agent: UCCAPI/16.0\nMs-Conversation-ID: AdFx==\n"
		"history-info: <sip:c@x>;index=1\nb: <sip:d@x>\n"
		"Content-Type: application/sdp\n", OFFER);
	say(&t, "200 OK", "a", "b;epid=02cd", "1 INVITE", "Server: Agent/2\n",
	    ANSWER);
	all = tap_script_take(t.s);
	for (gsize i = 0; i < G_N_ELEMENTS(want); i++) {
		g_autofree char *line = g_strdup_printf("1 fact %s\n", want[i]);

		g_test_message("%s", want[i]);
		g_assert_nonnull(strstr(all, line));
	}
	talk_free(&t);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} tests[] = {
		{"plain", test_plain}, {"repeats", test_repeats},
		{"same-number-new-keys", test_same_number_new_keys},
		{"forks", test_forks}, {"cancel", test_cancel},
		{"cancel-too-late", test_cancel_too_late},
		{"failure", test_failure}, {"challenge", test_challenge},
		{"hold", test_hold}, {"refresh", test_refresh},
		{"late-branch", test_late_branch},
		{"back-from-silence", test_back_from_silence},
		{"talk-after-text", test_talk_after_text},
		{"long-names", test_long_names},
		{"delayed-offer", test_delayed_offer},
		{"reliable-provisional", test_reliable_provisional},
		{"orders", test_orders}, {"joined-late", test_joined_late},
		{"no-bye", test_no_bye},
		{"never-answered", test_never_answered},
		{"not-recorded", test_not_recorded},
		{"rewriting", test_rewriting}, {"no-relay", test_no_relay},
		{"refused-by-rule", test_refused_by_rule},
		{"escaped", test_escaped}, {"transfer", test_transfer},
		{"dtmf", test_dtmf}, {"silent", test_silent},
		{"stray", test_stray}, {"widened", test_widened},
		{"facts", test_facts},
	};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *name = g_strconcat("/tap/dialog/",
						    tests[i].name, NULL);

		g_test_add_func(name, tests[i].run);
	}
	return g_test_run();
}
