/* SIP messages: what is read, what is refused and why, cutting at each octet,
 * and the replacement of a body with everything else left alone. */
#include "signaling_tap/sip.h"

static const char whole[] =
	"INVITE sip:bob@example.com;x=y SIP/2.0\r\n"
	"v: SIP/2.0/TLS 192.0.2.1:5061;branch=z9hG4bK1\r\n"
	"f: \"Alice\" <sip:alice@example.com>;epid=01ab;tag=a1\r\n"
	"TO: <sip:bob@example.com>\r\n"
	"i: call-1@example.com\r\n"
	"CSeq: 7\r\n  INVITE\r\n"
	"Subject: folded\r\n\tover\r\n lines\r\n"
	"c: application/sdp\r\n"
	"l:  4 \r\n"
	"\r\n"
	"v=0\n";

static tap_sip_verdict parse(const char *text, tap_sip *out)
{
	return tap_sip_parse(span_str(text), out);
}

static void test_whole(void)
{
	tap_sip m;
	char text[64];

	g_assert_cmpint(parse(whole, &m), ==, TAP_SIP_OK);
	g_assert_true(m.request);
	g_assert_cmpint(m.method, ==, TAP_INVITE);
	g_assert_cmpuint(m.cseq, ==, 7);
	g_assert_true(span_eq(m.uri, "sip:bob@example.com;x=y"));
	g_assert_true(span_eq(m.from_name, "Alice"));
	g_assert_true(span_eq(m.from_uri, "sip:alice@example.com"));
	g_assert_true(span_eq(m.from_tag, "a1"));
	g_assert_cmpuint(m.to_tag.left, ==, 0);
	g_assert_true(span_eq(m.first[TAP_H_CALL_ID], "call-1@example.com"));
	g_assert_true(span_eq(m.first[TAP_H_CONTENT_TYPE], "application/sdp"));
	g_assert_true(span_eq(m.body, "v=0\n"));
	g_assert_cmpuint(m.tail.left, ==, 0);
	tap_header_text(span_str("folded\r\n\tover\r\n  lines"), text,
			sizeof(text));
	g_assert_cmpstr(text, ==, "folded over lines");
}

static void test_response(void)
{
	tap_sip m;

	g_assert_cmpint(parse("SIP/2.0 183 Session Progress\n"
			      "From: sip:a@x;tag=1\nTo: <sip:b@x>;tag=2\n"
			      "Call-ID: z\nCSeq: 3 PRACK\n\nrest", &m), ==,
			TAP_SIP_OK);
	g_assert_false(m.request);
	g_assert_cmpuint(m.status, ==, 183);
	g_assert_cmpint(m.method, ==, TAP_PRACK);
	g_assert_true(span_eq(m.from_uri, "sip:a@x"));
	g_assert_true(span_eq(m.from_tag, "1"));
	g_assert_true(span_eq(m.to_tag, "2"));
	g_assert_true(span_eq(m.body, "rest"));
}

/* Up to the end of the head it is short, in the body it is truncated. */
static void test_cut(void)
{
	const char *body = strstr(whole, "v=0\n");
	gsize head = (gsize)(body - whole);
	tap_sip m;

	for (gsize n = 0; n < sizeof(whole) - 1; n++) {
		g_autofree char *copy = g_memdup2(whole, n ? n : 1);
		tap_sip_verdict v = tap_sip_parse(span_of(copy, n), &m);

		if (n >= head)
			g_assert_cmpint(v, ==, TAP_SIP_TRUNCATED);
		else
			g_assert_cmpint(v, !=, TAP_SIP_OK);
	}
}

static void test_stream_cut(void)
{
	g_autofree char *two = g_strconcat("\r\n\r\n", whole, whole, NULL);
	gsize len = strlen(two), first = 4 + strlen(whole);
	span in, out;

	for (gsize n = 0; n <= len; n++) {
		g_autofree char *copy = g_memdup2(two, n ? n : 1);

		in = span_of(copy, n);
		if (n < first) {
			g_assert_cmpint(tap_sip_cut(&in, &out), ==,
					TAP_CUT_SHORT);
			continue;
		}
		g_assert_cmpint(tap_sip_cut(&in, &out), ==, TAP_CUT_OK);
		g_assert_true(span_eq(out, whole));
		g_assert_cmpuint(in.left, ==, n - first);
	}
	in = span_of(two, len);
	for (int i = 0; i < 2; i++) {
		g_assert_cmpint(tap_sip_cut(&in, &out), ==, TAP_CUT_OK);
		g_assert_true(span_eq(out, whole));
	}
	g_assert_cmpuint(in.left, ==, 0);
}

