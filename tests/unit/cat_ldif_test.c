/* LDIF (RFC 2849): folding, base64, comments, mistakes, cutting. */
#include "catalog/ldif.h"

#include <string.h>

/* "name=value;" for each attribute, '/' behind an entry, "!LINE" at an error.
 */
static char *attrs(const char *text, size_t n)
{
	GString *s = g_string_new(NULL);
	cat_ldif l;

	cat_ldif_init(&l, span_of(text, n));
	for (;;) {
		cat_ldif_attr a;
		cat_ldif_verdict v = cat_ldif_next(&l, &a);
		g_autofree char *name = NULL, *value = NULL;

		if (v == CAT_LDIF_END)
			break;
		if (v == CAT_LDIF_ENTRY_END) {
			g_string_append_c(s, '/');
			continue;
		}
		if (v != CAT_LDIF_ATTR) {
			g_assert_cmpstr(cat_ldif_problem(v), !=, "");
			g_string_append_printf(s, "!%u", a.line);
			break;
		}
		name = span_dup(a.name);
		value = cat_ldif_text(&a);
		g_string_append_printf(s, "%s=%s;", name, value);
	}
	return g_string_free(s, FALSE);
}

static void expect(const char *text, const char *want)
{
	g_autofree char *got = attrs(text, strlen(text));

	g_assert_cmpstr(got, ==, want);
}

static void test_entries(void)
{
	expect("", "");
	expect("version: 1\n\ndn: cn=a\ncn: a\n\n\ndn: cn=b\ncn:b\n",
	       "dn=cn=a;cn=a;/dn=cn=b;cn=b;/");
	expect("# who\n  is this\ndn: x\r\nmail:  a@b\r\n\r\n",
	       "dn=x;mail=a@b;/");
	expect("dn: cn=Alice Exam\n ple,dc=x\nl: Ber\r\n lin\n",
	       "dn=cn=Alice Example,dc=x;l=Berlin;/");
	expect("dn: x\ncn:: w4RubmU=\n", "dn=x;cn=\xc3\x84nne;/");
	expect("dn: x\ncn:: w4Ru\n bmU=\n", "dn=x;cn=\xc3\x84nne;/");
	expect("dn: x\ncn;lang-de: y\n2.5.4.3: z\n",
	       "dn=x;cn;lang-de=y;2.5.4.3=z;/");
	expect("dn: x\nempty:\n", "dn=x;empty=;/");
}

static void test_mistakes(void)
{
	expect("dn: x\nnonsense\n", "dn=x;!2");
	expect("dn: x\n\ndn: y\njpegPhoto:< file:///etc/shadow\n",
	       "dn=x;/dn=y;!4");
	expect("dn: x\ncn:: !!!\n", "dn=x;!2");
	expect("dn: x\ncn:: YQ\n", "dn=x;!2");
	expect("dn: x\nchangetype: delete\n", "dn=x;!2");
	expect("dn: x\nb\xc3\xa4r: y\n", "dn=x;!2");
	/* The line of the attribute, behind one that is folded. */
	expect("dn: x\n y\n z\nbad\n", "dn=xyz;!4");
}

static void test_cut(void)
{
	const char *text = "version: 1\ndn: cn=a,\n dc=b\ncn:: w4RubmU=\n"
			   "# c\nmail: a@b\n\ndn: y\n";

	for (size_t n = 0; n <= strlen(text); n++) {
		g_autofree char *exact = g_memdup2(text, n + !n);
		g_autofree char *got = attrs(exact, n);

		g_assert_nonnull(got);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cat/ldif/entries", test_entries);
	g_test_add_func("/cat/ldif/mistakes", test_mistakes);
	g_test_add_func("/cat/ldif/cut", test_cut);
	return g_test_run();
}
