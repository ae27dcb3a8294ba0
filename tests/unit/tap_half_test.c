/* Session descriptions in a dialog: which are news, who holds whom. */
#include "tests/support/tap_talk.h"

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

/* Each way to hold: by a direction, by an address of zeros, for the session and
 * for a stream. What only listens holds nobody. */
static void test_hold_ways(void)
{
	static const char session[] = "v=0\no=- 10 %u IN IP4 192.0.2.1\ns=-\n"
		"c=IN IP4 %s\nt=0 0\n%sm=audio 4000 RTP/SAVP 0\n%s";
	static const struct {
		const char *conn, *above, *below;
		bool holds;
	} ways[] = {
		{"192.0.2.1", "", "a=inactive\n", true},
		{"192.0.2.1", "a=inactive\n", "", true},
		{"192.0.2.1", "", "a=sendonly\n", true},
		{"192.0.2.1", "a=sendonly\n", "", true},
		{"0.0.0.0", "", "", true},
		{"192.0.2.1", "", "c=IN IP4 0.0.0.0\n", true},
		{"192.0.2.1", "", "a=recvonly\n", false},
		{"0.0.0.0", "", "c=IN IP4 192.0.2.1\n", false},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(ways); i++) {
		g_autofree char *hold = g_strdup_printf(
			session, 2u, ways[i].conn, ways[i].above,
			ways[i].below);
		g_autofree char *back = g_strdup_printf(session, 3u,
							"192.0.2.1", "", "");
		talk t = talk_new(NULL, 0);

		call_up(&t);
		say(&t, "INVITE sip:bob@x", "a", "b", "2 INVITE", "", hold);
		say(&t, "INVITE sip:bob@x", "a", "b", "3 INVITE", "", back);
		g_test_message("%s", hold);
		told(&t, ways[i].holds
			     ? H "half 3 caller offer branch=b\n"
			       H "mark 1 0 \n"
			       H "half 4 caller offer branch=b\n"
			       H "mark 2 0 \n"
			     : H "half 3 caller offer branch=b\n"
			       H "half 4 caller offer branch=b\n");
		talk_free(&t);
	}
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

/* What is refused was never so: the hold ends, and the same body offered again
 * holds again (RFC 3261 14.1). Who is challenged goes on. */
static void test_refused(void)
{
	static const char *const hold = SDP("11", "4000") "a=inactive\n";
	talk t = talk_new(NULL, 0);

	call_up(&t);
	say(&t, "INVITE sip:bob@x", "a", "b", "2 INVITE", "", hold);
	say(&t, "491 Pending", "a", "b", "2 INVITE", "", "");
	say(&t, "491 Pending", "a", "b", "2 INVITE", "", "");
	told(&t, H "half 3 caller offer branch=b\n" H "mark 1 0 \n"
	     H "mark 2 0 \n");
	say(&t, "INVITE sip:bob@x", "a", "b", "3 INVITE", "", hold);
	say(&t, "407 Who?", "a", "b", "3 INVITE", "", "");
	say(&t, "INVITE sip:bob@x", "a", "b", "4 INVITE", "", hold);
	say(&t, "200 OK", "a", "b", "4 INVITE", "", SDP("21", "5000"));
	told(&t, H "half 4 caller offer branch=b\n" H "mark 1 0 \n"
	     H "half 5 callee answer branch=b\n");
	/* the callee's hold is refused, too */
	say(&t, "UPDATE sip:alice@x", "b", "a", "1 UPDATE", "",
	    SDP("22", "5000") "a=sendonly\n");
	say(&t, "488 No", "b", "a", "1 UPDATE", "", "");
	told(&t, H "half 6 callee offer branch=b\n" H "mark 1 1 \n"
	     H "mark 2 1 \n");
	/* a retrieve that is refused leaves the hold */
	say(&t, "INVITE sip:bob@x", "a", "b", "5 INVITE", "",
	    SDP("12", "4000"));
	say(&t, "500 No", "a", "b", "5 INVITE", "", "");
	told(&t, H "half 7 caller offer branch=b\n" H "mark 2 0 \n"
	     H "mark 1 0 \n");
	talk_free(&t);
}

/* Each branch is answered by itself, though in the same words. */
static void test_answers_of_branches(void)
{
	talk t = talk_new(NULL, 0);

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "", "");
	say(&t, "183 P", "a", "b1", "1 INVITE", "RSeq: 1\n", ANSWER);
	say(&t, "PRACK sip:bob@x", "a", "b1", "2 PRACK", "", OFFER);
	say(&t, "183 P", "a", "b2", "1 INVITE", "RSeq: 1\n",
	    SDP("30", "6000"));
	say(&t, "PRACK sip:bob@x", "a", "b2", "3 PRACK", "", OFFER);
	say(&t, "200 OK", "a", "b2", "1 INVITE", "", "");
	told(&t, BEGIN H "half 1 callee offer early branch=b1\n"
	     H "state 2 183 b1\n" H "half 2 caller answer branch=b1\n"
	     H "half 3 callee offer early branch=b2\n" H "state 2 183 b2\n"
	     H "half 4 caller answer branch=b2\n" H "state 3 200 b2\n"
	     H "state 5 200 b1\n");
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

/* Candidates that come by INFO are told as an offer of nothing but them, each
 * with the m= line of its kind in the description. */
static void test_trickle(void)
{
	talk t = talk_new(NULL, 0);
	static const char info[] =
		"Content-Type: application/trickle-ice-sdpfrag\n";

	say(&t, "INVITE sip:bob@x", "a", "", "1 INVITE", "",
	    OFFER "m=video 4002 RTP/SAVP 34\n");
	say(&t, "200 OK", "a", "b", "1 INVITE", "", ANSWER);
	g_free(tap_script_take(t.s));
	say(&t, "INFO sip:bob@x", "a", "b", "2 INFO", info,
	    "a=ice-ufrag:uu\nm=video 9 RTP/SAVP 34\n"
	    "a=candidate:7 1 UDP 1 203.0.113.9 5002 typ relay "
	    "raddr 192.0.2.1 rport 4002\n");
	told(&t, H "half 3 caller offer branch=b\n");
	g_assert_cmpstr(g_ptr_array_index(t.s->halves, 2), ==,
			"3 caller offer [0.1 video RTP/SAVP none:9/none:10 "
			"flow0 rec ufrag=uu 34=H263/90000 "
			"cand1:3:203.0.113.9:5002]");
	/* the same again, and no candidate at all */
	say(&t, "INFO sip:bob@x", "a", "b", "2 INFO", info,
	    "a=ice-ufrag:uu\nm=video 9 RTP/SAVP 34\n"
	    "a=candidate:7 1 UDP 1 203.0.113.9 5002 typ relay "
	    "raddr 192.0.2.1 rport 4002\n");
	say(&t, "INFO sip:bob@x", "a", "b", "3 INFO", info,
	    "a=end-of-candidates\n");
	/* a kind of stream that the callee has not described */
	say(&t, "INFO sip:alice@x", "b", "a", "1 INFO", info,
	    "m=video 9 RTP/SAVP 34\n"
	    "a=candidate:7 1 UDP 1 203.0.113.9 5002 typ host\n");
	told(&t, "");
	/* The description stays the one that a refresh is compared with. */
	say(&t, "UPDATE sip:alice@x", "b", "a", "2 UPDATE", "", ANSWER);
	told(&t, "");
	talk_free(&t);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/half/hold", test_hold);
	g_test_add_func("/tap/half/hold-ways", test_hold_ways);
	g_test_add_func("/tap/half/refresh", test_refresh);
	g_test_add_func("/tap/half/delayed-offer", test_delayed_offer);
	g_test_add_func("/tap/half/reliable-provisional",
			test_reliable_provisional);
	g_test_add_func("/tap/half/refused", test_refused);
	g_test_add_func("/tap/half/answers-of-branches",
			test_answers_of_branches);
	g_test_add_func("/tap/half/trickle", test_trickle);
	return g_test_run();
}
