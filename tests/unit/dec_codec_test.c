#include "decoder/codec.h"

#include <math.h>

#include "decoder/codec_impl.h"
#include "tests/support/codec_fixture.h"

static void test_names(void)
{
	unsigned n = 0;

	for (; dec_codec_name(n); n++)
		g_assert_cmpuint(strlen(dec_codec_name(n)), >, 0);
	g_assert_cmpuint(n, >=, 3);
}

static void test_static(void)
{
	call_payload p;

	g_assert_true(dec_codec_static(9, &p));
	g_assert_cmpstr(p.name, ==, "G722");
	g_assert_cmpuint(p.clock, ==, 8000);
	g_assert_true(dec_codec_static(10, &p));
	g_assert_cmpuint(p.channels, ==, 2);
	g_assert_false(dec_codec_static(1, &p));
	g_assert_false(dec_codec_static(34, &p));
	g_assert_false(dec_codec_static(111, &p));
}

static void test_open_static(void)
{
	const call_payload p = {.pt = 8};
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);

	g_assert_nonnull(c);
	g_assert_cmpuint(dec_codec_rate(c), ==, 8000);
	g_assert_cmpuint(dec_codec_clock(c), ==, 8000);
}

static void test_unknown(void)
{
	call_payload p = fix_payload("x-msrta", 16000, 1, "");
	g_autoptr(GError) err = NULL;

	p.pt = 114;
	g_assert_null(dec_codec_open(&p, NULL, &err));
	g_assert_error(err, DEC_CODEC_ERROR, DEC_CODEC_ERROR_UNKNOWN);
	g_assert_cmpstr(err->message, ==,
			"payload type 114: no decoder for x-msrta/16000");
	g_assert_false(fix_known(&p, NULL));
}

static void test_refused_format(void)
{
	const call_payload p = fix_payload("G722", 16000, 1, "");
	g_autoptr(GError) err = NULL;

	g_assert_null(dec_codec_open(&p, NULL, &err));
	g_assert_error(err, DEC_CODEC_ERROR, DEC_CODEC_ERROR_FORMAT);
	g_assert_nonnull(strstr(err->message, "G722/16000/1"));
}

static void test_name_case(void)
{
	const call_payload p = fix_payload("pCmU", 8000, 1, "");

	g_assert_true(fix_known(&p, NULL));
}

static void test_fmtp(void)
{
	const call_payload p = fix_payload(
		"x", 8000, 1, "octet-align; Mode = 30 ;bitrate=24000;x=99999999999");
	span v;

	g_assert_cmpuint(dec_codec_fmtp_number(&p, "mode", 20), ==, 30);
	g_assert_cmpuint(dec_codec_fmtp_number(&p, "bitrate", 1), ==, 24000);
	g_assert_cmpuint(dec_codec_fmtp_number(&p, "x", 7), ==, 7);
	g_assert_cmpuint(dec_codec_fmtp_number(&p, "rate", 7), ==, 7);
	g_assert_false(dec_codec_fmtp(&p, "bit", &v));
}

static void test_limits(void)
{
	const call_payload p = {.pt = 0};
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);
	g_autofree dec_pcm *pcm = g_new0(dec_pcm, 1);
	g_autofree uint8_t *big = g_malloc0(1 << 17);

	g_assert_cmpint(dec_codec_decode(c, span_of(big, 0), 0, pcm), ==,
			DEC_CODEC_BAD);
	g_assert_cmpint(dec_codec_decode(c, span_of(big, 3840), 0, pcm), ==,
			DEC_CODEC_OK);
	g_assert_cmpuint(pcm->frames, ==, 3840);
	g_assert_cmpint(dec_codec_decode(c, span_of(big, 3841), 0, pcm), ==,
			DEC_CODEC_BAD);
	g_assert_cmpint(dec_codec_decode(c, span_of(big, 1 << 17), 0, pcm), ==,
			DEC_CODEC_BAD);
	g_assert_cmpuint(pcm->frames, ==, 0);
	dec_codec_conceal(c, span_of(NULL, 0), 1, SIZE_MAX, pcm);
	g_assert_cmpuint(pcm->frames, ==, DEC_PCM_SAMPLES);
}

/* A tone goes on through a hole: the made-up part has its power. */
static void test_conceal(void)
{
	const call_payload p = fix_payload("L16", 8000, 1, "");
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);
	g_autofree dec_pcm *pcm = g_new0(dec_pcm, 1);
	uint8_t tone[800];
	double power = 0;

	for (int i = 0; i < 400; i++) {
		int v = (int)(8000 * sin(2 * G_PI * 200 * i / 8000));

		tone[2 * i] = (uint8_t)(v >> 8);
		tone[2 * i + 1] = (uint8_t)v;
	}
	dec_codec_decode(c, span_of(tone, sizeof tone), 0, pcm);
	dec_codec_conceal(c, span_of(NULL, 0), 1, 160, pcm);
	g_assert_cmpuint(pcm->frames, ==, 160);
	g_assert_cmpuint(pcm->concealed, ==, 160);
	for (int i = 0; i < 160; i++)
		power += pcm->s[i] * (double)pcm->s[i] / 160;
	g_assert_cmpfloat(sqrt(power), >, 4000);
	g_assert_cmpfloat(sqrt(power), <, 6500);
	dec_codec_reset(c);
	dec_codec_conceal(c, span_of(NULL, 0), 1, 160, pcm);
	for (int i = 0; i < 160; i++)
		g_assert_cmpint(pcm->s[i], ==, 0);
}

/* Clocks and channels that a decoder would take for others. */
static void test_formats(void)
{
	static const struct {
		const char *name;
		uint32_t clock;
		uint8_t channels;
		bool opens;
	} cases[] = {
		{"L16", 8000, 1, true},	       {"L16", 48000, 2, true},
		{"L16", 7999, 1, false},       {"L16", 48001, 1, false},
		{"L16", 44100, 3, false},      {"G729", 8000, 1, true},
		{"G729", 16000, 1, false},     {"G729", 8000, 2, false},
		{"opus", 48000, 2, true},      {"opus", 8000, 2, false},
		{"speex", 32000, 1, true},     {"speex", 8000, 2, false},
		{"speex", 48000, 1, false},    {"G726-32", 8000, 1, true},
		{"G726-32", 16000, 1, false},  {"AAL2-G726-40", 8000, 2, false},
		{"GSM", 8000, 1, true},	       {"GSM", 16000, 1, false},
		{"GSM", 8000, 2, false},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const call_payload p = fix_payload(cases[i].name,
						   cases[i].clock,
						   cases[i].channels, "");
		g_autoptr(GError) err = NULL;
		g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, &err);

		g_test_message("%s/%u/%u", cases[i].name, cases[i].clock,
			       cases[i].channels);
		g_assert_cmpint(c != NULL, ==, cases[i].opens);
		if (!c)
			g_assert_error(err, DEC_CODEC_ERROR,
				       DEC_CODEC_ERROR_FORMAT);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/codec/names", test_names);
	g_test_add_func("/decoder/codec/static", test_static);
	g_test_add_func("/decoder/codec/open-static", test_open_static);
	g_test_add_func("/decoder/codec/unknown", test_unknown);
	g_test_add_func("/decoder/codec/refused-format", test_refused_format);
	g_test_add_func("/decoder/codec/name-case", test_name_case);
	g_test_add_func("/decoder/codec/fmtp", test_fmtp);
	g_test_add_func("/decoder/codec/limits", test_limits);
	g_test_add_func("/decoder/codec/conceal", test_conceal);
	g_test_add_func("/decoder/codec/formats", test_formats);
	return g_test_run();
}
