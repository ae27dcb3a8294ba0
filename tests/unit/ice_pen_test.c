#include "ice_rewriter/pen.h"

#include <glib.h>

static const char text[] = "one two three";

static span word(size_t at, size_t n)
{
	return span_of(text + at, n);
}

static void test_edits(void)
{
	uint8_t room[64];
	put out = put_into(room, sizeof(room));
	ice_pen p = ice_pen_on(span_str(text), &out);

	ice_pen_swap(&p, ice_pen_before(word(0, 3)), span_str("<"));
	ice_pen_swap(&p, word(4, 3), span_str("2"));
	ice_pen_add(&p, span_str("!"));
	ice_pen_swap(&p, ice_pen_behind(word(8, 5)), span_str(">"));
	ice_pen_end(&p);
	g_assert_true(span_eq(put_done(&out), "<one 2! three>"));
	g_assert_cmpuint(p.cut, ==, 3);
	g_assert_cmpuint(p.added, ==, 4);
}

static void test_no_edit(void)
{
	uint8_t room[64];
	put out = put_into(room, sizeof(room));
	ice_pen p = ice_pen_on(span_str(text), &out);

	ice_pen_swap(&p, word(4, 3), span_str("two"));
	ice_pen_swap(&p, ice_pen_behind(word(4, 3)), span_str(""));
	ice_pen_end(&p);
	g_assert_false(p.changed);
	g_assert_cmpuint(out.n, ==, 0);
}

static void test_counting(void)
{
	ice_pen p = ice_pen_on(span_str(text), NULL);

	ice_pen_swap(&p, word(0, 4), span_str(""));
	ice_pen_end(&p);
	g_assert_true(p.changed);
	g_assert_cmpuint(p.cut, ==, 4);
	g_assert_cmpuint(p.added, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ice/pen/edits", test_edits);
	g_test_add_func("/ice/pen/no-edit", test_no_edit);
	g_test_add_func("/ice/pen/counting", test_counting);
	return g_test_run();
}
