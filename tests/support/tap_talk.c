#include "tests/support/tap_talk.h"

void say(talk *t, const char *start, const char *from, const char *to,
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

void told(talk *t, const char *want)
{
	g_autofree char *have = tap_script_take(t->s);
	GString *kept = g_string_new(NULL);
	g_auto(GStrv) lines = g_strsplit(have, "\n", -1);

	/* The facts of every call have tests of their own. */
	for (char **l = lines; *l; l++)
		if (**l && !strstr(*l, " fact "))
			g_string_append_printf(kept, "%s\n", *l);
	g_assert_cmpstr(kept->str, ==, want);
	g_string_free(kept, TRUE);
}

talk talk_new(const struct ice_plan *plan, uint16_t no_relay)
{
	return (talk){tap_script_new(plan, no_relay), "c1"};
}

void talk_free(talk *t)
{
	tap_script_free(t->s);
}

void call_up(talk *t)
{
	say(t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", OFFER);
	say(t, "180 Ringing", "a", "b", "1 INVITE", "", "");
	say(t, "200 OK", "a", "b", "1 INVITE", "", ANSWER);
	say(t, "ACK sip:bob@x", "a", "b", "1 ACK", "", "");
	told(t, BEGIN H HALF1 H "state 1 180 b\n"
	     H "half 2 callee answer branch=b\n"
	     H "state 3 200 b\n" H "state 4 0 b\n");
}
