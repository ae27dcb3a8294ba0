#include <glib.h>

#include "decoder/red.h"
#include "tests/support/hex.h"

/* RFC 2198 4: an older block of 3 octets, 160 units back, then the primary. */
static const char one[] = "80 0280 03 00 616161 626262";

static void test_two(void)
{
	uint8_t b[32];
	const size_t n = hex_read(one, b, sizeof(b));
	dec_red r;

	g_assert_cmpint(dec_red_parse(span_of(b, n), &r), ==, DEC_OK);
	g_assert_cmpuint(r.n, ==, 2);
	g_assert_cmpuint(r.block[0].pt, ==, 0);
	g_assert_cmpuint(r.block[0].back, ==, 160);
	g_assert_true(span_eq(r.block[0].payload, "aaa"));
	g_assert_true(span_eq(r.block[1].payload, "bbb"));
}

/* The first packet of a stream has nothing older. */
static void test_primary_only(void)
{
	const uint8_t b[] = {0x08, 'x'};
	dec_red r;

	g_assert_cmpint(dec_red_parse(span_of(b, 2), &r), ==, DEC_OK);
	g_assert_cmpuint(r.n, ==, 1);
	g_assert_cmpuint(r.block[0].pt, ==, 8);
	g_assert_true(span_eq(r.block[0].payload, "x"));
}

static void test_cut(void)
{
	uint8_t b[32];
	const size_t n = hex_read(one, b, sizeof(b));
	dec_red r;

	for (size_t cut = 0; cut < n - 3; cut++)
		g_assert_cmpint(dec_red_parse(span_of(b, cut), &r), ==,
				DEC_SHORT);
}

static void test_endless(void)
{
	uint8_t b[64];
	dec_red r;

	memset(b, 0x80, sizeof(b));
	g_assert_cmpint(dec_red_parse(span_of(b, sizeof(b)), &r), ==, DEC_BAD);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/red/two", test_two);
	g_test_add_func("/decoder/red/primary-only", test_primary_only);
	g_test_add_func("/decoder/red/cut", test_cut);
	g_test_add_func("/decoder/red/endless", test_endless);
	return g_test_run();
}
