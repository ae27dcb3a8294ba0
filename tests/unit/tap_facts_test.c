/* What a call is known by: parties, numbers, links. */
#include "signaling_tap/facts.h"
#include "signaling_tap/tap.h"
#include "tests/support/tap_talk.h"

static void test_facts(void)
{
	static const char *const want[] = {
		"caller.uri=sip:+4930111@gw.example",
		"caller.name=Anna \\\"A\\\"", "caller.tel=tel:+4930111",
		"caller.asserted=sip:anna@x", "caller.epid=01ab",
		"caller.agent=UCCAPI/16.0", "callee.uri=sip:bob@x",
		"callee.epid=02cd", "callee.agent=Agent/2", "type=audio",
		"direction=sip", "mode=inline", "conversation=AdFx==",
		"conference=XYZ12",
		("history=<sip:c@x>;index=1, <sip:e@x>;index=1.1, "
		 "<sip:f@x>;index=1.2"),
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
		"history-info: <sip:c@x>;index=1, <sip:e@x>;index=1.1\n"
		"b: <sip:d@x>\nHistory-Info: <sip:f@x>;index=1.2\n"
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

/* One leg by its numbers: tel: URIs, and an asserted identity of two URIs, as
 * the Mediation Server and the Front End write them. */
static void test_pstn(void)
{
	static const struct {
		const char *from, *to, *asserted, *want[5];
	} legs[] = {
		{"<tel:+4930111>", "<sip:bob@x>", "<tel:+4930111>",
		 {"caller.uri=tel:+4930111", "caller.tel=tel:+4930111",
		  "callee.uri=sip:bob@x", "direction=from-pstn", NULL}},
		{"<sip:bob@x>", "<sip:+4930222@x;user=phone>",
		 "<sip:bob@x>, <tel:+4930999;ext=999>",
		 {"caller.uri=sip:bob@x", "caller.asserted=sip:bob@x",
		  "caller.tel=tel:+4930999", "callee.tel=tel:+4930222",
		  NULL}},
		{"<sip:bob@x>", "<tel:+4930222>", "<tel:+4930999>,<sip:bob@x>",
		 {"caller.asserted=sip:bob@x", "caller.tel=tel:+4930999",
		  "callee.uri=tel:+4930222", "direction=to-pstn", NULL}},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(legs); i++) {
		talk t = talk_new(NULL, 0);
		g_autofree char *all = NULL, *head = g_strdup_printf(
			"INVITE sip:x SIP/2.0\nFrom: %s;tag=a\nTo: %s\n"
			"Call-ID: c1\nCSeq: 1 INVITE\n"
			"P-Asserted-Identity: %s\n"
			"Content-Type: application/sdp\n", legs[i].from,
			legs[i].to, legs[i].asserted);

		tap_script_send(t.s, head, OFFER);
		all = tap_script_take(t.s);
		for (const char *const *w = legs[i].want; *w; w++) {
			g_autofree char *line = g_strdup_printf("1 fact %s\n",
								*w);

			g_test_message("%s: %s", *w, all);
			g_assert_nonnull(strstr(all, line));
		}
		talk_free(&t);
	}
}

/* The legs to the focus and to the A/V MCU name the conference wherever they
 * stand: in the URI that is called, in To, in the answer's Contact, in the
 * focus header. A call between two has none. */
static void test_conference(void)
{
#define CONF "sip:org@x;gruu;opaque=app:conf:"
	static const struct {
		const char *uri, *to, *contact, *header, *want;
	} legs[] = {
		{CONF "focus:id:AB1", "", "", "", "conference=AB1\n"},
		{"sip:org@x", ";gruu;opaque=app:conf:audio-video:id:AB1", "",
		 "", "conference=AB1\n"},
		{"sip:org@x", "", "Contact: <" CONF "audio-video:id:AB1>\n", "",
		 "conference=AB1\n"},
		{"sip:mcu@x", "", "",
		 "ms-focus-uri: <" CONF "focus:id:AB1>\n",
		 "conference=AB1\n"},
		{"sip:bob@x", "", "Contact: <sip:bob@x;opaque=app:conf>\n", "",
		 NULL},
	};
#undef CONF

	for (gsize i = 0; i < G_N_ELEMENTS(legs); i++) {
		talk t = talk_new(NULL, 0);
		g_autofree char *all = NULL, *head = g_strdup_printf(
			"INVITE %s SIP/2.0\nFrom: <sip:a@x>;tag=a\n"
			"To: <sip:org@x%s>\nCall-ID: c1\nCSeq: 1 INVITE\n"
			"Ms-Conversation-ID: AdFx==\n%s"
			"Content-Type: application/sdp\n", legs[i].uri,
			legs[i].to, legs[i].header);

		tap_script_send(t.s, head, OFFER);
		say(&t, "200 OK", "a", "b", "1 INVITE", legs[i].contact,
		    ANSWER);
		all = tap_script_take(t.s);
		g_test_message("%s", all);
		g_assert_nonnull(strstr(all, "conversation=AdFx==\n"));
		if (legs[i].want)
			g_assert_nonnull(strstr(all, legs[i].want));
		else
			g_assert_null(strstr(all, "conference="));
		talk_free(&t);
	}
}

/* A response may know more of the way than the request did, never less. */
static void test_history(void)
{
	talk t = talk_new(NULL, 0);
	g_autofree char *all = NULL;

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE",
	    "History-Info: <sip:c@x>;index=1\n", OFFER);
	say(&t, "180 Ringing", "a", "b", "1 INVITE",
	    "History-Info: <sip:c@x>;index=1, <sip:d@x>;index=1.1\n", "");
	say(&t, "200 OK", "a", "b", "1 INVITE",
	    "History-Info: <sip:c@x>;index=1\n", ANSWER);
	all = tap_script_take(t.s);
	g_assert_nonnull(strstr(all, "fact history=<sip:c@x>;index=1\n"));
	g_assert_nonnull(strstr(all, "fact history=<sip:c@x>;index=1, "
				     "<sip:d@x>;index=1.1\n"));
	g_assert_null(strstr(strstr(all, "index=1.1\n"), "fact history="));
	talk_free(&t);
}

/* A decision is made from each fact under its own name. */
static void test_view(void)
{
	tap_facts_set s = {.text = {NULL}};
	tap_facts f;
	const struct {
		tap_fact fact;
		const span *seen;
	} views[] = {
		{TAP_F_CALLER_URI, &f.caller.uri},
		{TAP_F_CALLER_NAME, &f.caller.name},
		{TAP_F_CALLER_TEL, &f.caller.tel},
		{TAP_F_CALLER_ASSERTED, &f.caller.asserted},
		{TAP_F_CALLER_EPID, &f.caller.epid},
		{TAP_F_CALLER_AGENT, &f.caller.agent},
		{TAP_F_CALLEE_URI, &f.callee.uri},
		{TAP_F_CALLEE_NAME, &f.callee.name},
		{TAP_F_CALLEE_TEL, &f.callee.tel},
		{TAP_F_CALLEE_ASSERTED, &f.callee.asserted},
		{TAP_F_CALLEE_EPID, &f.callee.epid},
		{TAP_F_CALLEE_AGENT, &f.callee.agent},
		{TAP_F_CONVERSATION, &f.conversation},
		{TAP_F_CONFERENCE, &f.conference},
		{TAP_F_REPLACES, &f.replaces},
		{TAP_F_REFERRED_BY, &f.referred_by},
		{TAP_F_HISTORY, &f.history},
		{TAP_F_TYPE, &f.type},
		{TAP_F_RECORD, &f.record},
	};

	for (int i = 0; i < TAP_FACT_COUNT; i++)
		g_assert_true(tap_facts_put(&s, (tap_fact)i,
					    tap_fact_name((tap_fact)i)));
	memset(&f, 0, sizeof(f));
	tap_facts_view(&s, &f);
	for (gsize i = 0; i < G_N_ELEMENTS(views); i++)
		g_assert_true(span_eq(*views[i].seen,
				      tap_fact_name(views[i].fact)));
	tap_facts_clear(&s);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/facts/facts", test_facts);
	g_test_add_func("/tap/facts/pstn", test_pstn);
	g_test_add_func("/tap/facts/conference", test_conference);
	g_test_add_func("/tap/facts/history", test_history);
	g_test_add_func("/tap/facts/view", test_view);
	return g_test_run();
}
