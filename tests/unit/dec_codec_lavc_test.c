#include "tests/support/codec_fixture.h"

static const fix_case cases[] = {
	{"iLBC", 8000, "mode=20", "ilbc20.pkts", "voice8.raw", 24000, 3.2, 3},
	{"iLBC", 8000, "", "ilbc30.pkts", "voice8.raw", 23760, 3.2, 3},
	{"G723", 8000, "bitrate=6.3", "g723.pkts", "voice8.raw", 24000, 10, 8},
};

static uint32_t ticks(const char *name, const char *fmtp, span payload)
{
	const call_payload p = fix_payload(name, 8000, 1, fmtp);
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);

	return dec_codec_ticks(c, payload, 0);
}

/* The length tells the mode, whatever was negotiated. */
static void test_ilbc_modes(void)
{
	static const uint8_t zeros[950];

	g_assert_cmpuint(ticks("iLBC", "", span_of(zeros, 38)), ==, 160);
	g_assert_cmpuint(ticks("iLBC", "mode=20", span_of(zeros, 50)), ==, 240);
	g_assert_cmpuint(ticks("iLBC", "", span_of(zeros, 114)), ==, 480);
	g_assert_cmpuint(ticks("iLBC", "", span_of(zeros, 39)), ==, 0);
	/* 950 octets are 25 frames of 20 ms or 19 of 30: too long for us. */
	g_assert_cmpuint(ticks("iLBC", "", span_of(zeros, 950)), ==, 0);
}

/* 24, 20, 4 and 1 octets may stand in one packet. */
static void test_g723_mix(void)
{
	uint8_t b[49] = {[0] = 0, [24] = 1, [44] = 2, [48] = 3};

	g_assert_cmpuint(ticks("G723", "", span_of(b, 49)), ==, 960);
	g_assert_cmpuint(ticks("G723", "", span_of(b, 48)), ==, 720);
	g_assert_cmpuint(ticks("G723", "", span_of(b, 47)), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	fix_add_cases("/decoder/lavc", cases, G_N_ELEMENTS(cases));
	g_test_add_func("/decoder/lavc/ilbc-modes", test_ilbc_modes);
	g_test_add_func("/decoder/lavc/g723-mix", test_g723_mix);
	return g_test_run();
}
