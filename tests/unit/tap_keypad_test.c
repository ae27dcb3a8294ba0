/* Codes that a party presses. */
#include "signaling_tap/keypad.h"

static tap_keypad_plan plan_of(const char *text)
{
	g_auto(GStrv) list = g_strsplit(text, ";", -1);
	g_autoptr(GError) err = NULL;
	tap_keypad_plan p;

	g_assert_true(tap_keypad_parse(list, &p, &err));
	g_assert_no_error(err);
	return p;
}

/* The acts that come of keys half a second apart; '.' waits four. */
static void pressed(const char *keys, const char *want)
{
	tap_keypad_plan p = plan_of("pause=*7;resume=*8;mark=##12");
	g_autoptr(GString) got = g_string_new(NULL);
	tap_keypad k = {.at = {0}};
	clk_mono at = {0};

	for (; *keys; keys++) {
		rec_mark m;

		at.ns += (*keys == '.' ? 4 : 0) * CLK_NS_PER_S +
			 CLK_NS_PER_S / 2;
		if (*keys == '.')
			continue;
		m = tap_keypad_press(&k, &p, at, *keys);
		if (m)
			g_string_append_printf(got, "%s ",
					       tap_keypad_verb(m));
	}
	g_assert_cmpstr(got->str, ==, want);
}

static void test_press(void)
{
	pressed("*7", "pause ");
	pressed("123*7", "pause ");
	pressed("*7*8", "pause resume ");
	pressed("*.7", "");
	pressed("#1##12", "mark ");
	pressed("0123456789*7", "pause ");
	pressed("77**", "");
}

static bool parses(const char *text)
{
	g_auto(GStrv) list = g_strsplit(text, ";", -1);
	tap_keypad_plan p;

	return tap_keypad_parse(list, &p, NULL);
}

static void test_parse(void)
{
	g_assert_cmpuint(plan_of("").n, ==, 0);
	g_assert_true(parses("pause=*7;resume=*8;stop=*9;start=*1;mark=#A"));
	g_assert_false(parses("pause"));
	g_assert_false(parses("pause="));
	g_assert_false(parses("pause=7"));	/* too easily pressed */
	g_assert_false(parses("hold=*7"));
	g_assert_false(parses("pause=*x"));
	g_assert_false(parses("pause=123456789"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/keypad/press", test_press);
	g_test_add_func("/tap/keypad/parse", test_parse);
	return g_test_run();
}
