#include "tests/support/codec_fixture.h"

static const fix_case speech = {"opus", 48000, "useinbandfec=1", "opus.pkts",
				"voice16.raw", 144960, 7.8, 7};

static void test_stream(void)
{
	fix_check(&speech);
}

static void test_torture(void)
{
	const call_payload p = fix_payload("opus", 48000, 2, "");

	fix_torture(&p, "opus.pkts");
}

/* Every tenth packet lost; the one after it may be shown to the decoder. */
static fix_sound lose(bool show)
{
	const call_payload p = fix_payload("opus", 48000, 2, "");
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);
	g_autofree dec_pcm *pcm = g_new0(dec_pcm, 1);
	fix_sound to = {g_array_new(FALSE, FALSE, 2), 1, 0, 0};
	g_autofree uint8_t *data = NULL;
	span in, payload;
	size_t len;

	data = fix_load("opus.pkts", &len);
	in = span_of(data, len);
	for (int i = 0; fix_next(&in, &payload); i++) {
		span ahead = in, next = {0};

		if (i % 10 != 9)
			dec_codec_decode(c, payload, 0, pcm);
		else if (!show || !fix_next(&ahead, &next))
			dec_codec_conceal(c, span_of(NULL, 0), 1, 960, pcm);
		else
			dec_codec_conceal(c, next, 1, 960, pcm);
		g_array_append_vals(to.s, pcm->s, (guint)pcm->frames);
	}
	return to;
}

/* The copy in the next packet is worth much more than invention. */
static void test_fec(void)
{
	const call_payload p = fix_payload("opus", 48000, 2, "");
	fix_sound want = fix_decode(&p, "opus.pkts", 0);
	fix_sound fec = lose(true), plc = lose(false);
	double with = fix_snr(&want, &fec, 0);
	double without = fix_snr(&want, &plc, 0);

	g_test_message("with %.1f dB, without %.1f dB", with, without);
	g_assert_cmpfloat(with, >, without + 4);
	fix_sound_clear(&want);
	fix_sound_clear(&fec);
	fix_sound_clear(&plc);
}

/* Mono packets are mono; the first stereo packet changes that. */
static void test_channels(void)
{
	call_payload p = fix_payload("opus", 48000, 2, "");
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);
	g_autofree dec_pcm *pcm = g_new0(dec_pcm, 1);
	/* RFC 6716 3.1: CELT, full band, 20 ms, mono and stereo; one frame of
	 * a few octets of silence. */
	const uint8_t mono[3] = {31 << 3, 0xff, 0xfe};
	const uint8_t stereo[3] = {31 << 3 | 4, 0xff, 0xfe};

	g_assert_cmpint(dec_codec_decode(c, span_of(mono, 3), 0, pcm), ==,
			DEC_CODEC_OK);
	g_assert_cmpuint(pcm->channels, ==, 1);
	g_assert_cmpuint(pcm->frames, ==, 960);
	g_assert_cmpint(dec_codec_decode(c, span_of(stereo, 3), 0, pcm), ==,
			DEC_CODEC_OK);
	g_assert_cmpuint(pcm->channels, ==, 2);
	g_assert_cmpint(dec_codec_decode(c, span_of(mono, 3), 0, pcm), ==,
			DEC_CODEC_OK);
	g_assert_cmpuint(pcm->channels, ==, 2);
	dec_codec_conceal(c, span_of(NULL, 0), 1, 961, pcm);
	g_assert_cmpuint(pcm->frames, ==, 961);
	g_assert_cmpuint(pcm->channels, ==, 2);
}

static void test_announced_stereo(void)
{
	call_payload p = fix_payload("opus", 48000, 2, "sprop-stereo=1");
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);
	g_autofree dec_pcm *pcm = g_new0(dec_pcm, 1);

	dec_codec_conceal(c, span_of(NULL, 0), 1, 960, pcm);
	g_assert_cmpuint(pcm->channels, ==, 2);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/opus/stream", test_stream);
	g_test_add_func("/decoder/opus/torture", test_torture);
	g_test_add_func("/decoder/opus/fec", test_fec);
	g_test_add_func("/decoder/opus/channels", test_channels);
	g_test_add_func("/decoder/opus/announced-stereo",
			test_announced_stereo);
	return g_test_run();
}
