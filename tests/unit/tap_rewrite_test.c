/* The rewriter inside a dialog: what is replaced, refused, and found. */
#include "ice_rewriter/ice.h"
#include "signaling_tap/dialog.h"
#include "tests/support/tap_talk.h"

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
	/* A copy cannot be rewritten. */
	tap_script_raw(t.s, span_of(first, len), false);
	g_assert_cmpint(t.s->answer.verdict, ==, TAP_PASS);
	say(&t, "200 OK", "a", "b", "1 INVITE", "", ANSWER);
	g_assert_cmpint(t.s->answer.verdict, ==, TAP_REPLACED);
	g_assert_nonnull(strstr(t.s->told->str, "fact rewritten=yes"));
	talk_free(&t);
}

/* Nothing to be put out of use: the journal must not say that it was. */
static void test_untouched(void)
{
	const ice_plan plan = ice_plan_default();
	talk t = talk_new(&plan, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "",
	    SDP("10", "4000"));
	g_assert_null(strstr(t.s->told->str, "rewritten"));
	talk_free(&t);
}

/* Every message that can carry SDP, from either side, of each fork and with
 * each restart of ICE. */
static void test_everywhere(void)
{
	static const struct {
		const char *start, *from, *to, *cseq;
	} messages[] = {
		{"INVITE sip:bob@x", "a", "", "1 INVITE"},
		{"180 Ringing", "a", "b1", "1 INVITE"},
		{"183 Progress", "a", "b2", "1 INVITE"},
		{"199 Gone", "a", "b3", "1 INVITE"},
		{"PRACK sip:bob@x", "a", "b2", "2 PRACK"},
		{"200 OK", "a", "b2", "2 PRACK"},
		{"UPDATE sip:alice@x", "b2", "a", "1 UPDATE"},
		{"200 OK", "b2", "a", "1 UPDATE"},
		{"200 OK", "a", "b2", "1 INVITE"},
		{"200 OK", "a", "b4", "1 INVITE"},
		{"ACK sip:bob@x", "a", "b2", "1 ACK"},
		{"INVITE sip:bob@x", "a", "b2", "3 INVITE"},
		{"200 OK", "a", "b2", "3 INVITE"},
		{"INVITE sip:alice@x", "b2", "a", "2 INVITE"},
		{"200 OK", "b2", "a", "2 INVITE"},
		{"ACK sip:alice@x", "b2", "a", "2 ACK"},
	};
	const ice_plan plan = ice_plan_default();
	talk t = talk_new(&plan, 0);

	for (unsigned i = 0; i < G_N_ELEMENTS(messages); i++) {
		g_autofree char *sdp = g_strdup_printf(
			SDP("10", "4000") RELAY "a=ice-ufrag:u%u\n", i);
		g_autofree char *left = NULL;

		say(&t, messages[i].start, messages[i].from, messages[i].to,
		    messages[i].cseq, "", sdp);
		g_test_message("%s %s", messages[i].start, messages[i].cseq);
		g_assert_cmpint(t.s->answer.verdict, ==, TAP_REPLACED);
		left = span_dup(t.s->answer.message);
		g_assert_nonnull(strstr(left, "192.0.2.1 9 typ host\r\n"));
		g_assert_null(strstr(left, "192.0.2.1 4000 typ host"));
	}
	talk_free(&t);
}

static bool audio_only(void *user, const tap_facts *f, rec_decision *out)
{
	(void)user;
	(void)f;
	*out = (rec_decision){.record = true, .audio = true};
	return true;
}

#define VIDEO(nl) \
	"m=video 6000 RTP/SAVP 34" nl "c=IN IP4 192.0.2.1" nl \
	"a=rtcp:6001" nl "a=rtpmap:121 x-rtvc1/90000 " nl \
	"a=candidate:1 1 UDP 9 192.0.2.1 6000 typ host " nl \
	"a=candidate:2 1 UDP 1 203.0.113.9 7000 typ relay " \
	"raddr 192.0.2.1 rport 6000" nl "a=cryptoscale:1 client x" nl

