/* Records of a CSV text whose first line names the columns. */
#include "catalog/records.h"

#include <string.h>

static const char *const names[] = {"key", "value"};

/* "0=a 1=b |" for each record. */
static bool take(void *record, unsigned column, const char *text, unsigned line,
		 GError **err)
{
	if (!strcmp(text, "bad"))
		return cat_line_error(err, line, "it is bad");
	g_string_append_printf(record, "%u=%s ", column, text);
	return true;
}

static char *read_all(const char *text, bool only)
{
	const cat_columns c = {names, G_N_ELEMENTS(names), 1, only};
	g_autoptr(GError) err = NULL;
	g_autoptr(cat_records) r = cat_records_new(span_str(text), &c, &err);
	g_autoptr(GString) s = g_string_new(NULL);
	cat_records_state state = CAT_RECORDS_ONE;
	unsigned line;

	while (r && state == CAT_RECORDS_ONE) {
		state = cat_records_next(r, take, s, &line, &err);
		if (state == CAT_RECORDS_ONE)
			g_string_append_printf(s, "(%u) ", line);
	}
	g_assert_cmpint(err == NULL, ==, r && state == CAT_RECORDS_END);
	return err ? g_strdup(err->message) : g_strdup(g_strchomp(s->str));
}

static void test_good(void)
{
	static const char *const cases[][2] = {
		{"key\na", "0=a (2)"},
		{"key,value\na,b\n", "0=a 1=b (2)"},
		/* in any order, among others, with empty lines between */
		{"Value , x,KEY\n\nb,y,a\n\n\nd,,c\n",
		 "1=b 0=a (3) 1=d 0=c (6)"},
		{"key;value\na;b\n", "0=a 1=b (2)"},
		{"key\n", ""},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = read_all(cases[i][0], false);

		g_assert_cmpstr(got, ==, cases[i][1]);
	}
}

static void test_bad(void)
{
	static const char *const cases[][2] = {
		{"", "line 1: the first line names the columns; key is "
		     "missing"},
		{"value\nb\n", "line 1: the first line names the columns; key "
			       "is missing"},
		{"key,other\n", "line 1: unknown column \"other\"; columns "
				"are key, value"},
		{"key\na,b\n", "line 2: more fields than the first line has "
			       "columns"},
		{"key,value\na,b\n\nc\n", "line 4: 1 fields, but the first "
					  "line has 2 columns"},
		{"key\na\nbad\n", "line 3: it is bad"},
		{"key\n\"a\n", "line 2: the quoted field that begins here is "
			       "not closed"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = read_all(cases[i][0], true);

		g_assert_cmpstr(got, ==, cases[i][1]);
	}
}

/* Any beginning of a good text reads, or says in which line it does not. */
static void test_cut(void)
{
	static const char text[] = "key,value\r\n\"a \"\"b\"\"\",c\r\n\r\nd,e";

	for (gsize n = 0; n < sizeof(text); n++) {
		g_autofree char *cut = g_strndup(text, n);
		g_autofree char *got = read_all(cut, true);

		g_assert_true(g_str_has_prefix(got, "line ") ||
			      g_str_has_prefix(got, "0=a") || !*got);
	}
}

/* More empty lines than any stack has room for. */
static void test_empty_lines(void)
{
	g_autoptr(GString) s = g_string_new("key\n");
	g_autofree char *got = NULL;

	for (unsigned i = 0; i < 1000000; i++)
		g_string_append_c(s, '\n');
	g_string_append(s, "a\n");
	got = read_all(s->str, true);
	g_assert_cmpstr(got, ==, "0=a (1000002)");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cat/records/good", test_good);
	g_test_add_func("/cat/records/bad", test_bad);
	g_test_add_func("/cat/records/cut", test_cut);
	g_test_add_func("/cat/records/empty-lines", test_empty_lines);
	return g_test_run();
}
