#include "decoder/h264_layers.h"

#include <glib.h>

static unsigned add(dec_layers *l, uint32_t ssrc, uint8_t prid)
{
	const unsigned i = dec_layers_find(l, ssrc);

	l->list[i].prid = prid;
	return i;
}

/* One picture of one layer. False when nothing is to be shown. */
static bool show(dec_layers *l, int64_t ts, unsigned layer, bool key,
		 unsigned *base)
{
	dec_layers_begin(l);
	dec_layers_slice(l, layer, key, 100);
	return dec_layers_choose(l, ts, base);
}

/* Two streams of three layers: PRIDs say whose they are, whatever the SSRCs. */
static void test_prid(void)
{
	dec_layers l = {0};
	const unsigned b2 = add(&l, 5, 6), a1 = add(&l, 90, 2),
		       a = add(&l, 7, 1), b1 = add(&l, 1, 5),
		       b = add(&l, 60, 4), a2 = add(&l, 2, 3);
	unsigned base;

	/* Without key pictures nothing is known. */
	g_assert_cmpuint(dec_layers_base(&l, a1), ==, a1);
	dec_layers_begin(&l);
	dec_layers_slice(&l, a, true, 50);
	dec_layers_slice(&l, b, true, 80);
	g_assert_true(dec_layers_choose(&l, 0, &base));
	g_assert_cmpuint(base, ==, b);
	g_assert_cmpuint(dec_layers_base(&l, a1), ==, a);
	g_assert_cmpuint(dec_layers_base(&l, a2), ==, a);
	g_assert_cmpuint(dec_layers_base(&l, b1), ==, b);
	g_assert_cmpuint(dec_layers_base(&l, b2), ==, b);
	g_assert_cmpuint(l.others, ==, 1);
	g_assert_true(show(&l, 3000, b1, false, &base));
	g_assert_cmpuint(base, ==, b);
	g_assert_false(show(&l, 6000, a1, false, &base));
	g_assert_false(show(&l, 9000, a, true, &base));
	g_assert_cmpuint(l.others, ==, 1);
}

/* A second without the one that is shown, and a key picture of another. */
static void test_takes_over(void)
{
	dec_layers l = {0};
	const unsigned a = add(&l, 1, 0), b = add(&l, 2, 4);
	unsigned base;

	g_assert_true(show(&l, 0, a, true, &base));
	g_assert_false(show(&l, 90000, b, true, &base));
	g_assert_false(show(&l, 93000, b, false, &base));
	g_assert_true(show(&l, 96000, b, true, &base));
	g_assert_cmpuint(base, ==, b);
	g_assert_false(show(&l, 99000, a, true, &base));
	g_assert_cmpuint(l.others, ==, 2);
}

/* Another sender in its place: its layers are its own, though the PRIDs are
 * those of before. */
static void test_replaced(void)
{
	dec_layers l = {0};
	const unsigned a = add(&l, 100, 0), b = add(&l, 50, 0),
		       b1 = add(&l, 51, 1);
	unsigned base;

	g_assert_true(show(&l, 0, a, true, &base));
	g_assert_true(show(&l, 200000, b, true, &base));
	g_assert_cmpuint(base, ==, b);
	g_assert_true(show(&l, 203000, b1, false, &base));
	g_assert_cmpuint(base, ==, b);
	g_assert_cmpuint(l.others, ==, 0);
}

/* Before any key picture all is handed on: plain H.264 that was joined late. */
static void test_no_key(void)
{
	dec_layers l = {0};
	const unsigned a = add(&l, 1, 0);
	unsigned base;

	g_assert_true(show(&l, 0, a, false, &base));
	g_assert_cmpuint(base, ==, a);
	dec_layers_begin(&l);
	g_assert_false(dec_layers_choose(&l, 3000, &base));
}

/* More SSRCs than a client has: nothing is written past the end. */
static void test_many(void)
{
	dec_layers l = {0};
	unsigned base;

	for (uint32_t i = 0; i < 10000; i++) {
		const unsigned n = add(&l, i * 7919, (uint8_t)(i % 64));

		g_assert_cmpuint(n, <, DEC_LAYERS_MAX);
		show(&l, i * 3000, n, i % 3 == 0, &base);
	}
	g_assert_cmpuint(l.n, <=, DEC_LAYERS_MAX);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/h264-layers/prid", test_prid);
	g_test_add_func("/decoder/h264-layers/takes-over", test_takes_over);
	g_test_add_func("/decoder/h264-layers/replaced", test_replaced);
	g_test_add_func("/decoder/h264-layers/no-key", test_no_key);
	g_test_add_func("/decoder/h264-layers/many", test_many);
	return g_test_run();
}
