#include "core/forecast.h"

#include <glib.h>

static const uint64_t gib = 1 << 30;

static clk_mono at(int64_t s)
{
	return (clk_mono){s * CLK_NS_PER_S};
}

/* 100 GiB free, 1 GiB a minute: 90 minutes left when 90 are left. */
static void test_pace(void)
{
	forecast f = {.n = 0};

	for (int64_t s = 0; s <= 600; s++)
		forecast_add(&f, at(s), 100 * gib - (uint64_t)s * gib / 60,
			     200 * gib);
	g_assert_cmpint(ABS(forecast_left_s(&f) - 90 * 60), <, 5);
	g_assert_cmpuint(forecast_used(&f), ==, 55);
}

static void test_too_early(void)
{
	forecast f = {.n = 0};

	g_assert_cmpint(forecast_left_s(&f), ==, INT64_MAX);
	g_assert_cmpuint(forecast_used(&f), ==, 0);
	for (int64_t s = 0; s < FORECAST_LEAST_S; s++)
		forecast_add(&f, at(s), gib - (uint64_t)s, gib);
	g_assert_cmpint(forecast_left_s(&f), ==, INT64_MAX);
}

static void test_not_shrinking(void)
{
	forecast f = {.n = 0};

	for (int64_t s = 0; s < 3000; s++)
		forecast_add(&f, at(s), gib + (uint64_t)s, 4 * gib);
	g_assert_cmpint(forecast_left_s(&f), ==, INT64_MAX);
}

/* What was long ago does not count: ten minutes of rest after a rush. */
static void test_forgets(void)
{
	forecast f = {.n = 0};

	for (int64_t s = 0; s < 600; s++)
		forecast_add(&f, at(s), 10 * gib - (uint64_t)s * 1000000,
			     10 * gib);
	g_assert_cmpint(forecast_left_s(&f), <, 86400);
	for (int64_t s = 600; s < 1300; s++)
		forecast_add(&f, at(s), 9 * gib, 10 * gib);
	g_assert_cmpint(forecast_left_s(&f), ==, INT64_MAX);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/core/forecast/pace", test_pace);
	g_test_add_func("/core/forecast/too-early", test_too_early);
	g_test_add_func("/core/forecast/not-shrinking", test_not_shrinking);
	g_test_add_func("/core/forecast/forgets", test_forgets);
	return g_test_run();
}
