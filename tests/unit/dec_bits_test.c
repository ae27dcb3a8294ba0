#include "decoder/bits.h"

#include <glib.h>

static void test_widths(void)
{
	const uint8_t b[12] = {0x80, 0x01, 0xa5, 0xff, 0x00, 0x12,
			       0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde};
	dec_bits in = dec_bits_of(span_of(b, sizeof b));

	g_assert_cmphex(dec_bits_get(&in, 1), ==, 1);
	g_assert_cmphex(dec_bits_get(&in, 15), ==, 1);
	g_assert_cmphex(dec_bits_get(&in, 4), ==, 0xa);
	g_assert_cmphex(dec_bits_get(&in, 32), ==, 0x5ff00123);
	g_assert_cmphex(dec_bits_get(&in, 32), ==, 0x456789ab);
	g_assert_cmpint(in.left, ==, 12);
	g_assert_cmphex(dec_bits_get(&in, 12), ==, 0xcde);
	g_assert_cmpint(in.left, ==, 0);
}

/* Past the end come zeros, for ever, and it shows. */
static void test_past_the_end(void)
{
	const uint8_t b[1] = {0xff};
	dec_bits in = dec_bits_of(span_of(b, 1));

	g_assert_cmphex(dec_bits_get(&in, 32), ==, 0xff000000);
	g_assert_cmpint(in.left, ==, -24);
	for (int i = 0; i < 100; i++)
		g_assert_cmphex(dec_bits_get(&in, 31), ==, 0);
	g_assert_cmpint(in.left, ==, -24 - 3100);
}

/* One by one is the same as all at once. */
static void test_one_by_one(void)
{
	uint8_t b[64];
	dec_bits one, many;

	for (int i = 0; i < 64; i++)
		b[i] = (uint8_t)(i * 37);
	one = many = dec_bits_of(span_of(b, sizeof b));
	for (int n = 1; n <= 31; n++) {
		uint32_t v = 0;

		for (int i = 0; i < n; i++)
			v = v << 1 | dec_bits_get(&one, 1);
		g_assert_cmphex(dec_bits_get(&many, n), ==, v);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/bits/widths", test_widths);
	g_test_add_func("/decoder/bits/past-the-end", test_past_the_end);
	g_test_add_func("/decoder/bits/one-by-one", test_one_by_one);
	return g_test_run();
}
