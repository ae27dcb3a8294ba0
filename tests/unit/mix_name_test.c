#include "mixer/mix.h"

#include <string.h>

static const mix_name names = {
	/* 2026-11-21T22:28:00Z */
	.begun = {1795300080LL * CLK_NS_PER_S},
	.caller = "sip:alice@example.com",
	.callee = "tel:+441632960000",
	.call = "../../etc/passwd",
	.id = "20261121T222800Z-0123456789abcdef",
	.user = "\xc3\x84nne M\xc3\xbcller",
};

static void expands(void)
{
	static const struct {
		const char *pattern, *name;
	} cases[] = {
		{"{date}-{time}", "20261121-222800"},
		{"{caller}_{callee}", "alice@example.com_+441632960000"},
		{"{id}", "20261121T222800Z-0123456789abcdef"},
		{"{user}", "\xc3\x84nne_M\xc3\xbcller"},
		{"{rule}", "unknown"},
		{"{call}", "_._.._etc_passwd"},
		{"{date}/{id}", "20261121_20261121T222800Z-0123456789abcdef"},
		{"..", "_."},
		{"-rf", "_rf"},
		{"", "call"},
		{"a}b", "a_b"},
		{"x\xff\xfe\x01y", "x___y"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		GError *err = NULL;
		g_autofree char *got = mix_name_expand(cases[i].pattern,
						       &names, &err);

		g_assert_no_error(err);
		g_assert_cmpstr(got, ==, cases[i].name);
	}
}

static void refuses(void)
{
	static const char *const patterns[] = {"{", "{date", "{}", "{Date}",
					       "{dat}", "{dates}", "x{{date}}"};

	for (size_t i = 0; i < G_N_ELEMENTS(patterns); i++) {
		g_autoptr(GError) err = NULL;

		g_assert_null(mix_name_expand(patterns[i], &names, &err));
		g_assert_error(err, MIX_ERROR, MIX_ERROR_PLAN);
		g_assert_nonnull(strstr(err->message, patterns[i]));
	}
}

/* However long the parts, a name fits, and ends between two letters. */
static void is_cut(void)
{
	g_autofree char *many = g_strnfill(500, 'x');
	g_autoptr(GString) umlauts = g_string_new("a");
	mix_name n = names;

	for (int i = 0; i < 200; i++)
		g_string_append(umlauts, "\xc3\xbc");
	n.caller = many;
	n.callee = umlauts->str;
	for (int i = 0; i < 2; i++) {
		g_autofree char *name = mix_name_expand(
			"{caller}{callee}{callee}{callee}{callee}", &n, NULL);

		g_assert_cmpuint(strlen(name), <=, MIX_NAME_MAX);
		g_assert_cmpuint(strlen(name), >, MIX_NAME_MAX - 4);
		g_assert_true(g_utf8_validate(name, -1, NULL));
		n.caller = "b";
		n.callee = umlauts->str;
		g_string_truncate(umlauts, 100);
		g_string_prepend_c(umlauts, 'c');
		n.callee = umlauts->str;
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mixer/name/expands", expands);
	g_test_add_func("/mixer/name/refuses", refuses);
	g_test_add_func("/mixer/name/is_cut", is_cut);
	return g_test_run();
}
