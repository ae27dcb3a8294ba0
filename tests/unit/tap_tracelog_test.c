/* SIP in the logs of other programs. The records are of the shape that Lync
 * and Skype for Business servers write; their content is made up. */
#include "signaling_tap/tracelog.h"

#include <glib.h>

#include "signaling_tap/sip.h"
#include "signaling_tap/stamp.h"

#define SIP_HEADERS "From: <sip:a@x>;tag=1\nTo: <sip:b@x>\n" \
	"Call-ID: c1\nCSeq: 1 INVITE\n"

static const char server_log[] =
	"\xef\xbb\xbfTL_INFO(TF_COMPONENT) [0]0A.0B::01/18/2012-05:00:43.000."
	"00005385 (SIPStack,x)$$begin_record\n"
	"LogType: connection\nText: TLS negotiation\n$$end_record\n\n"
	"TL_INFO(TF_PROTOCOL) [POOL\\FE]0A.0B::01/18/2012-05:00:43.101.00005386 "
	"(SIPStack,SIPAdminLog::ProtocolRecord::Flush:ProtocolRecord.cpp(261))"
	" [2003888399] $$begin_record\r\n"
	"Trace-Correlation-Id: 2003888399\r\nInstance-Id: 0000C23F\r\n"
	"Direction: incoming;source=\"internal edge\"\r\n"
	"Peer: fe.x:61182\r\nMessage-Type: request\r\n"
	"Start-Line: INVITE sip:b@x SIP/2.0\r\n"
	"From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: c1\r\n"
	"CSeq: 1 INVITE\r\nCONTENT-LENGTH: 999\r\n"
	"Content-Type: application/sdp\r\n"
	"Message-Body: v=0\r\no=- 0 0 IN IP4 10.0.0.1\r\n\r\n$$end_record\r\n"
	"TL_INFO(TF_PROTOCOL) [0]0A.0B::01/18/2012-05:00:44.500.00005387 "
	"(SIPStack)$$begin_record\n"
	"Start-Line: SIP/2.0 200 OK\n" SIP_HEADERS
	"Content-Length: 0\nMessage-Body: -\n$$end_record\n";

static const char client_log[] =
	"03/02/2017|10:12:34.567 15A8:1B2C INFO  :: Sending Packet - "
	"10.0.0.1:443 (From Local Address: 10.0.0.2:50123) 325 bytes:\r\n"
	"03/02/2017|10:12:34.568 15A8:1B2C INFO  :: INVITE sip:b@x SIP/2.0\r\n"
	"From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: c1\r\n"
	"CSeq: 1 INVITE\r\nContent-Length: 10\r\n\r\nv=0\r\nt=0\r\n"
	"03/02/2017|10:12:34.569 15A8:1B2C INFO  :: End of Sending Packet - "
	"10.0.0.1:443\r\n"
	"03/02/2017|10:12:35.000 15A8:1B2C INFO  :: Data Received - 10.0.0.1:443"
	"\r\n03/02/2017|10:12:35.001 15A8:1B2C INFO  :: SIP/2.0 100 Trying\r\n"
	"From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: c1\r\n"
	"CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";

static const char ngrep_log[] =
	"U 2016/04/26 13:41:43.500000 10.0.0.1:5060 -> 10.0.0.2:5060\n"
	"INVITE sip:b@x SIP/2.0.\nFrom: <sip:a@x>;tag=1.\nTo: <sip:b@x>.\n"
	"Call-ID: c1.\nCSeq: 1 INVITE.\nContent-Length: 10.\n.\nv=0.\nt=0.\n\n"
	"U 2016/04/26 13:41:44.500000 10.0.0.2:5060 -> 10.0.0.1:5060\n"
	"SIP/2.0 200 OK.\nFrom: <sip:a@x>;tag=1.\nTo: <sip:b@x>.\n"
	"Call-ID: c1.\nCSeq: 1 INVITE.\nContent-Length: 0.\n.\n\n";

static const char pbx_log[] =
	"[2021-03-04 10:11:12.250] VERBOSE[12] res_pjsip_logger.c: <--- Received"
	" SIP request (500 bytes) from UDP:10.0.0.1:5060 --->\n"
	"INVITE sip:b@x SIP/2.0\n" SIP_HEADERS "l: 10\n\nv=0\nt=0\n\n"
	"[2021-03-04 10:11:13] NOTICE[12]: wrote INVITE sip:b@x SIP/2.0\n"
	"[2021-03-04 10:11:13] NOTICE[12]: no header follows\n"
	"SIP/2.0 180 Ringing\n"
	"[2021-03-04 10:11:14] VERBOSE[12]: <--- Transmitting --->\n"
	"SIP/2.0 200 OK\n" SIP_HEADERS "Content-Length: 80\n\nv=0\n"
	"[2021-03-04 10:11:15] the body was cut short\n";

typedef struct log_case {
	const char *name, *text;
	int64_t ms[2];		/* since 1970 */
	const char *body[2];
} log_case;

