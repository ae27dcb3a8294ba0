/* The days on which an expiry is warned of, hour by hour. */
#include "signaling_tap/expiry.h"

#include <glib.h>

static void test_countdown(void)
{
	static const int want[] = {30, 14, 7, 1, -1};
	tap_expiry e = {0};
	gsize n = 0;

	for (int hours = 40 * 24; hours > -48; hours--) {
		int days = hours < 0 ? hours / 24 - 1 : hours / 24;

		if (!tap_expiry_due(&e, days))
			continue;
		g_assert_cmpuint(n, <, G_N_ELEMENTS(want));
		g_assert_cmpint(days, ==, want[n++]);
	}
	g_assert_cmpuint(n, ==, G_N_ELEMENTS(want));
}

/* A start in between warns of the step that was missed, and of the next. */
static void test_start(void)
{
	tap_expiry e = {0};

	g_assert_true(tap_expiry_due(&e, 10));
	g_assert_false(tap_expiry_due(&e, 8));
	g_assert_true(tap_expiry_due(&e, 7));
	e = (tap_expiry){0};
	g_assert_false(tap_expiry_due(&e, 31));
	g_assert_true(tap_expiry_due(&e, -5));
	g_assert_false(tap_expiry_due(&e, -6));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/expiry/countdown", test_countdown);
	g_test_add_func("/tap/expiry/start", test_start);
	return g_test_run();
}
