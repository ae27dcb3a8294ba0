#include "decoder/h264_nal.h"

#include <glib.h>

static void test_single(void)
{
	const uint8_t b[3] = {0x65, 1, 2};
	dec_nal_reader r;
	dec_nal n;

	g_assert_true(dec_nal_open(span_of(b, 3), &r));
	g_assert_true(dec_nal_next(&r, &n));
	g_assert_cmphex(n.head, ==, 0x65);
	g_assert_cmpmem(n.body.p, n.body.left, b + 1, 2);
	g_assert_true(n.begins && n.ends);
	g_assert_false(dec_nal_next(&r, &n));
}

/* RFC 6184 5.7.1: two NAL units behind their lengths. */
static const uint8_t stap[10] = {0x78, 0, 2, 0x67, 0x42, 0, 3, 0x68, 1, 2};

static void test_stap(void)
{
	dec_nal_reader r;
	dec_nal n;

	g_assert_true(dec_nal_open(span_of(stap, 10), &r));
	g_assert_true(dec_nal_next(&r, &n));
	g_assert_cmpuint(dec_nal_type(n.head), ==, DEC_NAL_SPS);
	g_assert_cmpuint(n.body.left, ==, 1);
	g_assert_true(dec_nal_next(&r, &n));
	g_assert_cmpuint(dec_nal_type(n.head), ==, DEC_NAL_PPS);
	g_assert_cmpuint(n.body.left, ==, 2);
	g_assert_false(dec_nal_next(&r, &n));
}

/* Whatever is cut off, what comes back lies inside and is never half. */
static void test_stap_cut(void)
{
	for (size_t len = 0; len < sizeof stap; len++) {
		unsigned units = 0;
		dec_nal_reader r;
		dec_nal n;

		if (!dec_nal_open(span_of(stap, len), &r)) {
			g_assert_cmpuint(len, ==, 0);
			continue;
		}
		while (dec_nal_next(&r, &n))
			units++;
		g_assert_cmpuint(units, ==, len >= 5);
	}
}

static void test_fragments(void)
{
	const uint8_t first[3] = {0x7c, 0x85, 9}, last[3] = {0x7c, 0x45, 8};
	const uint8_t both[3] = {0x7c, 0xc5, 7};
	dec_nal_reader r;
	dec_nal n;

	g_assert_true(dec_nal_open(span_of(first, 3), &r));
	g_assert_true(dec_nal_next(&r, &n));
	g_assert_cmphex(n.head, ==, 0x65);
	g_assert_true(n.begins && !n.ends);
	g_assert_cmpuint(n.body.left, ==, 1);
	g_assert_false(dec_nal_next(&r, &n));
	g_assert_true(dec_nal_open(span_of(last, 3), &r));
	g_assert_true(dec_nal_next(&r, &n));
	g_assert_true(!n.begins && n.ends);
	/* RFC 6184 5.8: never both; and never without a piece. */
	g_assert_true(dec_nal_open(span_of(both, 3), &r));
	g_assert_false(dec_nal_next(&r, &n));
	g_assert_true(dec_nal_open(span_of(first, 2), &r));
	g_assert_false(dec_nal_next(&r, &n));
}

static void test_refused(void)
{
	/* STAP-B, MTAP16, MTAP24, FU-B: interleaved mode only. */
	const uint8_t types[4] = {25, 26, 27, 29};
	dec_nal_reader r;

	g_assert_false(dec_nal_open(span_of(NULL, 0), &r));
	for (int i = 0; i < 4; i++)
		g_assert_false(dec_nal_open(span_of(types + i, 1), &r));
}

static void test_pacsi(void)
{
	/* Behind the head: three octets of SVC, the flags X Y T A P C S E. */
	const uint8_t plain[6] = {0xc0, 0x07, 0x00, 0x20, 0x82, 0xc9};
	const uint8_t with_y[9] = {0, 0, 0, 0xa0, 1, 2, 3, 0x12, 0x34};
	const uint8_t without[6] = {0, 0, 0, 0x00, 0x82, 0xc9};
	uint16_t don;

	g_assert_true(dec_nal_pacsi_don(span_of(plain, 6), &don));
	g_assert_cmphex(don, ==, 0x82c9);
	g_assert_true(dec_nal_pacsi_don(span_of(with_y, 9), &don));
	g_assert_cmphex(don, ==, 0x1234);
	g_assert_false(dec_nal_pacsi_don(span_of(without, 6), &don));
	for (size_t n = 0; n < 6; n++)
		g_assert_false(dec_nal_pacsi_don(span_of(plain, n), &don));
	for (size_t n = 0; n < 9; n++)
		g_assert_false(dec_nal_pacsi_don(span_of(with_y, n), &don));
}

static void test_ids(void)
{
	/* ue(v): 1 is 0, 010 is 1, 00111 is 6. */
	const uint8_t sps[4] = {0x42, 0xe0, 0x0d, 0x40};
	const uint8_t pps[1] = {0x53};	/* 010 1: PPS 1 of SPS 0 */
	const uint8_t other[1] = {0x9f};	/* 1 00111: PPS 0 of SPS 6 */
	const uint8_t zeros[8] = {0};
	unsigned id;

	g_assert_true(dec_nal_sps_id(DEC_NAL_SPS, span_of(sps, 4), &id));
	g_assert_cmpuint(id, ==, 1);
	g_assert_true(dec_nal_sps_id(DEC_NAL_PPS, span_of(pps, 1), &id));
	g_assert_cmpuint(id, ==, 0);
	g_assert_true(dec_nal_sps_id(DEC_NAL_PPS, span_of(other, 1), &id));
	g_assert_cmpuint(id, ==, 6);
	g_assert_false(dec_nal_sps_id(DEC_NAL_PPS, span_of(zeros, 8), &id));
	for (size_t n = 0; n < 4; n++)
		g_assert_false(dec_nal_sps_id(DEC_NAL_SPS, span_of(sps, n),
					      &id));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/h264-nal/single", test_single);
	g_test_add_func("/decoder/h264-nal/stap", test_stap);
	g_test_add_func("/decoder/h264-nal/stap-cut", test_stap_cut);
	g_test_add_func("/decoder/h264-nal/fragments", test_fragments);
	g_test_add_func("/decoder/h264-nal/refused", test_refused);
	g_test_add_func("/decoder/h264-nal/pacsi", test_pacsi);
	g_test_add_func("/decoder/h264-nal/ids", test_ids);
	return g_test_run();
}
