#include "tests/support/codec_fixture.h"

static const fix_case cases[] = {
	{"G726-16", 8000, "", "g726_16.pkts", "voice8.raw", 24000, 11.5, 10.5},
	{"G726-24", 8000, "", "g726_24.pkts", "voice8.raw", 24000, 14.5, 12.5},
	{"G726-32", 8000, "", "g726_32.pkts", "voice8.raw", 24000, 18.5, 16},
	{"G726-40", 8000, "", "g726_40.pkts", "voice8.raw", 24000, 20, 15.5},
	{"AAL2-G726-32", 8000, "", "g726_32_aal2.pkts", "voice8.raw", 24000,
	 22.5, 19},
};

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

/* The codes of one packing in the order of the other (RFC 3551 4.5.4): within
 * an octet the first one stands low there, and high in AAL2. */
static void repack(span in, unsigned bits, uint8_t *out)
{
	size_t to = 0;

	memset(out, 0, in.left);
	for (size_t at = 0; at + bits <= in.left * 8; at += bits) {
		for (unsigned i = bits; i-- > 0; to++) {
			const size_t from = at + i;

			if (in.p[from / 8] >> from % 8 & 1)
				out[to / 8] |= (uint8_t)(0x80 >> to % 8);
		}
	}
}

/* What other encoders packed by RFC 3551 is the same sound in AAL2's packing,
 * at each rate. */
static void test_aal2(void)
{
	for (unsigned bits = 2; bits <= 5; bits++) {
		g_autofree char *name = g_strdup_printf("G726-%u", bits * 8);
		g_autofree char *aal2 = g_strconcat("AAL2-", name, NULL);
		g_autofree char *file =
			g_strdup_printf("g726_%u.pkts", bits * 8);
		const call_payload pa = fix_payload(name, 8000, 1, "");
		const call_payload pb = fix_payload(aal2, 8000, 1, "");
		g_autoptr(dec_codec) a = dec_codec_open(&pa, NULL, NULL);
		g_autoptr(dec_codec) b = dec_codec_open(&pb, NULL, NULL);
		g_autofree dec_pcm *x = g_new0(dec_pcm, 1),
				   *y = g_new0(dec_pcm, 1);
		size_t len;
		g_autofree uint8_t *data = fix_load(file, &len);
		span in = span_of(data, len), payload;
		uint8_t other[256];

		while (fix_next(&in, &payload)) {
			repack(payload, bits, other);
			dec_codec_decode(a, payload, 0, x);
			dec_codec_decode(b, span_of(other, payload.left), 0,
					 y);
			g_assert_cmpuint(x->frames, ==, 160);
			g_assert_cmpmem(x->s, x->frames * 2, y->s,
					y->frames * 2);
		}
	}
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
	fix_add_cases("/decoder/g726", cases, G_N_ELEMENTS(cases));
	g_test_add_func("/decoder/g726/reference", test_reference);
	g_test_add_func("/decoder/g726/aal2", test_aal2);
	g_test_add_func("/decoder/g726/packing", test_packing);
	g_test_add_func("/decoder/g726/lengths", test_lengths);
	return g_test_run();
}
