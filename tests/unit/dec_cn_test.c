#include <glib.h>
#include <math.h>

#include "decoder/cn.h"

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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decoder/cn/level", test_level);
	g_test_add_func("/decoder/cn/colour", test_colour);
	g_test_add_func("/decoder/cn/stable", test_stable);
	g_test_add_func("/decoder/cn/parse", test_parse);
	return g_test_run();
}
