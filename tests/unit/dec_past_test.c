#include <glib.h>

#include "decoder/past.h"

static uint32_t ts_of(uint64_t index)
{
	return 0xfff00000u + (uint32_t)(index * 160);
}

static void test_line(void)
{
	dec_past p;

	dec_past_init(&p);
	for (uint64_t i = 1000; i < 70000; i++)
		dec_past_note(&p, i, ts_of(i));
	for (uint64_t i = 990; i < 70000; i += 7) {
		g_assert_true(dec_past_fits(&p, i, ts_of(i)));
		g_assert_false(dec_past_fits(&p, i, ts_of(i) + 0x40000000));
		g_assert_false(dec_past_fits(&p, i, ts_of(i) - 0x40000000));
	}
	g_assert_false(dec_past_fits(&p, 70001, ts_of(70001)));
	g_assert_cmpuint(p.points->len, <, 300);
	dec_past_clear(&p);
}

/* Both numberings of a source that began anew are remembered, and nothing
 * between them. */
static void test_break(void)
{
	dec_past p;

	dec_past_init(&p);
	for (uint64_t i = 100000; i < 101000; i++)
		dec_past_note(&p, i, 5000);
	dec_past_break(&p);
	for (uint64_t i = 500; i < 1000; i++)
		dec_past_note(&p, i, 0x80000000);
	g_assert_true(dec_past_fits(&p, 100500, 5000));
	g_assert_true(dec_past_fits(&p, 700, 0x80000000));
	g_assert_false(dec_past_fits(&p, 700, 5000));
	g_assert_false(dec_past_fits(&p, 50000, 5000));
	dec_past_clear(&p);
}

static void test_first(void)
{
	dec_past p;

	dec_past_init(&p);
	g_assert_false(dec_past_fits(&p, 5, 5));
	dec_past_note(&p, 5, 5);
	g_assert_true(dec_past_fits(&p, 5, 5));
	dec_past_clear(&p);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/past/line", test_line);
	g_test_add_func("/decoder/past/break", test_break);
	g_test_add_func("/decoder/past/first", test_first);
	return g_test_run();
}