typedef struct bad_case {
	const char *what, *text;
	tap_sip_verdict verdict;
} bad_case;

#define LINE "BYE sip:b@x SIP/2.0\r\n"
#define FROM "From: <sip:a@x>;tag=1\r\n"
#define TO "To: <sip:b@x>\r\n"
#define ID "Call-ID: 1\r\n"
#define CSEQ "CSeq: 1 BYE\r\n"
#define END "\r\n"

static const bad_case bad_cases[] = {
	{"good", LINE FROM TO ID CSEQ END, TAP_SIP_OK},
	{"empty", "", TAP_SIP_SHORT},
	{"no end", LINE FROM TO ID CSEQ, TAP_SIP_SHORT},
	{"version 3", "BYE sip:b@x SIP/3.0\r\n" FROM TO ID CSEQ END,
	 TAP_SIP_BAD_START},
	{"no version", "BYE sip:b@x\r\n" FROM TO ID CSEQ END,
	 TAP_SIP_BAD_START},
	{"no URI", "BYE  SIP/2.0\r\n" FROM TO ID CSEQ END, TAP_SIP_BAD_START},
	{"method no token", "B@E sip:b@x SIP/2.0\r\n" FROM TO ID CSEQ END,
	 TAP_SIP_BAD_START},
	{"status 99", "SIP/2.0 99 x\r\n" FROM TO ID CSEQ END,
	 TAP_SIP_BAD_START},
	{"status 700", "SIP/2.0 700 x\r\n" FROM TO ID CSEQ END,
	 TAP_SIP_BAD_START},
	{"status 2000", "SIP/2.0 2000 x\r\n" FROM TO ID CSEQ END,
	 TAP_SIP_BAD_START},
	{"no colon", LINE "nonsense\r\n" FROM TO ID CSEQ END,
	 TAP_SIP_BAD_HEADER},
	{"blank in name", LINE "a b: c\r\n" FROM TO ID CSEQ END,
	 TAP_SIP_BAD_HEADER},
	{"fold first", LINE " x: y\r\n" FROM TO ID CSEQ END,
	 TAP_SIP_BAD_HEADER},
	{"no Call-ID", LINE FROM TO CSEQ END, TAP_SIP_MISSING},
	{"empty Call-ID", LINE FROM TO "i:\r\n" CSEQ END, TAP_SIP_MISSING},
	{"no From", LINE TO ID CSEQ END, TAP_SIP_MISSING},
	{"no To", LINE FROM ID CSEQ END, TAP_SIP_MISSING},
	{"no CSeq", LINE FROM TO ID END, TAP_SIP_MISSING},
	{"two Call-IDs", LINE FROM TO ID "i: 2\r\n" CSEQ END,
	 TAP_SIP_DUPLICATE},
	{"two From", LINE FROM FROM TO ID CSEQ END, TAP_SIP_DUPLICATE},
	{"two lengths", LINE FROM TO ID CSEQ "l: 0\r\nl: 0\r\n" END,
	 TAP_SIP_DUPLICATE},
	{"negative length", LINE FROM TO ID CSEQ "l: -1\r\n" END,
	 TAP_SIP_BAD_VALUE},
	{"length no number", LINE FROM TO ID CSEQ "l: 1x\r\n" END,
	 TAP_SIP_BAD_VALUE},
	{"huge length", LINE FROM TO ID CSEQ "l: 99999999999\r\n" END,
	 TAP_SIP_BAD_VALUE},
	{"CSeq of another method", LINE FROM TO ID "CSeq: 1 ACK\r\n" END,
	 TAP_SIP_BAD_VALUE},
	{"CSeq over 2^31", LINE FROM TO ID "CSeq: 2147483648 BYE\r\n" END,
	 TAP_SIP_BAD_VALUE},
	{"From without URI", LINE "f: ;tag=1\r\n" TO ID CSEQ END,
	 TAP_SIP_BAD_VALUE},
	{"From unclosed", LINE "f: <sip:a@x;tag=1\r\n" TO ID CSEQ END,
	 TAP_SIP_BAD_VALUE},
	{"two in From", LINE "f: <sip:a@x>, <sip:c@x>\r\n" TO ID CSEQ END,
	 TAP_SIP_BAD_VALUE},
};

