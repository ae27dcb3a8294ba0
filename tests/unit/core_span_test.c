#include "core/span.h"

#include <glib.h>

static void test_cut(void)
{
	const uint8_t b[] = {0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0};
	span s = span_of(b, sizeof(b)), part;
	uint64_t v64;
	uint32_t v32;
	uint16_t v16;
	uint8_t v8;

	g_assert_true(span_u64(&s, &v64) && v64 == 0x123456789abcdef0);
	g_assert_false(span_u8(&s, &v8));
	s = span_of(b, 3);
	g_assert_false(span_u32(&s, &v32));
	g_assert_cmpuint(s.left, ==, 3);
	g_assert_true(span_u16(&s, &v16) && v16 == 0x1234);
	g_assert_false(span_cut(&s, 2, &part));
	g_assert_true(span_u8(&s, &v8) && v8 == 0x56 && s.left == 0);
}

static void test_lines(void)
{
	span s = span_str("one\r\ntwo\n\nlast"), l;

	g_assert_true(span_line(&s, &l) && span_eq(l, "one"));
	g_assert_true(span_line(&s, &l) && span_eq(l, "two"));
	g_assert_true(span_line(&s, &l) && span_eq(l, ""));
	g_assert_true(span_line(&s, &l) && span_eq(l, "last"));
	g_assert_false(span_line(&s, &l));
}

static void test_words(void)
{
	span s = span_str("  a\tbc  "), w;

	g_assert_true(span_word(&s, &w) && span_eq(w, "a"));
	g_assert_true(span_word(&s, &w) && span_eq(w, "bc"));
	g_assert_false(span_word(&s, &w));
}

static void test_decimal(void)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool ok;
		uint64_t v;
	} t[] = {
		{"0", 0, true, 0},
		{"1", 0, false, 0},
		{"65535", 65535, true, 65535},
		{"65536", 65535, false, 0},
		{"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
		{"18446744073709551616", UINT64_MAX, false, 0},
		{"99999999999999999999", UINT64_MAX, false, 0},
		{"", 9, false, 0},
		{"-1", 9, false, 0},
		{"7x", 9, false, 0},
		{"0000000000000000000000007", 9, true, 7},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(t); i++) {
		uint64_t v = 0;
		bool ok = span_number(span_str(t[i].text), t[i].max, &v);

		g_test_message("%s", t[i].text);
		g_assert_cmpint(ok, ==, t[i].ok);
		if (ok)
			g_assert_cmpuint(v, ==, t[i].v);
	}
}

static void test_case(void)
{
	g_assert_true(span_caseeq(span_str("SiP"), "sIp"));
	g_assert_false(span_caseeq(span_str("SiP"), "sIpx"));
	g_assert_true(span_casestarts(span_str("SIP/2.0 200"), "sip/2.0"));
	g_assert_false(span_starts(span_str("SI"), "SIP"));
	g_assert_true(span_eq(span_trim(span_str(" \t a b\r\n")), "a b"));
}

static void test_copy(void)
{
	char small[4];
	g_autofree char *s = span_dup(span_of("a\0b", 3));

	g_assert_cmpstr(s, ==, "a?b");
	span_copy(span_str("abcdef"), small, sizeof(small));
	g_assert_cmpstr(small, ==, "abc");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/core/span/cut", test_cut);
	g_test_add_func("/core/span/lines", test_lines);
	g_test_add_func("/core/span/words", test_words);
	g_test_add_func("/core/span/decimal", test_decimal);
	g_test_add_func("/core/span/case", test_case);
	g_test_add_func("/core/span/copy", test_copy);
	return g_test_run();
}
