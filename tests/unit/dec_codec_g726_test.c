#include "tests/support/codec_fixture.h"

static const fix_case cases[] = {
	{"G726-16", 8000, "", "g726_16.pkts", "voice8.raw", 24000, 11.5, 10.5},
	{"G726-24", 8000, "", "g726_24.pkts", "voice8.raw", 24000, 14.5, 12.5},
	{"G726-32", 8000, "", "g726_32.pkts", "voice8.raw", 24000, 18.5, 16},
	{"G726-40", 8000, "", "g726_40.pkts", "voice8.raw", 24000, 20, 15.5},
	{"AAL2-G726-32", 8000, "", "g726_32_aal2.pkts", "voice8.raw", 24000,
	 22.5, 19},
};

static void test_streams(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		fix_check(&cases[i]);
}

static void test_torture(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const call_payload p = fix_payload(
			cases[i].name, cases[i].clock, 1, cases[i].fmtp);

		fix_torture(&p, cases[i].file);
	}
}

/* The decode of the ITU's own software, bit for bit. */
static void test_reference(void)
{
	const call_payload p = fix_payload("AAL2-G726-32", 8000, 1, "");
	fix_sound got = fix_decode(&p, "g726_32_aal2.pkts", 0);
	fix_sound want = fix_raw("g726_32_aal2.raw");

	g_assert_cmpmem(got.s->data, got.s->len * 2, want.s->data,
			want.s->len * 2);
	fix_sound_clear(&got);
	fix_sound_clear(&want);
}

/* The two packings are not each other's. */
static void test_packing(void)
{
	const call_payload p = fix_payload("AAL2-G726-32", 8000, 1, "");
	fix_sound got = fix_decode(&p, "g726_32.pkts", 0);
	fix_sound want = fix_raw("voice8.raw");

	g_assert_cmpfloat(fix_snr(&want, &got, 0), <, 3);
	fix_sound_clear(&got);
	fix_sound_clear(&want);
}

static void test_lengths(void)
{
	static const struct {
		const char *name;
		size_t octets;
		uint32_t ticks;
	} t[] = {
		{"G726-16", 40, 160}, {"G726-24", 60, 160},
		{"G726-32", 80, 160}, {"G726-40", 100, 160},
		{"G726-24", 61, 0},   {"G726-40", 101, 0},
		{"G726-32", 1, 2},    {"AAL2-G726-24", 3, 8},
	};
	static const uint8_t zeros[128];

	for (size_t i = 0; i < G_N_ELEMENTS(t); i++) {
		const call_payload p = fix_payload(t[i].name, 8000, 1, "");
		g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);

		g_assert_cmpuint(dec_codec_ticks(
			c, span_of(zeros, t[i].octets), 0), ==, t[i].ticks);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/g726/streams", test_streams);
	g_test_add_func("/decoder/g726/torture", test_torture);
	g_test_add_func("/decoder/g726/reference", test_reference);
	g_test_add_func("/decoder/g726/packing", test_packing);
	g_test_add_func("/decoder/g726/lengths", test_lengths);
	return g_test_run();
}
