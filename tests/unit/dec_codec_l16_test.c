#include "tests/support/codec_fixture.h"

/* ffmpeg put the mono voice into both channels. */
static void test_stereo(void)
{
	const call_payload p = fix_payload("L16", 16000, 2, "");
	fix_sound got = fix_decode(&p, "l16_stereo.pkts", 0);
	fix_sound want = fix_raw("voice16.raw");

	g_assert_cmpuint(got.channels, ==, 2);
	g_assert_cmpuint(got.s->len, ==, 10 * 640);
	for (guint i = 0; i < got.s->len; i++)
		g_assert_cmpint(g_array_index(got.s, int16_t, i), ==,
				g_array_index(want.s, int16_t, i / 2));
	fix_sound_clear(&got);
	fix_sound_clear(&want);
}

static void test_static(void)
{
	const call_payload p = {.pt = 10};
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);
	static const uint8_t zeros[16];

	g_assert_cmpuint(dec_codec_rate(c), ==, 44100);
	g_assert_cmpuint(dec_codec_ticks(c, span_of(zeros, 16), 0), ==, 4);
	g_assert_cmpuint(dec_codec_ticks(c, span_of(zeros, 14), 0), ==, 0);
}

static void test_torture(void)
{
	const call_payload p = fix_payload("L16", 16000, 2, "");

	fix_torture(&p, "l16_stereo.pkts");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/l16/stereo", test_stereo);
	g_test_add_func("/decoder/l16/static", test_static);
	g_test_add_func("/decoder/l16/torture", test_torture);
	return g_test_run();
}
