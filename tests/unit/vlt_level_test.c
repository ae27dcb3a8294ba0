/* What a filling disk means. */
#include "vault/vault.h"

static const vlt_marks marks = {{80, 90, 95, 97}};

static void test_up(void)
{
	static const struct {
		unsigned percent;
		vlt_level level;
	} t[] = {
		{0, VLT_ROOM},	      {79, VLT_ROOM},
		{80, VLT_WARN},	      {89, VLT_WARN},
		{90, VLT_NO_EXPORTS}, {94, VLT_NO_EXPORTS},
		{95, VLT_REFUSE},     {96, VLT_REFUSE},
		{97, VLT_JOURNAL_ONLY}, {100, VLT_JOURNAL_ONLY},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(t); i++)
		g_assert_cmpint(vlt_level_next(&marks, VLT_ROOM, t[i].percent),
				==, t[i].level);
}

/* A level ends two percent below where it began. */
static void test_down(void)
{
	static const struct {
		vlt_level before;
		unsigned percent;
		vlt_level level;
	} t[] = {
		{VLT_JOURNAL_ONLY, 96, VLT_JOURNAL_ONLY},
		{VLT_JOURNAL_ONLY, 95, VLT_JOURNAL_ONLY},
		{VLT_JOURNAL_ONLY, 94, VLT_REFUSE},
		{VLT_REFUSE, 93, VLT_REFUSE},
		{VLT_REFUSE, 92, VLT_NO_EXPORTS},
		{VLT_NO_EXPORTS, 88, VLT_NO_EXPORTS},
		{VLT_NO_EXPORTS, 87, VLT_WARN},
		{VLT_WARN, 78, VLT_WARN},
		{VLT_WARN, 77, VLT_ROOM},
		{VLT_JOURNAL_ONLY, 10, VLT_ROOM},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(t); i++)
		g_assert_cmpint(vlt_level_next(&marks, t[i].before,
					       t[i].percent), ==, t[i].level);
}

static bool parse(const char *text)
{
	g_auto(GStrv) list = g_strsplit(text, ";", -1);
	vlt_marks m;

	return vlt_marks_parse(list, &m, NULL);
}

static void test_parse(void)
{
	g_assert_true(parse("80;90;95;97"));
	g_assert_true(parse("1;2;3;100"));
	g_assert_false(parse("80;90;95"));
	g_assert_false(parse("80;90;95;97;99"));
	g_assert_false(parse("90;80;95;97"));
	g_assert_false(parse("80;80;95;97"));
	g_assert_false(parse("0;90;95;97"));
	g_assert_false(parse("80;90;95;101"));
	g_assert_false(parse("a;90;95;97"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/vlt/level/up", test_up);
	g_test_add_func("/vlt/level/down", test_down);
	g_test_add_func("/vlt/level/parse", test_parse);
	return g_test_run();
}
