#include <spandsp.h>

#include "tests/support/codec_fixture.h"

/* All 256 codes against another implementation of G.711. */
static void check_codes(const char *name, int16_t (*linear)(uint8_t))
{
	const call_payload p = fix_payload(name, 8000, 1, "");
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);
	g_autofree dec_pcm *pcm = g_new0(dec_pcm, 1);
	uint8_t codes[256];

	for (int i = 0; i < 256; i++)
		codes[i] = (uint8_t)i;
	g_assert_cmpint(dec_codec_decode(c, span_of(codes, 256), 0, pcm), ==,
			DEC_CODEC_OK);
	g_assert_cmpuint(pcm->frames, ==, 256);
	for (int i = 0; i < 256; i++)
		g_assert_cmpint(pcm->s[i], ==, linear((uint8_t)i));
}

static void test_pcmu_codes(void)
{
	check_codes("PCMU", ulaw_to_linear);
}

static void test_pcma_codes(void)
{
	check_codes("PCMA", alaw_to_linear);
}

static void check_stream(const char *name, const char *file, const char *sha)
{
	const call_payload p = fix_payload(name, 8000, 1, "");
	fix_sound got = fix_decode(&p, file, 0), want = fix_raw("voice8.raw");
	g_autofree char *hash = fix_hash(&got);

	g_assert_cmpstr(hash, ==, sha);
	g_assert_cmpfloat(fix_snr(&want, &got, 0), >, 35);
	fix_sound_clear(&got);
	fix_sound_clear(&want);
}

static void test_pcmu_stream(void)
{
	check_stream("PCMU", "pcmu.pkts",
		     "c2e313bc3ee3c3edb020a6e647a5c0bc7c75ac5a160344eaf795d0fd1d210945");
}

static void test_pcma_stream(void)
{
	check_stream("PCMA", "pcma.pkts",
		     "409cc948a503a948a97ad080769be9aa235206e1442e7dd2d42c4016a0aecccc");
}

static void test_stereo(void)
{
	const call_payload p = fix_payload("PCMU", 16000, 2, "");
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);
	g_autofree dec_pcm *pcm = g_new0(dec_pcm, 1);
	const uint8_t b[5] = {0x00, 0x80, 0xff, 0x7f, 0};

	g_assert_cmpint(dec_codec_decode(c, span_of(b, 5), 0, pcm), ==,
			DEC_CODEC_BAD);
	g_assert_cmpint(dec_codec_decode(c, span_of(b, 4), 0, pcm), ==,
			DEC_CODEC_OK);
	g_assert_cmpuint(pcm->frames, ==, 2);
	g_assert_cmpuint(pcm->channels, ==, 2);
	g_assert_cmpint(pcm->s[0], ==, -32124);
	g_assert_cmpint(pcm->s[1], ==, 32124);
	g_assert_cmpuint(dec_codec_ticks(c, span_of(b, 4), 0), ==, 2);
}

static void test_torture(void)
{
	const call_payload p = fix_payload("PCMA", 8000, 1, "");

	fix_torture(&p, "pcma.pkts");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/g711/pcmu-codes", test_pcmu_codes);
	g_test_add_func("/decoder/g711/pcma-codes", test_pcma_codes);
	g_test_add_func("/decoder/g711/pcmu-stream", test_pcmu_stream);
	g_test_add_func("/decoder/g711/pcma-stream", test_pcma_stream);
	g_test_add_func("/decoder/g711/stereo", test_stereo);
	g_test_add_func("/decoder/g711/torture", test_torture);
	return g_test_run();
}
