#include "tests/support/codec_fixture.h"

static const fix_case cases[] = {
	{"speex", 8000, "", "speex8.pkts", "voice8.raw", 24000, 3.2, 2.7},
	{"speex", 16000, "", "speex16.pkts", "voice16.raw", 48000, 6.5, 5},
	{"speex", 32000, "", "speex32.pkts", "voice16.raw", 96000, 6, 4.3},
};

static void put_bits(uint8_t *b, unsigned *at, uint32_t v, unsigned n)
{
	for (; n; n--, ++*at)
		if (v >> (n - 1) & 1)
			b[*at / 8] |= (uint8_t)(0x80 >> *at % 8);
}

/* Frames follow each other without lengths: 79 bits of mode 8, a signal
 * between them, 43 bits of mode 1 with a wide-band layer of 36. */
static void test_walk(void)
{
	const call_payload p = fix_payload("speex", 8000, 1, "");
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);
	uint8_t b[32] = {0};
	unsigned at = 0;

	put_bits(b, &at, 8, 5);
	at += 74;
	g_assert_cmpuint(dec_codec_ticks(c, span_of(b, 10), 0), ==, 160);
	g_assert_cmpuint(dec_codec_ticks(c, span_of(b, 9), 0), ==, 0);
	put_bits(b, &at, 14, 5);
	put_bits(b, &at, 2, 4);
	at += 4;
	put_bits(b, &at, 1, 5);
	at += 38;
	put_bits(b, &at, 9, 4);
	at += 32;
	put_bits(b, &at, 15, 5);
	g_assert_cmpuint(at, <=, 256);
	g_assert_cmpuint(dec_codec_ticks(c, span_of(b, 32), 0), ==, 320);
	b[0] = 9 << 3;
	g_assert_cmpuint(dec_codec_ticks(c, span_of(b, 32), 0), ==, 0);
}

static void test_clocks(void)
{
	call_payload p = fix_payload("speex", 32000, 1, "");

	g_assert_true(fix_known(&p, NULL));
	p.clock = 44100;
	g_assert_false(fix_known(&p, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	fix_add_cases("/decoder/speex", cases, G_N_ELEMENTS(cases));
	g_test_add_func("/decoder/speex/walk", test_walk);
	g_test_add_func("/decoder/speex/clocks", test_clocks);
	return g_test_run();
}
