#include "decoder/amr_payload.h"

#include <math.h>

#include "tests/support/codec_fixture.h"

static const fix_case cases[] = {
	{"AMR", 8000, "octet-align=1", "amr_aligned.pkts", "voice8.raw", 24000,
	 3.6, 3},
	{"AMR", 8000, "", "amr_packed.pkts", "voice8.raw", 24000, 3.6, 3},
	{"AMR-WB", 16000, "mode-set=8; octet-align=1", "amrwb_aligned.pkts",
	 "voice16.raw", 48000, 8.2, 5},
	{"AMR-WB", 16000, "", "amrwb_packed.pkts", "voice16.raw", 48000, 8.2,
	 6.5},
};

/* The two packings carry the same frames. */
static void test_packings_agree(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i += 2) {
		const fix_case *f = &cases[i];
		const call_payload a = fix_payload(f[0].name, f[0].clock, 1,
						   f[0].fmtp);
		const call_payload b = fix_payload(f[1].name, f[1].clock, 1,
						   f[1].fmtp);
		fix_sound x = fix_decode(&a, f[0].file, 0);
		fix_sound y = fix_decode(&b, f[1].file, 0);

		g_assert_cmpmem(x.s->data, x.s->len * 2, y.s->data,
				y.s->len * 2);
		fix_sound_clear(&x);
		fix_sound_clear(&y);
	}
}

enum { PACKET = 10 * 160, PACKETS = 5 };

/* Decibels of a second of the voice over what one rate makes of it, the first
 * packet left out: a decoder begins without a past. */
static double level_lost(span *in, const fix_sound *voice)
{
	const call_payload p = fix_payload("AMR", 8000, 1, "octet-align=1");
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);
	g_autofree dec_pcm *pcm = g_new0(dec_pcm, 1);
	double want = 0, got = 0;
	span payload;

	for (int n = 0; n < PACKETS && fix_next(in, &payload); n++) {
		g_assert_cmpint(dec_codec_decode(c, payload, 0, pcm), ==,
				DEC_CODEC_OK);
		g_assert_cmpuint(pcm->frames, ==, PACKET);
		for (int i = 0; n && i < PACKET; i++) {
			const double v = g_array_index(voice->s, int16_t,
						       n * PACKET + i);

			want += v * v;
			got += (double)pcm->s[i] * pcm->s[i];
		}
	}
	return 10 * log10(want / got);
}

/* Each rate, from 4.75 to 12.2 kbit/s. */
static void test_rates(void)
{
	fix_sound voice = fix_raw("voice8.raw");
	size_t len, rates = 0;
	g_autofree uint8_t *data = fix_load("amr_rates.pkts", &len);
	span in = span_of(data, len);

	for (; in.left; rates++) {
		const double lost = level_lost(&in, &voice);

		g_test_message("rate %zu: %.2f dB", rates, lost);
		g_assert_cmpfloat(fabs(lost), <, 1);
	}
	g_assert_cmpuint(rates, ==, 8);
	fix_sound_clear(&voice);
}

static void test_formats(void)
{
	static const struct {
		const char *name, *fmtp;
		uint32_t clock;
		bool known;
	} t[] = {
		{"AMR", "octet-align=1; crc=1", 8000, false},
		{"AMR", "octet-align=1; interleaving=30", 8000, false},
		{"AMR", "robust-sorting=1", 8000, false},
		{"AMR", "crc=0; mode-change-period=2", 8000, true},
		{"AMR", "", 16000, false},
		{"AMR-WB", "", 8000, false},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(t); i++) {
		call_payload p = fix_payload(t[i].name, t[i].clock, 1,
					     t[i].fmtp);

		g_assert_true(fix_known(&p, NULL) == t[i].known);
	}
}

/* A silence descriptor, then nothing: soft noise, not counted as made up. */
static void test_silence(void)
{
	const call_payload p = fix_payload("AMR", 8000, 1, "octet-align=1");
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);
	g_autofree dec_pcm *pcm = g_new0(dec_pcm, 1);
	const uint8_t sid[7] = {0xf0, 0x44, 0x12, 0x34, 0x56, 0x78, 0x80};
	const uint8_t nothing[2] = {0xf0, 0x7c};

	g_assert_cmpint(dec_codec_decode(c, span_of(nothing, 2), 0, pcm), ==,
			DEC_CODEC_DAMAGED);
	g_assert_cmpuint(pcm->concealed, ==, 160);
	g_assert_cmpint(dec_codec_decode(c, span_of(sid, 7), 0, pcm), ==,
			DEC_CODEC_OK);
	g_assert_cmpint(dec_codec_decode(c, span_of(nothing, 2), 0, pcm), ==,
			DEC_CODEC_OK);
	g_assert_cmpuint(pcm->concealed, ==, 0);
	dec_codec_reset(c);
	g_assert_cmpint(dec_codec_decode(c, span_of(nothing, 2), 0, pcm), ==,
			DEC_CODEC_DAMAGED);
	g_assert_cmpuint(pcm->concealed, ==, 160);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	fix_add_cases("/decoder/amr", cases, G_N_ELEMENTS(cases));
	g_test_add_func("/decoder/amr/packings-agree", test_packings_agree);
	g_test_add_func("/decoder/amr/rates", test_rates);
	g_test_add_func("/decoder/amr/formats", test_formats);
	g_test_add_func("/decoder/amr/silence", test_silence);
	return g_test_run();
}
