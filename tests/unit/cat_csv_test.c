/* CSV (RFC 4180): fields, mistakes, cutting at each byte, and what a
 * spreadsheet must not take for a formula. */
#include "catalog/csv.h"

#include <string.h>

/* Fields joined by '|', records ended by '/'; "!LINE" where it stops. */
static char *fields(const char *text, size_t n)
{
	GString *s = g_string_new(NULL);
	cat_csv c;

	cat_csv_init(&c, span_of(text, n));
	for (;;) {
		cat_csv_field f;
		cat_csv_verdict v = cat_csv_next(&c, &f);
		g_autofree char *one = NULL;

		if (v == CAT_CSV_END)
			break;
		if (v != CAT_CSV_OK) {
			g_assert_cmpstr(cat_csv_problem(v), !=, "");
			g_string_append_printf(s, "!%u", f.line);
			break;
		}
		one = cat_csv_text(&f);
		g_string_append_printf(s, "%s%c", one, f.last ? '/' : '|');
	}
	return g_string_free(s, FALSE);
}

static void expect(const char *text, const char *want)
{
	g_autofree char *got = fields(text, strlen(text));

	g_assert_cmpstr(got, ==, want);
}

static void test_fields(void)
{
	expect("", "");
	expect("a,b\r\nc,d\r\n", "a|b/c|d/");
	expect("a,b\nc,d", "a|b/c|d/");
	expect("a,\n", "a|/");
	expect(",", "|/");
	expect("\"a,b\",\"c\"\"d\"\r\n", "a,b|c\"d/");
	expect("\"two\r\nlines\",x\n\"y\"", "two\r\nlines|x/y/");
	expect("\xef\xbb\xbfkey;name\nalice;A", "key|name/alice|A/");
	expect("key,name;x\na,b", "key|name;x/a|b/");
}

static void test_mistakes(void)
{
	expect("a\nb,\"c", "a/b|!2");
	expect("a\"b,c", "!1");
	expect("\"a\"b", "!1");
	expect("\"x\ny\",a\nq\"", "x\ny|a/!3");
}

static void test_cut(void)
{
	const char *text = "a,\"b\"\"c\",d\r\n\"e\nf\",g\r\n";

	for (size_t n = 0; n <= strlen(text); n++) {
		g_autofree char *exact = g_memdup2(text, n + !n);
		g_autofree char *got = fields(exact, n);

		g_assert_nonnull(got);
	}
}

static void test_formulas(void)
{
	static const char *const texts[] = {
		"=1+1", "+49", "-2", "@SUM(A1)", "\tx", "plain", "with,comma",
		"quo\"te", "semi;colon", "two\nlines", "", "'quoted", "=",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GString) s = g_string_new(NULL);
		g_autofree char *got = NULL, *want = NULL;
		char first;

		cat_csv_put(s, texts[i], true);
		cat_csv_put(s, "end", false);
		cat_csv_end(s);
		first = s->str[0] == '"' ? s->str[1] : s->str[0];
		g_assert_null(strchr("=+-@\t", first));
		got = fields(s->str, s->len);
		want = g_strdup_printf("%s|end/", texts[i]);
		g_assert_cmpstr(got, ==, want);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cat/csv/fields", test_fields);
	g_test_add_func("/cat/csv/mistakes", test_mistakes);
	g_test_add_func("/cat/csv/cut", test_cut);
	g_test_add_func("/cat/csv/formulas", test_formulas);
	return g_test_run();
}
