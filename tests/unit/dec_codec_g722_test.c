#include "tests/support/codec_fixture.h"

static const char *const reference =
	"0013da1891ed9d4e17de1f297bce4e53d626b08bdce822d7ebc8c59ee145e919";

static void test_stream(void)
{
	const call_payload p = fix_payload("G722", 8000, 1, "");
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);
	fix_sound got = fix_decode(&p, "g722.pkts", 0);
	fix_sound want = fix_raw("voice16.raw");
	g_autofree char *hash = fix_hash(&got);

	g_assert_cmpuint(dec_codec_rate(c), ==, 16000);
	g_assert_cmpuint(dec_codec_clock(c), ==, 8000);
	g_assert_cmpstr(hash, ==, reference);
	g_assert_cmpuint(fix_lag(&want, &got, 60), ==, dec_codec_delay(c));
	g_assert_cmpfloat(fix_segmental_snr(&want, &got, dec_codec_delay(c),
					    16000), >, 15);
	fix_sound_clear(&got);
	fix_sound_clear(&want);
}

/* Payload type 117: the left half, then the right one. The voice in one of
 * them, its packets in the opposite order in the other: it is what it is
 * alone. */
static void check_channel(unsigned channel)
{
	enum { PACKET = 160, FRAMES = 320 };
	const call_payload p = fix_payload("G722", 8000, 2, "");
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);
	g_autofree dec_pcm *pcm = g_new0(dec_pcm, 1);
	fix_sound heard = {g_array_new(FALSE, FALSE, 2), 1, 0, 0};
	g_autofree char *hash = NULL;
	size_t len;
	g_autofree uint8_t *data = fix_load("g722.pkts", &len);
	GArray *all = g_array_new(FALSE, FALSE, sizeof(span));
	span in = span_of(data, len), payload;
	uint8_t two[2 * PACKET];

	while (fix_next(&in, &payload))
		g_array_append_val(all, payload);
	for (guint n = 0; n < all->len; n++) {
		memcpy(two + channel * PACKET, g_array_index(all, span, n).p,
		       PACKET);
		memcpy(two + !channel * PACKET,
		       g_array_index(all, span, all->len - 1 - n).p, PACKET);
		g_assert_cmpint(dec_codec_decode(c, span_of(two, 2 * PACKET),
						 PACKET, pcm),
				==, DEC_CODEC_OK);
		g_assert_cmpuint(pcm->channels, ==, 2);
		g_assert_cmpuint(pcm->frames, ==, FRAMES);
		for (size_t i = 0; i < FRAMES; i++)
			g_array_append_val(heard.s, pcm->s[2 * i + channel]);
	}
	hash = fix_hash(&heard);
	g_assert_cmpstr(hash, ==, reference);
	fix_sound_clear(&heard);
	g_array_unref(all);
}

static void test_stereo(void)
{
	check_channel(0);
	check_channel(1);
}

static unsigned channels(dec_codec *c, size_t len, uint32_t step, dec_pcm *pcm)
{
	static const uint8_t zeros[1280];

	g_assert_cmpint(dec_codec_decode(c, span_of(zeros, len), step, pcm),
			==, DEC_CODEC_OK);
	g_assert_cmpuint(pcm->frames * pcm->channels, ==, 2 * len);
	return pcm->channels;
}

/* Only the step in time tells mono from stereo. */
static void test_either(void)
{
	const call_payload p = fix_payload("G722", 8000, 2, "");
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);
	g_autofree dec_pcm *pcm = g_new0(dec_pcm, 1);

	g_assert_cmpuint(channels(c, 320, 0, pcm), ==, 2);
	g_assert_cmpuint(channels(c, 160, 0, pcm), ==, 1);
	g_assert_cmpuint(channels(c, 320, 320, pcm), ==, 1);
	g_assert_cmpuint(channels(c, 320, 0, pcm), ==, 1);
	g_assert_cmpuint(channels(c, 160, 80, pcm), ==, 2);
	g_assert_cmpuint(channels(c, 320, 480, pcm), ==, 2);
	g_assert_cmpuint(channels(c, 161, 0, pcm), ==, 1);
}

static void test_mono_is_mono(void)
{
	const call_payload p = fix_payload("G722", 8000, 1, "");
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);
	g_autofree dec_pcm *pcm = g_new0(dec_pcm, 1);

	g_assert_cmpuint(channels(c, 320, 160, pcm), ==, 1);
}

static void test_torture(void)
{
	const call_payload p = fix_payload("G722", 8000, 2, "");

	fix_torture(&p, "g722.pkts");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/g722/stream", test_stream);
	g_test_add_func("/decoder/g722/stereo", test_stereo);
	g_test_add_func("/decoder/g722/either", test_either);
	g_test_add_func("/decoder/g722/mono-is-mono", test_mono_is_mono);
	g_test_add_func("/decoder/g722/torture", test_torture);
	return g_test_run();
}
