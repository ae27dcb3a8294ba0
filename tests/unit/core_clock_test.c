#include "core/clock.h"

#include <glib.h>

static clk_both at(int64_t mono_ms, int64_t wall_ms)
{
	return (clk_both){{mono_ms * CLK_NS_PER_MS}, {wall_ms * CLK_NS_PER_MS}};
}

static void test_step(void)
{
	const clk_both then = at(5000, 1000000);

	/* Both clocks go on alike, however late somebody looks. */
	g_assert_cmpint(clk_step_ns(then, at(6000, 1001000)), ==, 0);
	g_assert_cmpint(clk_step_ns(then, at(99000, 1094000)), ==, 0);
	/* A slew is no step. */
	g_assert_cmpint(clk_step_ns(then, at(6000, 1001200)), ==, 0);
	g_assert_cmpint(clk_step_ns(then, at(6000, 1000800)), ==, 0);
	g_assert_cmpint(clk_step_ns(then, at(6000, 1001201)), ==,
			201 * CLK_NS_PER_MS);
	g_assert_cmpint(clk_step_ns(then, at(6000, 1000799)), ==,
			-201 * CLK_NS_PER_MS);
	/* An hour back, and the year 2038. */
	g_assert_cmpint(clk_step_ns(then, at(6000, 1001000 - 3600000)), ==,
			-3600 * CLK_NS_PER_S);
	g_assert_cmpint(clk_step_ns(then, at(6000, 2147483648000)), ==,
			(2147483648000 - 1001000) * CLK_NS_PER_MS);
}

/* What the real clocks do between two looks is no step. */
static void test_real(void)
{
	const clk_both then = clk_now();

	g_assert_cmpint(clk_step_ns(then, clk_now()), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/core/clock/step", test_step);
	g_test_add_func("/core/clock/real", test_real);
	return g_test_run();
}