/* A rule that records audio: not an octet of the video changes. */
static void test_audio_only(void)
{
	const ice_plan plan = ice_plan_default();
	const tap_config cfg = {.decide = audio_only, .plan = &plan};
	g_autoptr(tap_calls) c = tap_calls_new(&cfg);
	const clk_both now = {{1}, {1}};
	const tap_source src = {span_str("fe1"), true};
	g_autofree char *left = NULL;
	GString *m = tap_script_message(
		"INVITE sip:bob@x SIP/2.0\nFrom: <sip:a@x>;tag=a\n"
		"To: <sip:b@x>\nCall-ID: c1\nCSeq: 1 INVITE\n"
		"Content-Type: application/sdp\n", OFFER VIDEO("\n"));
	tap_answer a;

	tap_calls_message(c, now, &src, span_of(m->str, m->len), &a);
	g_assert_cmpint(a.verdict, ==, TAP_REPLACED);
	left = span_dup(a.message);
	g_assert_nonnull(strstr(left, "m=audio 5000 "));
	g_assert_true(g_str_has_suffix(left, VIDEO("\r\n")));
	g_string_free(m, TRUE);
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
	/* The same again is refused again, as one event. */
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

/* In mid-call only the change is refused, and only where the request can be:
 * an answer without a relay is noted, and the call goes on. */
static void test_no_relay_later(void)
{
	const ice_plan plan = ice_plan_default();
	talk t = talk_new(&plan, 488);

	call_up(&t);
	say(&t, "INVITE sip:bob@x", "a", "b", "2 INVITE", "",
	    SDP("11", "4000"));
	g_assert_cmpint(t.s->answer.verdict, ==, TAP_REFUSE);
	g_assert_cmpuint(tap_calls_count(t.s->calls), ==, 1);
	say(&t, "UPDATE sip:bob@x", "a", "b", "3 UPDATE", "",
	    SDP("12", "4000"));
	g_assert_cmpint(t.s->answer.verdict, ==, TAP_REFUSE);
	say(&t, "INVITE sip:bob@x", "a", "b", "4 INVITE", "", OFFER);
	g_free(tap_script_take(t.s));
	say(&t, "200 OK", "a", "b", "4 INVITE", "", SDP("21", "5000"));
	g_assert_cmpint(t.s->answer.verdict, ==, TAP_PASS);
	g_assert_nonnull(strstr(t.s->told->str, "fact no-relay=callee"));
	g_assert_cmpuint(tap_calls_count(t.s->calls), ==, 1);
	talk_free(&t);
}

static void invite_of(tap_calls *c, const char *front_end, const char *id,
		      tap_answer *out)
{
	g_autofree char *head = g_strdup_printf(
		"INVITE sip:bob@x SIP/2.0\nFrom: <sip:alice@x>;tag=a\n"
		"To: <sip:bob@x>\nCall-ID: %s\nCSeq: 1 INVITE\n"
		"Content-Type: application/sdp\n", id);
	const tap_source src = {span_str(front_end), true};
	GString *m = tap_script_message(head, OFFER);

	tap_calls_message(c, clk_from_wall(CLK_NS_PER_S), &src,
			  span_of(m->str, m->len), out);
	g_string_free(m, TRUE);
}

static bool record_all(void *user, const tap_facts *f, rec_decision *out)
{
	(void)user;
	(void)f;
	*out = (rec_decision){.record = true, .audio = true};
	return true;
}

static bool says(const tap_answer *a, const char *text)
{
	return memmem(a->message.p, a->message.left, text, strlen(text));
}

/* Each Front End has its method, also for the same call. */
static void test_methods(void)
{
	ice_plan port = ice_plan_default(), remove = ice_plan_default();
	const tap_rewriting own[] = {{"fe2", &remove}, {NULL, NULL}};
	const tap_config cfg = {.decide = record_all, .plan = &port,
				.methods = own};
	g_autoptr(tap_calls) c = tap_calls_new(&cfg);
	tap_answer a;

	remove.method = ICE_REMOVE;
	invite_of(c, "fe1", "c1", &a);
	g_assert_cmpint(a.verdict, ==, TAP_REPLACED);
	g_assert_true(says(&a, " 9 typ host"));
	invite_of(c, "fe2", "c1", &a);
	g_assert_cmpint(a.verdict, ==, TAP_REPLACED);
	g_assert_false(says(&a, "typ host"));
	invite_of(c, "fe20", "c2", &a);
	g_assert_true(says(&a, " 9 typ host"));
}

#define CAND_06(id, q) \
	"a=candidate:" id " 1 pass UDP 0." q " 192.0.2.9 5000\n"

/* The same in draft-06, where the peer's candidate has an id and no address. */
static void test_escaped_06(void)
{
	static const char relay_id[] = "OlYwdCsT4DJpvGeOJD7YUO9dt9vX7Klod";
	static const char host_id[] = "OMlpc6KcZdu2EHq0WXDJ9nS3l8WnP0Q6q5mwjbo";
	const ice_plan plan = ice_plan_default();
	talk t = talk_new(&plan, 0);

	call_up(&t);
	/* Before ids are known nothing is concluded. */
	say(&t, "INVITE sip:bob@x", "a", "b", "2 INVITE", "",
	    SDP("11", "4000") CAND_06("own", "830")
	    "a=remote-candidate:OMlpc6KcZdu2EHq0WXDJ9nS3l8WnP0Q6q5mwjbo\n");
	g_assert_cmpuint(tap_script_counter(t.s, "escaped"), ==, 0);
	for (unsigned i = 0; i < 20; i++) {
		g_autofree char *cseq = g_strdup_printf("%u INVITE", i + 3);
		g_autofree char *offer = g_strdup_printf(
			SDP("30", "4000") CAND_06("%s", "830")
			CAND_06("%s%u", "410") CAND_06("%s", "410"),
			host_id, relay_id, i, relay_id);

		say(&t, "INVITE sip:alice@x", "b", "a", cseq, "", offer);
	}
	say(&t, "INVITE sip:bob@x", "a", "b", "50 INVITE", "",
	    SDP("12", "4000") CAND_06("own", "830")
	    "a=remote-candidate:OlYwdCsT4DJpvGeOJD7YUO9dt9vX7Klod19\n");
	g_assert_cmpuint(tap_script_counter(t.s, "escaped"), ==, 0);
	say(&t, "INVITE sip:bob@x", "a", "b", "51 INVITE", "",
	    SDP("13", "4000") CAND_06("own", "830")
	    "a=remote-candidate:OMlpc6KcZdu2EHq0WXDJ9nS3l8WnP0Q6q5mwjbo\n");
	g_assert_cmpuint(tap_script_counter(t.s, "escaped"), ==, 1);
	g_assert_nonnull(strstr(t.s->told->str, "fact escaped=caller"));
	talk_free(&t);
}

#define RELAY_AT(ip) "a=candidate:2 1 UDP 1 " ip " 5000 typ relay " \
		     "raddr 192.0.2.1 rport 4000\n"

/* However often the relays change, the latest are known: what ICE chooses among
 * them has not escaped. */
static void test_relays_change(void)
{
	const ice_plan plan = ice_plan_default();
	talk t = talk_new(&plan, 0);

	call_up(&t);
	for (unsigned i = 2; i < 40; i++) {
		g_autofree char *cseq = g_strdup_printf("%u INVITE", i);
		g_autofree char *offer = g_strdup_printf(
			SDP("30", "4000") "a=ice-ufrag:u%u\n"
			RELAY_AT("198.51.100.%u"), i, i);

		say(&t, "INVITE sip:alice@x", "b", "a", cseq, "", offer);
	}
	say(&t, "INVITE sip:bob@x", "a", "b", "50 INVITE", "",
	    SDP("11", "4000") RELAY
	    "a=remote-candidates:1 198.51.100.39 5000\n");
	g_assert_cmpuint(tap_script_counter(t.s, "escaped"), ==, 0);
	say(&t, "INVITE sip:bob@x", "a", "b", "51 INVITE", "",
	    SDP("12", "4000") RELAY
	    "a=remote-candidates:1 198.51.100.77 5000\n");
	g_assert_cmpuint(tap_script_counter(t.s, "escaped"), ==, 1);
	talk_free(&t);
}

/* A copy first, then the Front End that waits: the call can be forced. */
static void test_copy_first(void)
{
	const ice_plan plan = ice_plan_default();
	talk t = talk_new(&plan, 0);
	GString *m = tap_script_message(
		"INVITE sip:bob@x SIP/2.0\nFrom: <sip:alice@x>;tag=a\n"
		"To: <sip:bob@x>\nCall-ID: c1\nCSeq: 1 INVITE\n"
		"Content-Type: application/sdp\n", OFFER);

	tap_script_raw(t.s, span_of(m->str, m->len), false);
	g_assert_cmpint(t.s->answer.verdict, ==, TAP_PASS);
	g_assert_nonnull(strstr(t.s->told->str, "fact mode=copy"));
	tap_script_raw(t.s, span_of(m->str, m->len), true);
	g_assert_cmpint(t.s->answer.verdict, ==, TAP_REPLACED);
	g_assert_nonnull(strstr(t.s->told->str, "fact mode=inline"));
	g_string_free(m, TRUE);
	talk_free(&t);
}

/* The offer had no relay: its answers are rewritten, or left, in repeats too;
 * those to another offer are. */
static void test_answers_left(void)
{
	const ice_plan plan = ice_plan_default();

	for (int leave = 0; leave < 2; leave++) {
		const tap_verdict want = leave ? TAP_PASS : TAP_REPLACED;
		talk t = talk_new(&plan, 0);

		t.s->calls->cfg.leave_answers = leave;
		say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "",
		    SDP("10", "4000"));
		g_assert_cmpint(t.s->answer.verdict, ==, TAP_PASS);
		for (int again = 0; again < 2; again++) {
			say(&t, "200 OK", "a", "b", "1 INVITE", "", ANSWER);
			g_assert_cmpint(t.s->answer.verdict, ==, want);
		}
		g_assert_cmpint(strstr(t.s->told->str, "rewritten=yes") == NULL,
				==, leave);
		/* the other way it had one */
		say(&t, "INVITE sip:alice@x", "b", "a", "1 INVITE", "",
		    SDP("30", "5000") RELAY);
		g_assert_cmpint(t.s->answer.verdict, ==, TAP_REPLACED);
		say(&t, "200 OK", "b", "a", "1 INVITE", "", OFFER);
		g_assert_cmpint(t.s->answer.verdict, ==, TAP_REPLACED);
		talk_free(&t);
	}
}

