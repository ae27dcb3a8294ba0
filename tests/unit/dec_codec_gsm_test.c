#include "tests/support/codec_fixture.h"

static const fix_case cases[] = {
	{"GSM", 8000, "", "gsm.pkts", "voice8.raw", 24000, 10, 8.5},
};

/* libavcodec 59 decodes the same bytes to this. */
static void test_reference(void)
{
	const call_payload p = fix_payload("GSM", 8000, 1, "");
	fix_sound got = fix_decode(&p, "gsm.pkts", 0);
	g_autofree char *hash = fix_hash(&got);

	g_assert_cmpstr(hash, ==, "548127aaf6b6e73acc2e53a879050b22"
				  "c818fe55a0dbd264361162d970bb96e6");
	fix_sound_clear(&got);
}

static void test_signature(void)
{
	const call_payload p = fix_payload("GSM", 8000, 1, "");
	g_autoptr(dec_codec) c = dec_codec_open(&p, NULL, NULL);
	uint8_t two[66] = {[0] = 0xd0, [33] = 0xd5};

	g_assert_cmpuint(dec_codec_ticks(c, span_of(two, 66), 0), ==, 320);
	g_assert_cmpuint(dec_codec_ticks(c, span_of(two, 65), 0), ==, 0);
	two[33] = 0xc0;
	g_assert_cmpuint(dec_codec_ticks(c, span_of(two, 66), 0), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	fix_add_cases("/decoder/gsm", cases, G_N_ELEMENTS(cases));
	g_test_add_func("/decoder/gsm/reference", test_reference);
	g_test_add_func("/decoder/gsm/signature", test_signature);
	return g_test_run();
}