static void test_bad(void)
{
	tap_sip m;

	for (gsize i = 0; i < G_N_ELEMENTS(bad_cases); i++) {
		g_test_message("%s", bad_cases[i].what);
		g_assert_cmpint(parse(bad_cases[i].text, &m), ==,
				bad_cases[i].verdict);
	}
}

static GString *with_header(gsize value, unsigned headers)
{
	GString *s = g_string_new(LINE FROM TO ID CSEQ);
	g_autofree char *pad = g_strnfill(value, 'x');

	for (unsigned i = 0; i < headers; i++)
		g_string_append_printf(s, "X: %s\r\n", pad);
	g_string_append(s, END);
	return s;
}

static void limit(gsize value, unsigned headers, tap_sip_verdict want)
{
	GString *s = with_header(value, headers);
	tap_sip m;

	g_assert_cmpint(tap_sip_parse(span_of(s->str, s->len), &m), ==, want);
	g_string_free(s, TRUE);
}

static void test_limits(void)
{
	tap_sip m;
	g_autofree char *big = g_strnfill(TAP_SIP_MESSAGE_MAX + 1, 'x');

	limit(TAP_SIP_HEADER_MAX - 3, 1, TAP_SIP_OK);
	limit(TAP_SIP_HEADER_MAX - 2, 1, TAP_SIP_LINE_TOO_LONG);
	limit(1, TAP_SIP_HEADERS_MAX - 4, TAP_SIP_OK);
	limit(1, TAP_SIP_HEADERS_MAX - 3, TAP_SIP_TOO_MANY);
	g_assert_cmpint(parse(big, &m), ==, TAP_SIP_TOO_LONG);
}

static void test_nul(void)
{
	static const char text[] = LINE "X: a\0b\r\n" FROM TO ID CSEQ END;
	tap_sip m;

	g_assert_cmpint(tap_sip_parse(span_of(text, sizeof(text) - 1), &m), ==,
			TAP_SIP_BAD_HEADER);
}

static void put_is(const char *text, const char *body, const char *want)
{
	uint8_t buf[4096];
	put o = put_into(buf, sizeof(buf));
	tap_sip m;

	g_assert_cmpint(parse(text, &m), ==, TAP_SIP_OK);
	tap_sip_put(&o, &m, span_str(body));
	g_assert_false(o.full);
	g_assert_cmpmem(buf, o.n, want, strlen(want));
}

static void test_put(void)
{
	put_is(LINE FROM TO ID CSEQ "L :  3\r\nX: y\r\n" END "abcTAIL",
	       "twelve bytes",
	       LINE FROM TO ID CSEQ "L :  12\r\nX: y\r\n" END
	       "twelve bytesTAIL");
	put_is("\r\n" LINE FROM TO ID CSEQ END "abc", "de",
	       "\r\n" LINE "Content-Length: 2\r\n" FROM TO ID CSEQ END "de");
	put_is(LINE FROM TO ID CSEQ "Content-Length:\r\n 3\r\n" END "abc", "",
	       LINE FROM TO ID CSEQ "Content-Length:\r\n 0\r\n" END);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/sip/whole", test_whole);
	g_test_add_func("/tap/sip/response", test_response);
	g_test_add_func("/tap/sip/cut", test_cut);
	g_test_add_func("/tap/sip/stream-cut", test_stream_cut);
	g_test_add_func("/tap/sip/bad", test_bad);
	g_test_add_func("/tap/sip/limits", test_limits);
	g_test_add_func("/tap/sip/nul", test_nul);
	g_test_add_func("/tap/sip/put", test_put);
	return g_test_run();
}