/* Seconds by `date -u -d ... +%s`. */
static const log_case cases[] = {
	{"server", server_log, {1326862843101, 1326862844500},
	 {"v=0\r\no=- 0 0 IN IP4 10.0.0.1\r\n", ""}},
	{"client", client_log, {1488449554568, 1488449555001},
	 {"v=0\r\nt=0\r\n", ""}},
	{"ngrep", ngrep_log, {1461678103500, 1461678104500},
	 {"v=0\r\nt=0\r\n", ""}},
	{"pbx", pbx_log, {1614852672250, 1614852674000},
	 {"v=0\r\nt=0\r\n", "v=0\r\n"}},
};

static void next_is(tap_tracelog *t, int64_t ms, const char *body)
{
	uint8_t text[2048];
	put o = put_into(text, sizeof(text));
	tap_traced m;
	tap_sip s;

	g_assert_true(tap_tracelog_next(t, &m));
	g_assert_true(m.timed);
	g_assert_cmpint(m.at.ns / CLK_NS_PER_MS, ==, ms);
	tap_traced_put(&o, &m);
	g_assert_false(o.full);
	g_assert_cmpint(tap_sip_parse(put_done(&o), &s), ==, TAP_SIP_OK);
	g_assert_true(span_eq(s.first[TAP_H_CALL_ID], "c1"));
	g_assert_true(span_eq(s.from_uri, "sip:a@x"));
	g_assert_true(span_eq(s.body, body));
	g_assert_cmpuint(s.tail.left, ==, 0);
}

static void test_log(gconstpointer data)
{
	const log_case *c = data;
	tap_tracelog t = {.rest = span_str(c->text)};
	tap_traced m;

	next_is(&t, c->ms[0], c->body[0]);
	next_is(&t, c->ms[1], c->body[1]);
	g_assert_false(tap_tracelog_next(&t, &m));
}

/* Cut anywhere, it gives at most what it gave, and in time. */
static void test_cut(gconstpointer data)
{
	const log_case *c = data;

	for (gsize n = 0; n <= strlen(c->text); n++) {
		g_autofree char *copy = g_memdup2(c->text, n ? n : 1);
		tap_tracelog t = {.rest = span_of(copy, n)};
		unsigned count = 0;
		tap_traced m;

		while (tap_tracelog_next(&t, &m)) {
			g_assert_true(span_holds(span_of(copy, n), m.head));
			g_assert_true(!m.body.left ||
				      span_holds(span_of(copy, n), m.body));
			count++;
		}
		g_assert_cmpuint(count, <=, 3);
	}
}

static void test_untimed(void)
{
	tap_tracelog t = {.rest = span_str("one line\nBYE sip:b@x SIP/2.0\n"
					   SIP_HEADERS "\n")};
	tap_traced m;

	g_assert_true(tap_tracelog_next(&t, &m));
	g_assert_false(m.timed);
	g_assert_cmpuint(m.line, ==, 2);
}

static void test_stamps(void)
{
	static const struct {
		const char *text;
		int64_t ns;	/* -1: none */
	} stamps[] = {
		{"2015-05-14T12:11:26.344Z", 1431605486344000000},
		{"2015-05-14 14:11:26,344 +0200", 1431605486344000000},
		{"2015-05-14T14:11:26.344+02:00", 1431605486344000000},
		{"2015-05-14T06:41:26.344-0530", 1431605486344000000},
		{"[2015/05/14 12:11:26]", 1431605486000000000},
		{"x::05/14/2015-12:11:26.344.0000D8F1", 1431605486344000000},
		{"14/05/2015|12:11:26.3440000001", 1431605486344000000},
		{"### 1431605486.344 note", 1431605486344000000},
		{"2000-02-29 00:00:00", 951782400000000000},
		{"1970-01-01 00:00:00", 0},
		{"12015-05-14 12:11:26", -1},
		{"2015-05/14 12:11:26", -1},
		{"2015-13-14 12:11:26", -1},
		{"2015-05-14 24:11:26", -1},
		{"2015-05-14 12:61:26", -1},
		{"13/13/2015-12:11:26", -1},
		{"1969-12-31 23:59:59", -1},
		{"12:11:26.344", -1},
		{"### 1431605486x", -1},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(stamps); i++) {
		span before;
		clk_wall at = {-1};
		bool any = tap_stamp_find(span_str(stamps[i].text), &at,
					  &before);

		g_test_message("%s", stamps[i].text);
		g_assert_cmpint(any ? at.ns : -1, ==, stamps[i].ns);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *whole = g_strconcat("/tap/tracelog/",
						     cases[i].name, NULL);
		g_autofree char *cut = g_strconcat(whole, "_cut", NULL);

		g_test_add_data_func(whole, &cases[i], test_log);
		g_test_add_data_func(cut, &cases[i], test_cut);
	}
	g_test_add_func("/tap/tracelog/untimed", test_untimed);
	g_test_add_func("/tap/tracelog/stamps", test_stamps);
	return g_test_run();
}
