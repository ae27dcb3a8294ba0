#include "tests/support/codec_fixture.h"

static const fix_case speech = {"G729", 8000, "", "g729a.pkts", "voice8.raw",
				24000, 3.3, 2.3};

static void test_stream(void)
{
	fix_check(&speech);
}

static void test_torture(void)
{
	const call_payload p = fix_payload("G729", 8000, 1, "");

	fix_torture(&p, "g729a.pkts");
	fix_torture(&p, "g729b.pkts");
}

static double power(const dec_pcm *pcm)
{
	double sum = 0;

	for (size_t i = 0; i < pcm->frames; i++)
		sum += pcm->s[i] * (double)pcm->s[i];
	return sum / (double)pcm->frames;
}

/* Annex B: after a silence descriptor nothing is sent, and the codec goes on
 * with noise as soft as it was told. */
static void test_silence(void)
{
	const call_payload p = fix_payload("G729", 8000, 1, "annexb=yes");
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);
	g_autofree dec_pcm *pcm = g_new0(dec_pcm, 1);
	g_autofree uint8_t *data = NULL;
	int sids = 0, none = 0;
	double quiet = 0;
	span in, payload;
	size_t len;

	data = fix_load("g729b.pkts", &len);
	in = span_of(data, len);
	while (fix_next(&in, &payload)) {
		if (payload.left) {
			g_assert_cmpint(dec_codec_decode(c, payload, 0, pcm),
					==, DEC_CODEC_OK);
			sids += payload.left == 2;
			continue;
		}
		dec_codec_conceal(c, span_of(NULL, 0), 1, 80, pcm);
		quiet += power(pcm);
		none++;
	}
	g_assert_cmpint(sids, >, 2);
	g_assert_cmpint(none, >, 10);
	g_assert_cmpfloat(quiet / none, <, 100.0 * 100);
}

static void test_lengths(void)
{
	const call_payload p = fix_payload("G729", 8000, 1, "");
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);
	static const uint8_t zeros[32];

	g_assert_cmpuint(dec_codec_ticks(c, span_of(zeros, 20), 0), ==, 160);
	g_assert_cmpuint(dec_codec_ticks(c, span_of(zeros, 2), 0), ==, 80);
	g_assert_cmpuint(dec_codec_ticks(c, span_of(zeros, 12), 0), ==, 160);
	g_assert_cmpuint(dec_codec_ticks(c, span_of(zeros, 11), 0), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/g729/stream", test_stream);
	g_test_add_func("/decoder/g729/torture", test_torture);
	g_test_add_func("/decoder/g729/silence", test_silence);
	g_test_add_func("/decoder/g729/lengths", test_lengths);
	return g_test_run();
}
