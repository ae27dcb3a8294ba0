#include "core/multipart.h"

#include <glib.h>

static void check_text(span s, const char *text)
{
	g_autofree char *got = span_dup(s);

	g_assert_cmpstr(got, ==, text);
}

/* Two parts as a Lync 2013 client writes them. */
static const char type[] = "multipart/alternative;"
			   "boundary=\"----=_NextPart_000_0012_01D1\"";
static const char body[] =
	"preamble\r\n"
	"------=_NextPart_000_0012_01D1\r\n"
	"Content-Type: application/sdp\r\n"
	"Content-Transfer-Encoding: 7bit\r\n"
	"Content-Disposition: session; handling=optional;\r\n"
	" ms-proxy-2007fallback\r\n"
	"\r\n"
	"v=0\r\n"
	"------=_NextPart_000_0012_01D12\r\n"
	"\r\n------=_NextPart_000_0012_01D1 \r\n"
	"content-type:application/gw-sdp\r\n"
	"\r\n"
	"v=1\r\n"
	"\r\n------=_NextPart_000_0012_01D1--\r\n"
	"epilogue\r\n"
	"------=_NextPart_000_0012_01D1\r\n\r\nnot a part\r\n";

static void test_lync(void)
{
	mpart_iter it;
	mpart p;

	g_assert_true(mpart_begin(&it, span_str(type), span_str(body)));
	g_assert_cmpint(mpart_next(&it, &p), ==, MPART_OK);
	check_text(p.type, "application/sdp");
	check_text(p.encoding, "7bit");
	g_assert_true(span_starts(p.disposition, "session;"));
	g_assert_true(span_starts(p.head, "Content-Type: application/sdp\r\n"));
	check_text(p.content, "v=0\r\n------=_NextPart_000_0012_01D12\r\n");
	g_assert_false(p.cut);
	g_assert_cmpint(mpart_next(&it, &p), ==, MPART_OK);
	check_text(p.type, "application/gw-sdp");
	check_text(p.head, "content-type:application/gw-sdp\r\n");
	check_text(p.content, "v=1\r\n");
	g_assert_cmpint(mpart_next(&it, &p), ==, MPART_END);
	g_assert_cmpint(mpart_next(&it, &p), ==, MPART_END);
}

static void test_bare(void)
{
	mpart_iter it;
	mpart p;

	g_assert_true(mpart_begin(&it, span_str("Multipart/Mixed; a=\"b;c\" ; "
						"Boundary = x1 ;z"),
				  span_str("--x1\n\none\n--x1\n--x1\n\nlast")));
	g_assert_cmpint(mpart_next(&it, &p), ==, MPART_OK);
	check_text(p.content, "one");
	check_text(p.head, "");
	g_assert_cmpuint(p.type.left, ==, 0);
	g_assert_cmpint(mpart_next(&it, &p), ==, MPART_OK);
	check_text(p.content, "");
	g_assert_cmpint(mpart_next(&it, &p), ==, MPART_OK);
	check_text(p.content, "last");
	g_assert_true(p.cut);
	g_assert_cmpint(mpart_next(&it, &p), ==, MPART_END);
}

static void test_no_boundary(void)
{
	static const char *const bad[] = {
		"multipart/mixed", "multipart/mixed; boundary=",
		"multipart/mixed; boundary=\"\"", "multipart/mixed; boundary",
		"multipart/mixed; boundary=\"a", "multipart/mixed; boundary=\"",
		"multipart/mixed; boundary=\"a\\\"b\"", "multipart/mixed; ;;=",
		"text/plain; boundary=a", "multipart/mixed; x=\"; boundary=a\"",
	};
	mpart_iter it;

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(mpart_begin(&it, span_str(bad[i]),
					   span_str("--a\r\n\r\nx\r\n--a--")));
}

static void test_many(void)
{
	g_autoptr(GString) s = g_string_new(NULL);
	mpart_iter it;
	mpart p;

	for (unsigned i = 0; i <= MPART_MAX; i++)
		g_string_append(s, "--a\r\n\r\nx\r\n");
	g_assert_true(mpart_begin(&it, span_str("multipart/mixed;boundary=a"),
				  span_of(s->str, s->len)));
	for (unsigned i = 0; i < MPART_MAX; i++)
		g_assert_cmpint(mpart_next(&it, &p), ==, MPART_OK);
	g_assert_cmpint(mpart_next(&it, &p), ==, MPART_MANY);
}

/* Whatever is cut off, a part that was whole before the cut stays whole. */
static void test_cut(void)
{
	size_t first_ends = (size_t)(strstr(body, " \r\ncontent") - body);

	for (size_t n = 0; n < strlen(body); n++) {
		g_autofree char *exact = g_memdup2(body, n + !n);
		mpart_iter it;
		mpart p;
		unsigned parts = 0;

		g_assert_true(mpart_begin(&it, span_str(type),
					  span_of(exact, n)));
		while (mpart_next(&it, &p) == MPART_OK) {
			g_assert_cmpuint(p.content.left, <=, n);
			if (parts++ == 0 && n >= first_ends)
				g_assert_false(p.cut);
		}
		g_assert_cmpuint(parts, <=, 2);
	}
}

static void test_types(void)
{
	span value;

	g_assert_true(mime_is(span_str(" Application/SDP ;charset=x"),
			      "application/sdp"));
	g_assert_false(mime_is(span_str("application/sdpx"),
			       "application/sdp"));
	g_assert_true(mime_is(span_str("multipart/x"), "multipart/"));
	g_assert_false(mime_is(span_str(""), "application/sdp"));
	g_assert_true(mime_param(span_str("session; handling=optional"),
				 "Handling", &value));
	check_text(value, "optional");
	g_assert_false(mime_param(span_str("session; handling"), "handling",
				  &value));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/core/multipart/lync", test_lync);
	g_test_add_func("/core/multipart/bare", test_bare);
	g_test_add_func("/core/multipart/no-boundary", test_no_boundary);
	g_test_add_func("/core/multipart/many", test_many);
	g_test_add_func("/core/multipart/cut", test_cut);
	g_test_add_func("/core/multipart/types", test_types);
	return g_test_run();
}
