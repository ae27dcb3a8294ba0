#include "signaling_tap/tap.h"
#include "signaling_tap/textlog.h"

#define HEAD "BYE sip:b@x SIP/2.0\r\nContent-Length: 12\r\n\r\n"

static const char log_text[] =
	"a comment nobody reads\n"
	"### 1795295144.195663 fe received\r\n" HEAD "### 1 body\r\n"
	"\r\n\r\n"
	"### 1795295145 fe sent\n"
	/* Line ends were changed: Content-Length does not fit any more. */
	"BYE sip:b@x SIP/2.0\nContent-Length: 8\n\na\nb\n\n"
	"### 1795295146.5 the same, longer\n"
	"BYE sip:b@x SIP/2.0\nContent-Length: 80\n\na\nb\n"
	"### 1795295147.0000000019 nothing\n\n"
	"### 1795295148.25 last\n" HEAD "123456789012";

static void next_is(span *in, int64_t ns, const char *note,
		    const char *message)
{
	tap_logged m;

	g_assert_true(tap_textlog_next(in, &m));
	g_assert_cmpint(m.at.ns, ==, ns);
	g_assert_true(span_eq(m.note, note));
	g_assert_cmpmem(m.message.p, m.message.left, message, strlen(message));
}

static void test_log(void)
{
	span in = span_str(log_text);
	tap_logged m;

	next_is(&in, 1795295144195663000, "fe received", HEAD "### 1 body\r\n");
	next_is(&in, 1795295145000000000, "fe sent",
		"BYE sip:b@x SIP/2.0\nContent-Length: 8\n\na\nb\n\n");
	next_is(&in, 1795295146500000000, "the same, longer",
		"BYE sip:b@x SIP/2.0\nContent-Length: 80\n\na\nb\n");
	next_is(&in, 1795295148250000000, "last", HEAD "123456789012");
	g_assert_false(tap_textlog_next(&in, &m));
}

static void test_cut(void)
{
	for (gsize n = 0; n < sizeof(log_text); n++) {
		g_autofree char *copy = g_memdup2(log_text, n ? n : 1);
		span in = span_of(copy, n);
		unsigned count = 0;
		tap_logged m;

		while (tap_textlog_next(&in, &m))
			count++;
		g_assert_cmpuint(count, <=, 4);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/textlog/log", test_log);
	g_test_add_func("/tap/textlog/cut", test_cut);
	return g_test_run();
}
