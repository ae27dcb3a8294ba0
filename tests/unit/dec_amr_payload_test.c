#include "decoder/amr_payload.h"

#include <glib.h>

static const dec_amr_format aligned = {false, true}, packed = {false, false};

/* RFC 4867 4.3.5.1, with the shortest frame: CMR 15, F 0, FT 0, Q 1, 95 ones
 * and 7 bits of padding. */
static const uint8_t one_packed[14] = {
	0xf0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x80,
};
/* CMR 15; F 1, FT 8, Q 1; F 0, FT 15, Q 0; 39 bits of a silence descriptor. */
static const uint8_t two_aligned[8] = {0xf0, 0xc4, 0x78, 0xab,
				       0xcd, 0xef, 0x01, 0x22};

static void test_packed(void)
{
	dec_amr_payload p;
	uint8_t frame[DEC_AMR_OCTETS];

	g_assert_true(dec_amr_parse(span_of(one_packed, 14), packed, &p));
	g_assert_cmpuint(p.frames, ==, 1);
	g_assert_true(dec_amr_next(&p, frame));
	g_assert_cmphex(frame[0], ==, 0x04);
	for (int i = 1; i < 12; i++)
		g_assert_cmphex(frame[i], ==, 0xff);
	g_assert_cmphex(frame[12], ==, 0xfe);
	g_assert_cmphex(frame[13], ==, 0);
	g_assert_false(dec_amr_next(&p, frame));
}

static void test_aligned(void)
{
	dec_amr_payload p;
	uint8_t frame[DEC_AMR_OCTETS];

	g_assert_true(dec_amr_parse(span_of(two_aligned, 8), aligned, &p));
	g_assert_cmpuint(p.frames, ==, 2);
	g_assert_true(dec_amr_next(&p, frame));
	g_assert_cmpuint(dec_amr_type(frame[0]), ==, 8);
	g_assert_true(dec_amr_good(frame[0]));
	g_assert_cmpmem(frame + 1, 5, two_aligned + 3, 5);
	g_assert_true(dec_amr_next(&p, frame));
	g_assert_cmpuint(dec_amr_type(frame[0]), ==, DEC_AMR_NO_DATA);
	g_assert_false(dec_amr_good(frame[0]));
}

/* Every cut is noticed, and an octet too many as well. */
static void test_cut(void)
{
	uint8_t longer[15] = {0};
	dec_amr_payload p;

	for (size_t n = 0; n < sizeof one_packed; n++)
		g_assert_false(dec_amr_parse(span_of(one_packed, n), packed,
					     &p));
	for (size_t n = 0; n < sizeof two_aligned; n++)
		g_assert_false(dec_amr_parse(span_of(two_aligned, n), aligned,
					     &p));
	memcpy(longer, one_packed, sizeof one_packed);
	g_assert_false(dec_amr_parse(span_of(longer, 15), packed, &p));
}

static void test_refused(void)
{
	const uint8_t unused[2] = {0xf0, 9 << 3 | 4};
	const uint8_t lost[2] = {0xf0, 14 << 3 | 4};
	const dec_amr_format wide = {true, true};
	uint8_t endless[64];
	dec_amr_payload p;

	memset(endless, 0xfc, sizeof endless);
	g_assert_false(dec_amr_parse(span_of(unused, 2), aligned, &p));
	g_assert_false(dec_amr_parse(span_of(lost, 2), aligned, &p));
	g_assert_true(dec_amr_parse(span_of(lost, 2), wide, &p));
	g_assert_false(dec_amr_parse(span_of(endless, 64), aligned, &p));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/amr-payload/packed", test_packed);
	g_test_add_func("/decoder/amr-payload/aligned", test_aligned);
	g_test_add_func("/decoder/amr-payload/cut", test_cut);
	g_test_add_func("/decoder/amr-payload/refused", test_refused);
	return g_test_run();
}
