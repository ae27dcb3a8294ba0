/* One spelling for each identity. */
#include "catalog/identity.h"

#include "catalog/users.h"

static void test_spellings(void)
{
	static const struct {
		const char *in, *out;
	} t[] = {
		{"sip:Alice@Example.COM", "sip:alice@example.com"},
		{"SIPS:alice@x;transport=tls", "sip:alice@x"},
		{"alice@x:5061", "sip:alice@x"},
		{"sip:alice@[2001:DB8::1]:5061", "sip:alice@[2001:db8::1]"},
		{"sip:112;phone-context=a@x;user=phone", "sip:112@x"},
		{"sip:a@x;opaque=user:epid:b@c;gruu", "sip:a@x"},
		{"tel:+49-30-(123) 45.6;ext=9", "tel:+493012345" "6"},
		{" +49 30 / 123 ", "tel:+4930123"},
		{"0301234", "tel:0301234"},
		{"*21#", "tel:*21#"},
		{"alice", "alias:alice"},
		{"ALIAS:DOM/Alice", "alias:dom/alice"},
		{"", NULL}, {"sip:", NULL}, {"sip:@x", NULL}, {"sip:a@", NULL},
		{"sip:a", NULL}, {"tel:", NULL}, {"tel:+", NULL},
		{"tel:abc", NULL}, {"sip:a@b@c", NULL}, {"two words", NULL},
		{"sio:alice@x", NULL}, {"mailto:alice", NULL},
		{"alias:a:b", NULL}, {"a;b", NULL}, {"sip:a b@c", NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		g_autofree char *got = cat_identity(t[i].in);

		g_test_message("%s", t[i].in);
		g_assert_cmpstr(got, ==, t[i].out);
	}
}

static void test_long(void)
{
	g_autofree char *user = g_strnfill(300, 'a');
	g_autofree char *text = g_strconcat("sip:", user, "@x", NULL);

	g_assert_null(cat_identity(text));
	g_assert_null(cat_identity(user));
}

static void test_parts(void)
{
	span n;

	g_assert_true(cat_id_number("sip:+4930@x", &n));
	g_assert_true(span_eq(n, "+4930"));
	g_assert_true(cat_id_number("tel:112", &n));
	g_assert_true(span_eq(n, "112"));
	g_assert_false(cat_id_number("sip:a1@x", &n));
	g_assert_false(cat_id_number("sip:+@x", &n));
	g_assert_false(cat_id_number("alias:112", &n));
	g_assert_cmpstr(cat_id_domain("sip:a@b.c"), ==, "b.c");
	g_assert_null(cat_id_domain("tel:+1"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cat/identity/spellings", test_spellings);
	g_test_add_func("/cat/identity/long", test_long);
	g_test_add_func("/cat/identity/parts", test_parts);
	return g_test_run();
}
