#include <glib.h>

#include "decoder/dtmf.h"

static bool step(dec_press *p, uint32_t ts, uint8_t event, uint16_t duration,
		 bool end, dec_press *done)
{
	const dec_tel t = {event, end, 10, duration};

	return dec_press_step(p, ts, &t, done);
}

static void test_parse(void)
{
	const uint8_t b[] = {11, 0x8a, 0x03, 0x20};
	dec_tel t;

	g_assert_cmpint(dec_tel_parse(span_of(b, 4), &t), ==, DEC_OK);
	g_assert_cmpuint(t.event, ==, 11);
	g_assert_true(t.end);
	g_assert_cmpuint(t.volume, ==, 10);
	g_assert_cmpuint(t.duration, ==, 800);
	for (size_t cut = 0; cut < 4; cut++)
		g_assert_cmpint(dec_tel_parse(span_of(b, cut), &t), ==,
				DEC_SHORT);
	g_assert_cmpint(dec_tel_digit(0), ==, '0');
	g_assert_cmpint(dec_tel_digit(10), ==, '*');
	g_assert_cmpint(dec_tel_digit(15), ==, 'D');
	g_assert_cmpint(dec_tel_digit(16), ==, '!');
	g_assert_cmpint(dec_tel_digit(17), ==, '\0');
}

/* Updates, then three end packets: one press. */
static void test_press(void)
{
	dec_press p = {0}, done;

	g_assert_false(step(&p, 1000, 5, 160, false, &done));
	g_assert_false(step(&p, 1000, 5, 320, false, &done));
	g_assert_true(step(&p, 1000, 5, 400, true, &done));
	g_assert_cmpuint(done.event, ==, 5);
	g_assert_cmpuint(done.first, ==, 1000);
	g_assert_cmpuint(done.length, ==, 400);
	g_assert_false(step(&p, 1000, 5, 400, true, &done));
	g_assert_false(step(&p, 1000, 5, 400, true, &done));
	g_assert_false(dec_press_flush(&p, &done));
}

/* The same key again; the end of the first was lost. */
static void test_lost_end(void)
{
	dec_press p = {0}, done;

	g_assert_false(step(&p, 1000, 5, 320, false, &done));
	g_assert_true(step(&p, 3000, 5, 160, false, &done));
	g_assert_cmpuint(done.first, ==, 1000);
	g_assert_cmpuint(done.length, ==, 320);
	g_assert_true(dec_press_flush(&p, &done));
	g_assert_cmpuint(done.first, ==, 3000);
}

/* RFC 4733 2.5.1.3: more than 65,535 units. */
static void test_long(void)
{
	dec_press p = {0}, done;

	g_assert_false(step(&p, 1000, 1, 0xffff, false, &done));
	g_assert_false(step(&p, 1000 + 0xffff, 1, 160, false, &done));
	g_assert_true(step(&p, 1000 + 0xffff, 1, 320, true, &done));
	g_assert_cmpuint(done.first, ==, 1000);
	g_assert_cmpuint(done.length, ==, 0xffff + 320);
}

/* A packet of a press that is over already. */
static void test_late(void)
{
	dec_press p = {0}, done;

	g_assert_true(step(&p, 1000, 1, 400, true, &done));
	g_assert_true(step(&p, 2000, 2, 400, true, &done));
	g_assert_false(step(&p, 1000, 1, 400, true, &done));
	g_assert_false(dec_press_flush(&p, &done));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/dtmf/parse", test_parse);
	g_test_add_func("/decoder/dtmf/press", test_press);
	g_test_add_func("/decoder/dtmf/lost-end", test_lost_end);
	g_test_add_func("/decoder/dtmf/long", test_long);
	g_test_add_func("/decoder/dtmf/late", test_late);
	return g_test_run();
}
