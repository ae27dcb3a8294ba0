#include <glib.h>
#include <math.h>

#include "decoder/cn.h"
#include "tests/support/dec_heard.h"

static double level_of(const dec_cn *cn)
{
	static int16_t s[160000];
	dec_noise n = {.seed = 1};
	double sum = 0;

	dec_noise_shape(&n, cn);
	dec_noise_make(&n, s, G_N_ELEMENTS(s));
	for (size_t i = 0; i < G_N_ELEMENTS(s); i++)
		sum += (double)s[i] * s[i];
	return 20 * log10(sqrt(sum / G_N_ELEMENTS(s)) / 32768);
}

/* White and coloured noise have the level that the packet names. */
static void test_level(void)
{
	const uint8_t shapes[][6] = {
		{0, 127, 127, 127, 127, 127},
		{0, 20, 200, 127, 150, 100},
		{0, 240, 60, 140, 127, 127},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++)
		for (uint8_t level = 30; level <= 60; level += 10) {
			uint8_t b[6];
			dec_cn cn;

			memcpy(b, shapes[i], sizeof(b));
			b[0] = level;
			g_assert_cmpint(dec_cn_parse(span_of(b, 6), &cn), ==,
					DEC_OK);
			g_assert_cmpfloat_with_epsilon(level_of(&cn), -level,
						       0.5);
		}
}

/* A negative first coefficient makes low frequencies loud. */
static void test_colour(void)
{
	const uint8_t b[] = {40, 127 - 100};
	static int16_t s[8000];
	dec_noise n = {.seed = 3};
	double same = 0, all = 0;
	dec_cn cn;

	g_assert_cmpint(dec_cn_parse(span_of(b, 2), &cn), ==, DEC_OK);
	dec_noise_shape(&n, &cn);
	dec_noise_make(&n, s, G_N_ELEMENTS(s));
	for (size_t i = 1; i < G_N_ELEMENTS(s); i++) {
		same += (double)s[i] * s[i - 1];
		all += (double)s[i] * s[i];
	}
	g_assert_cmpfloat(same / all, >, 0.7);
}

/* No coefficient that can be sent makes the filter ring forever. */
static void test_stable(void)
{
	uint8_t b[1 + DEC_CN_ORDER];
	dec_noise n = {.seed = 2};
	static int16_t s[16000];
	dec_cn cn;

	for (int v = 0; v < 256; v += 15) {
		memset(b, v, sizeof(b));
		b[0] = 10;
		g_assert_cmpint(dec_cn_parse(span_of(b, sizeof(b)), &cn), ==,
				DEC_OK);
		dec_noise_shape(&n, &cn);
		dec_noise_make(&n, s, G_N_ELEMENTS(s));
	}
	b[0] = 127;
	memset(b + 1, 127, DEC_CN_ORDER);
	g_assert_cmpint(dec_cn_parse(span_of(b, sizeof(b)), &cn), ==,
			DEC_OK);
	dec_noise_shape(&n, &cn);
	dec_noise_make(&n, s, G_N_ELEMENTS(s));
	for (size_t i = 8000; i < G_N_ELEMENTS(s); i++)
		g_assert_cmpint(ABS(s[i]), <=, 1);
}

static void test_parse(void)
{
	const uint8_t many[60] = {5};
	const uint8_t bad[] = {0x80};
	dec_cn cn;

	g_assert_cmpint(dec_cn_parse(span_of(bad, 0), &cn), ==, DEC_SHORT);
	g_assert_cmpint(dec_cn_parse(span_of(bad, 1), &cn), ==, DEC_BAD);
	g_assert_cmpint(dec_cn_parse(span_of(many, sizeof(many)), &cn), ==,
			DEC_OK);
	g_assert_cmpuint(cn.order, ==, DEC_CN_ORDER);
	g_assert_cmpint(cn.k[0], ==, -258 * 127);
}

enum { LINEAR = 96, NOISE = 98, LEVEL = 40 };

static void give(dec_fix *f, uint8_t pt, const void *payload, size_t n)
{
	pkt p;

	f->a.pt = pt;
	p = sender_rtp(&f->a, payload, n);
	g_assert_cmpint(dec_call_packet(f->c, &p), ==, DEC_MEDIA);
}

/* dB below full scale of the samples [from, to). */
static double level_between(const GArray *pcm, size_t from, size_t to)
{
	double sum = 0;

	for (size_t i = from; i < to; i++) {
		const double s = g_array_index(pcm, int16_t, i);

		sum += s * s;
	}
	return 10 * log10(sum / (double)(to - from)) - 20 * log10(32768);
}

/* 20 ms of digital silence, a pause of so many seconds, and 20 ms again. */
static void pause_at(uint32_t clock, unsigned seconds)
{
	static const uint8_t silence[2 * 480];
	const uint8_t noise[] = {LEVEL};
	const size_t frame = clock / 50, all = (size_t)clock * seconds;
	g_autoptr(call_half) half = NULL;
	dec_fix f;

	dec_fix_begin(&f, "AES_CM_128_HMAC_SHA1_80");
	half = sender_half(&f.a, false, 1, 1);
	sender_add_payload(half, LINEAR, "L16", clock);
	sender_add_payload(half, NOISE, "CN", clock);
	dec_call_describe(f.c, half);
	f.a.ticks = (uint32_t)frame;
	give(&f, LINEAR, silence, 2 * frame);
	f.a.ticks = 0;
	give(&f, NOISE, noise, sizeof(noise));
	f.a.ts += (uint32_t)all;
	f.a.at += (int64_t)seconds * CLK_NS_PER_S;
	give(&f, LINEAR, silence, 2 * frame);
	dec_call_finish(f.c);
	g_assert_cmpuint(heard_frames(&f.h, PCM_COMFORT), ==, all);
	g_assert_cmpuint(dec_fix_stream(&f, 0).comfort_us, ==,
			 seconds * 1000000ULL);
	g_assert_cmpuint(f.h.pcm->len, ==, all + 2 * frame);
	for (unsigned i = 0; i < seconds; i++)
		g_assert_cmpfloat_with_epsilon(
			level_between(f.h.pcm, frame + (size_t)i * clock,
				      frame + (size_t)(i + 1) * clock),
			-LEVEL, 1);
	dec_fix_end(&f);
}

/* Every second of a long pause is as loud as the sender said. */
static void test_clocks(void)
{
	static const uint32_t clocks[] = {8000, 16000, 24000};

	for (size_t i = 0; i < G_N_ELEMENTS(clocks); i++) {
		pause_at(clocks[i], 2);
		pause_at(clocks[i], 45);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/cn/level", test_level);
	g_test_add_func("/decoder/cn/colour", test_colour);
	g_test_add_func("/decoder/cn/stable", test_stable);
	g_test_add_func("/decoder/cn/parse", test_parse);
	g_test_add_func("/decoder/cn/clocks", test_clocks);
	return g_test_run();
}
