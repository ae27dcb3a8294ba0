/* Transfers and keys, told in a dialog beside its sessions. */
#include "tests/support/tap_talk.h"

static void test_transfer(void)
{
	talk t = talk_new(NULL, 0);

	call_up(&t);
	say(&t, "REFER sip:bob@x", "a", "b", "3 REFER",
	    "Refer-To: <sip:carol@x?Replaces=c9>\n", "");
	told(&t, H "mark 8 0 <sip:carol@x?Replaces=c9>\n");
	/* Carol's new call takes the place of this one. */
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

/* It is declined, or nobody answers there (RFC 3515 2.4.5). */
static void test_transfer_fails(void)
{
	static const char frag[] = "Content-Type: message/sipfrag\n";
	talk t = talk_new(NULL, 0);

	call_up(&t);
	say(&t, "REFER sip:bob@x", "a", "b", "3 REFER", "Refer-To: <sip:c@x>\n",
	    "");
	say(&t, "407 Who?", "a", "b", "3 REFER", "", "");
	say(&t, "REFER sip:bob@x", "a", "b", "4 REFER", "Refer-To: <sip:c@x>\n",
	    "");
	say(&t, "603 Decline", "a", "b", "4 REFER", "", "");
	told(&t, H "mark 8 0 <sip:c@x>\n" H "mark 8 0 <sip:c@x>\n"
	     H "mark 11 1 \n");
	say(&t, "REFER sip:bob@x", "a", "b", "5 REFER", "Refer-To: <sip:c@x>\n",
	    "");
	say(&t, "202 Accepted", "a", "b", "5 REFER", "", "");
	say(&t, "NOTIFY sip:alice@x", "b", "a", "1 NOTIFY", frag,
	    "SIP/2.0 100 Trying\n");
	say(&t, "NOTIFY sip:alice@x", "b", "a", "2 NOTIFY", "",
	    "SIP/2.0 486 Busy here\n");
	told(&t, H "mark 8 0 <sip:c@x>\n");
	say(&t, "NOTIFY sip:alice@x", "b", "a", "3 NOTIFY", frag,
	    "SIP/2.0 486 Busy here\n");
	told(&t, H "mark 11 1 Busy here\n");
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
	say(&t, "INFO sip:bob@x", "a", "b", "3 INFO",
	    "Content-Type: application/dtmf-relay\n", "Signal = 7 \n");
	say(&t, "INFO sip:alice@x", "b", "a", "4 INFO",
	    "Content-Type: application/dtmf\n", " 11\n");
	told(&t, H "mark 10 0 7\n" H "mark 10 1 #\n");
	/* what is no key */
	say(&t, "INFO sip:alice@x", "b", "a", "5 INFO",
	    "Content-Type: application/dtmf\n", "17");
	say(&t, "INFO sip:alice@x", "b", "a", "6 INFO",
	    "Content-Type: application/dtmf\n", "x");
	say(&t, "INFO sip:alice@x", "b", "a", "7 INFO",
	    "Content-Type: application/dtmf\n", "d");
	told(&t, H "mark 10 1 D\n");
	talk_free(&t);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/aside/transfer", test_transfer);
	g_test_add_func("/tap/aside/transfer-fails", test_transfer_fails);
	g_test_add_func("/tap/aside/dtmf", test_dtmf);
	return g_test_run();
}