/* Refused, and tried again at once: journals are named by the second, and no
 * call gets the journal of another. */
static void test_refused_again(void)
{
	const ice_plan plan = ice_plan_default();
	talk t = talk_new(&plan, 488);
	const int64_t first = t.s->now.wall.ns / CLK_NS_PER_S;
	char cseq[16];

	for (int i = 1; i <= 3; i++) {
		g_snprintf(cseq, sizeof(cseq), "%d INVITE", i);
		say(&t, "INVITE sip:bob@x", "a", "", cseq, "",
		    i < 3 ? SDP("10", "4000") : OFFER);
		g_assert_cmpint(t.s->answer.verdict, ==,
				i < 3 ? TAP_REFUSE : TAP_REPLACED);
		g_assert_cmpint(t.s->began.wall.ns / CLK_NS_PER_S, ==,
				first + i - 1);
		/* when it began is no matter of names */
		g_assert_cmpint(clk_since(t.s->now.mono, t.s->began.mono), <,
				CLK_NS_PER_S / 10);
	}
	talk_free(&t);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/rewrite/untouched", test_untouched);
	g_test_add_func("/tap/rewrite/rewriting", test_rewriting);
	g_test_add_func("/tap/rewrite/everywhere", test_everywhere);
	g_test_add_func("/tap/rewrite/audio-only", test_audio_only);
	g_test_add_func("/tap/rewrite/no-relay", test_no_relay);
	g_test_add_func("/tap/rewrite/refused-by-rule", test_refused_by_rule);
	g_test_add_func("/tap/rewrite/escaped", test_escaped);
	g_test_add_func("/tap/rewrite/escaped-06", test_escaped_06);
	g_test_add_func("/tap/rewrite/no-relay-later", test_no_relay_later);
	g_test_add_func("/tap/rewrite/methods", test_methods);
	g_test_add_func("/tap/rewrite/relays-change", test_relays_change);
	g_test_add_func("/tap/rewrite/copy-first", test_copy_first);
	g_test_add_func("/tap/rewrite/answers-left", test_answers_left);
	g_test_add_func("/tap/rewrite/refused-again", test_refused_again);
	return g_test_run();
}
