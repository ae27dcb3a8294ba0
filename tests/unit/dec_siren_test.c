#include "decoder/siren.h"

#include "tests/support/codec_fixture.h"

typedef struct stream {
	const char *name, *file, *reference;
	uint32_t bitrate;
	double snr;	/* at least, dB against the reference decode */
} stream;

static const stream streams[] = {
	{"SIREN", "siren.pkts", "siren.raw", 16000, 65},
	{"G7221", "g7221_24.pkts", "g7221_24.raw", 24000, 40},
	{"G7221", "g7221_32.pkts", "g7221_32.raw", 32000, 50},
};

static call_payload payload_of(const stream *s)
{
	g_autofree char *fmtp = g_strdup_printf("bitrate=%u", s->bitrate);

	return fix_payload(s->name, 16000, 1, fmtp);
}

static void check_stream(const stream *s)
{
	const call_payload p = payload_of(s);
	fix_sound got = fix_decode(&p, s->file, 0);
	fix_sound want = fix_raw(s->reference);
	fix_sound voice = fix_raw("voice16.raw");

	g_assert_cmpuint(got.bad + got.damaged, ==, 0);
	g_assert_cmpuint(got.s->len, ==, want.s->len);
	g_assert_cmpfloat(fix_snr(&want, &got, 0), >=, s->snr);
	g_assert_cmpfloat(ABS(fix_gain(&want, &got, 0)), <=, 0.05);
	g_assert_cmpuint(fix_lag(&voice, &got, 400), ==, DEC_SIREN_FRAME);
	fix_sound_clear(&got);
	fix_sound_clear(&want);
	fix_sound_clear(&voice);
}

static void test_streams(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(streams); i++)
		check_stream(&streams[i]);
}

/* Any single bit turned over in a Microsoft frame is noticed. */
static void test_checksum(void)
{
	dec_siren *s = dec_siren_new(DEC_SIREN_MICROSOFT);
	int16_t out[DEC_SIREN_FRAME];
	g_autofree uint8_t *data = NULL;
	span in, frame;
	uint8_t copy[40];
	size_t len;

	data = fix_load("siren.pkts", &len);
	in = span_of(data, len);
	for (int k = 0; k < 40; k++)
		g_assert_true(fix_next(&in, &frame));
	memcpy(copy, frame.p, 40);
	g_assert_true(dec_siren_decode(s, frame, out));
	for (int bit = 0; bit < 320; bit++) {
		copy[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		g_assert_false(dec_siren_decode(s, span_of(copy, 40), out));
		copy[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	}
	g_assert_true(dec_siren_decode(s, span_of(copy, 40), out));
	dec_siren_free(s);
}

static double power(const int16_t *s)
{
	double sum = 0;

	for (int i = 0; i < DEC_SIREN_FRAME; i++)
		sum += s[i] * (double)s[i];
	return sum;
}

static double difference(const int16_t *a, const int16_t *b)
{
	double sum = 0;

	for (int i = 0; i < DEC_SIREN_FRAME; i++)
		sum += (a[i] - b[i]) * (double)(a[i] - b[i]);
	return sum;
}

/* A lost frame repeats the one before (but for the noise in it), the next is
 * silence once the overlap has run out. */
static void test_lost(void)
{
	dec_siren *s = dec_siren_new(DEC_SIREN_G7221);
	int16_t out[4][DEC_SIREN_FRAME];
	g_autofree uint8_t *data = NULL;
	span in, frame;
	size_t len;

	data = fix_load("g7221_24.pkts", &len);
	in = span_of(data, len);
	for (int k = 0; k < 45; k++)
		g_assert_true(fix_next(&in, &frame));
	for (int k = 0; k < 3; k++)
		g_assert_true(dec_siren_decode(s, frame, out[0]));
	for (int k = 1; k < 4; k++)
		g_assert_false(dec_siren_decode(s, span_of(NULL, 0), out[k]));
	g_assert_cmpfloat(power(out[1]), >, 1e6);
	g_assert_cmpfloat(difference(out[0], out[1]), <, power(out[1]) / 10);
	g_assert_cmpfloat(power(out[2]), <, power(out[1]));
	g_assert_cmpfloat(power(out[3]), ==, 0);
	dec_siren_free(s);
}

static void test_formats(void)
{
	static const struct {
		const char *name, *fmtp;
		uint32_t clock;
		uint8_t channels;
		bool known;
	} t[] = {
		{"SIREN", "", 16000, 1, true},
		{"G7221", "", 16000, 1, true},
		{"SIREN", "bitrate=24000", 16000, 1, false},
		{"SIREN", "", 8000, 1, false},
		{"G7221", "bitrate=48000", 16000, 1, false},
		{"G7221", "bitrate=32000", 32000, 1, false},
		{"G7221", "", 16000, 2, false},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(t); i++) {
		call_payload p = fix_payload(t[i].name, t[i].clock,
					     t[i].channels, t[i].fmtp);

		g_assert_true(fix_known(&p, NULL) == t[i].known);
	}
}

/* Several frames a packet, and remainders refused. */
static void test_packets(void)
{
	const call_payload p = payload_of(&streams[1]);
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);
	static const uint8_t zeros[1500];

	g_assert_cmpuint(dec_codec_ticks(c, span_of(zeros, 60), 0), ==, 320);
	g_assert_cmpuint(dec_codec_ticks(c, span_of(zeros, 180), 0), ==, 960);
	g_assert_cmpuint(dec_codec_ticks(c, span_of(zeros, 80), 0), ==, 0);
	g_assert_cmpuint(dec_codec_ticks(c, span_of(zeros, 1440), 0), ==, 7680);
	g_assert_cmpuint(dec_codec_ticks(c, span_of(zeros, 1500), 0), ==, 0);
}

static void test_torture(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(streams); i++) {
		const call_payload p = payload_of(&streams[i]);

		fix_torture(&p, streams[i].file);
	}
}

/* 5 % of the packets lost: what the concealment is worth. */
static void test_conceal(void)
{
	const call_payload p = payload_of(&streams[2]);
	fix_sound got = fix_decode(&p, streams[2].file, 20);
	fix_sound want = fix_raw(streams[2].reference);

	g_assert_cmpuint(got.s->len, ==, want.s->len);
	g_assert_cmpfloat(fix_snr(&want, &got, 0), >, 6);
	fix_sound_clear(&got);
	fix_sound_clear(&want);
}

/* A frame in which a power is none that G.722.1 has (4.1.1) is no sound. */
static void test_powers(void)
{
	const call_payload p = fix_payload("G7221", 16000, 1, "bitrate=24000");
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);
	g_autofree dec_pcm *out = g_new0(dec_pcm, 1);
	uint8_t frame[60];

	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = i % 2 ? 0x5d : 0;
	g_assert_cmpint(dec_codec_decode(c, span_of(frame, sizeof(frame)), 320,
					 out), ==, DEC_CODEC_DAMAGED);
	g_assert_cmpuint(out->concealed, ==, 320);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/siren/streams", test_streams);
	g_test_add_func("/decoder/siren/checksum", test_checksum);
	g_test_add_func("/decoder/siren/lost", test_lost);
	g_test_add_func("/decoder/siren/formats", test_formats);
	g_test_add_func("/decoder/siren/packets", test_packets);
	g_test_add_func("/decoder/siren/torture", test_torture);
	g_test_add_func("/decoder/siren/conceal", test_conceal);
	g_test_add_func("/decoder/siren/powers", test_powers);
	return g_test_run();
}
