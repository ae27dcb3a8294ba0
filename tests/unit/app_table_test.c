/* Tables as wide as the terminal: what gives way, and what never does. */
#include "app/table.h"

#include <glib/gstdio.h>
#include <unistd.h>

static const char *const columns[] = {"!name", "#n", "empty", "?spare",
				      "~text", NULL};

static table *filled(void)
{
	table *t = table_new(columns);

	table_text(t, "clock-unsynced");
	table_number(t, 1234567);
	table_text(t, "");
	table_text(t, "0");
	table_text(t, "nobody keeps the clock of this host");
	table_text(t, "b");
	table_number(t, 0);
	table_text(t, NULL);
	table_text(t, "spared");
	table_text(t, "/a/path/without/one/blank/in/it");
	return t;
}

/* As it is printed on a terminal of so many columns. */
static char *printed(const table *t, const char *width)
{
	g_autofree char *name = NULL;
	g_autoptr(GError) err = NULL;
	int fd = g_file_open_tmp("edgetape-table-XXXXXX", &name, &err);
	char *text = NULL;
	FILE *to;

	g_assert_no_error(err);
	to = fdopen(fd, "w");
	g_setenv("COLUMNS", width, TRUE);
	table_print(t, TABLE_TEXT, "none", to);
	fclose(to);
	g_file_get_contents(name, &text, NULL, &err);
	g_assert_no_error(err);
	g_assert_cmpint(g_remove(name), ==, 0);
	return text;
}

static void expect(const char *width, const char *want)
{
	g_autoptr(table) t = filled();
	g_autofree char *got = printed(t, width);

	g_assert_cmpstr(got, ==, want);
}

static void test_wide(void)
{
	expect("90",
	       "name                  n  empty  spare   text\n"
	       "clock-unsynced  1234567         0       nobody keeps the clock "
	       "of this host\n"
	       "b                     0         spared  /a/path/without/one/"
	       "blank/in/it\n");
}

/* First what is spare or empty goes, then text goes on in the next line. */
static void test_narrow(void)
{
	expect("62",
	       "name                  n  text\n"
	       "clock-unsynced  1234567  nobody keeps the clock of this host\n"
	       "b                     0  /a/path/without/one/blank/in/it\n");
	expect("45",
	       "name                  n  text\n"
	       "clock-unsynced  1234567  nobody keeps the\n"
	       "                         clock of this host\n"
	       "b                     0  /a/path/without/one/\n"
	       "                         blank/in/it\n");
}

/* What is left cannot be narrower: a paragraph a row, without what is empty. */
static void test_narrower(void)
{
	expect("28",
	       "name   clock-unsynced\n"
	       "n      1234567\n"
	       "spare  0\n"
	       "text   nobody keeps the\n"
	       "       clock of this host\n"
	       "\n"
	       "name   b\n"
	       "n      0\n"
	       "spare  spared\n"
	       "text   /a/path/without/one/b\n"
	       "       lank/in/it\n");
}

/* Names of numbers give way before what is spare does. */
static void test_names(void)
{
	static const char *const names[] = {"#not recorded", "#?spare",
					    "#count", NULL};
	g_autoptr(table) t = table_new(names);
	g_autofree char *got = NULL, *narrow = NULL;

	table_number(t, 12);
	table_number(t, 1);
	table_number(t, 123456);
	got = printed(t, "23");
	g_assert_cmpstr(got, ==, "     not  spare   count\n"
				 "recorded\n"
				 "      12      1  123456\n");
	narrow = printed(t, "20");
	g_assert_cmpstr(narrow, ==, "     not   count\n"
				    "recorded\n"
				    "      12  123456\n");
}

static void test_cut(void)
{
	static const char *const names[] = {"first", "<last", NULL};
	g_autoptr(table) t = table_new(names);
	g_autofree char *got = NULL;

	table_text(t, "abcdefghijklmnop");
	table_text(t, "abcdefghijklmnop");
	got = printed(t, "22");
	g_assert_cmpstr(got, ==, "first       last\n"
				 "abcdefghi\u2026  \u2026hijklmnop\n");
}

static void test_none(void)
{
	g_autoptr(table) t = table_new(columns);
	g_autofree char *got = printed(t, "80");

	g_assert_cmpstr(got, ==, "none\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/app/table/wide", test_wide);
	g_test_add_func("/app/table/narrow", test_narrow);
	g_test_add_func("/app/table/narrower", test_narrower);
	g_test_add_func("/app/table/names", test_names);
	g_test_add_func("/app/table/cut", test_cut);
	g_test_add_func("/app/table/none", test_none);
	return g_test_run();
}
