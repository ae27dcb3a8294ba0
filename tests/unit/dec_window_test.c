#include <glib.h>

#include "decoder/window.h"

static void test_guess(void)
{
	dec_window w = {0};

	g_assert_cmpuint(dec_window_guess(&w, 0xffff), ==, 0xffff);
	dec_window_take(&w, 0xfff0);
	g_assert_cmpuint(dec_window_guess(&w, 0xfff1), ==, 0xfff1);
	g_assert_cmpuint(dec_window_guess(&w, 0x0001), ==, 0x10001);
	dec_window_take(&w, 0x10001);
	g_assert_cmpuint(dec_window_guess(&w, 0xffff), ==, 0xffff);
	g_assert_cmpuint(dec_window_guess(&w, 0x8001), ==, 0x18001);
}

/* RFC 3711 3.3.1: half the numbers are ahead, to the number. */
static void test_guess_half(void)
{
	dec_window w = {0};

	dec_window_take(&w, 0x1c000);
	g_assert_cmpuint(dec_window_guess(&w, 0x4000), ==, 0x14000);
	g_assert_cmpuint(dec_window_guess(&w, 0x3fff), ==, 0x23fff);
	dec_window_seek(&w, 0x11000);
	g_assert_cmpuint(dec_window_guess(&w, 0x9000), ==, 0x19000);
	g_assert_cmpuint(dec_window_guess(&w, 0x9001), ==, 0x09001);
}

/* RFC 3711 3.3.1 has no index below zero. */
static void test_guess_at_zero(void)
{
	dec_window w = {0};

	dec_window_take(&w, 5);
	g_assert_cmpuint(dec_window_guess(&w, 0xffff), ==, 0xffff);
	g_assert_cmpuint(dec_window_guess(&w, 4), ==, 4);
}

static void test_places(void)
{
	dec_window w = {0};

	g_assert_cmpint(dec_window_look(&w, 7), ==, DEC_PLACE_NEW);
	dec_window_take(&w, 2000);
	g_assert_cmpint(dec_window_look(&w, 2000), ==, DEC_PLACE_SEEN);
	g_assert_cmpint(dec_window_look(&w, 1999), ==, DEC_PLACE_NEW);
	g_assert_cmpint(dec_window_look(&w, 2001), ==, DEC_PLACE_NEW);
	g_assert_cmpint(dec_window_look(&w, 977), ==, DEC_PLACE_NEW);
	g_assert_cmpint(dec_window_look(&w, 976), ==, DEC_PLACE_OLD);
	dec_window_take(&w, 1999);
	g_assert_cmpint(dec_window_look(&w, 1999), ==, DEC_PLACE_SEEN);
	/* What begins anew has no past. */
	dec_window_seek(&w, 5000);
	g_assert_cmpint(dec_window_look(&w, 5000), ==, DEC_PLACE_NEW);
	g_assert_cmpint(dec_window_look(&w, 1), ==, DEC_PLACE_NEW);
}

/* Random walks against a plain list. */
static void test_walk(void)
{
	enum { SPAN = 20000 };
	g_autofree uint8_t *seen = g_malloc0(SPAN);
	dec_window w = {0};
	uint64_t top = 0;

	for (int i = 0; i < 30000; i++) {
		const uint64_t back = (uint64_t)g_test_rand_int_range(0, 1500);
		uint64_t at = top + (uint64_t)g_test_rand_int_range(0, 4);
		dec_place want;

		if (i % 2)
			at = top > back ? top - back : 0;
		if (at >= SPAN)
			break;
		want = at > top || !w.any	? DEC_PLACE_NEW
		       : top - at >= DEC_WINDOW ? DEC_PLACE_OLD
		       : seen[at]		? DEC_PLACE_SEEN
						: DEC_PLACE_NEW;
		g_assert_cmpint(dec_window_look(&w, at), ==, want);
		if (want != DEC_PLACE_NEW)
			continue;
		dec_window_take(&w, at);
		seen[at] = 1;
		top = MAX(top, at);
	}
	g_assert_cmpuint(top, >, 5000);
}

static void test_seek(void)
{
	dec_window w = {0};

	dec_window_take(&w, 10);
	dec_window_seek(&w, 0x50003);
	g_assert_cmpint(dec_window_look(&w, 0x50003), ==, DEC_PLACE_NEW);
	g_assert_cmpuint(dec_window_guess(&w, 0xfffe), ==, 0x4fffe);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/window/guess", test_guess);
	g_test_add_func("/decoder/window/guess-half", test_guess_half);
	g_test_add_func("/decoder/window/guess-at-zero", test_guess_at_zero);
	g_test_add_func("/decoder/window/places", test_places);
	g_test_add_func("/decoder/window/walk", test_walk);
	g_test_add_func("/decoder/window/seek", test_seek);
	return g_test_run();
}
