#include "signaling_tap/uri.h"

#include <glib.h>

typedef struct uri_case {
	const char *text;
	bool ok;
	const char *canonical, *number;
} uri_case;

static const uri_case uris[] = {
	{"sip:alice@example.com", true, "sip:alice@example.com", ""},
	{"SIPS:Alice@EXAMPLE.com:5061;transport=tls", true,
	 "sip:alice@example.com", ""},
	{"sip:alice:secret@example.com", true, "sip:alice@example.com", ""},
	{"sip:example.com", true, "sip:example.com", ""},
	{"sip:alice@[2001:DB8::1]:5060", true, "sip:alice@[2001:db8::1]", ""},
	{"sip:a@b?Replaces=x%40y", true, "sip:a@b", ""},
	{"sip:a;b=c?d/e@host;x", true, "sip:a;b=c?d/e@host", ""},
	{"sip:alice@example.com;opaque=user:epid:X;gruu", true,
	 "sip:alice@example.com", ""},
	{"tel:+49-(30)-123.45", true, "tel:+493012345", "tel:+493012345"},
	{"tel:110;phone-context=+49", true, "tel:110", "tel:110"},
	{"sip:+4930123@gw.example;user=phone", true,
	 "sip:+4930123@gw.example", "tel:+4930123"},
	{"sip:+4930123;ext=12@gw.example;user=phone", true,
	 "sip:+4930123;ext=12@gw.example", "tel:+4930123"},
	{"sip:110@gw.example;user=phone", true, "sip:110@gw.example",
	 "tel:110"},
	{"sip:110@gw.example", true, "sip:110@gw.example", ""},
	{"sip:+49x@gw.example", true, "sip:+49x@gw.example", ""},
	{"sip:", false, "", ""},
	{"sip:@host", false, "", ""},
	{"sip:a@", false, "", ""},
	{"sip:a@host:", false, "", ""},
	{"sip:a@[::1", false, "", ""},
	{"tel:", false, "", ""},
	{"sip:a b@host", false, "", ""},
	{"http://example.com", false, "", ""},
	{"alice@example.com", false, "", ""},
	{"", false, "", ""},
};

static void test_uris(void)
{
	char text[128];
	tap_uri u;

	for (size_t i = 0; i < G_N_ELEMENTS(uris); i++) {
		g_test_message("%s", uris[i].text);
		g_assert_cmpint(tap_uri_parse(span_str(uris[i].text), &u), ==,
				uris[i].ok);
		if (!uris[i].ok)
			continue;
		tap_uri_canonical(&u, text, sizeof(text));
		g_assert_cmpstr(text, ==, uris[i].canonical);
		tap_uri_number(&u, text, sizeof(text));
		g_assert_cmpstr(text, ==, uris[i].number);
	}
}

/* What does not fit is not cut to another identity. */
static void test_no_room(void)
{
	char text[12];
	tap_uri u;

	g_assert_true(tap_uri_parse(span_str("sip:alice@example.com"), &u));
	tap_uri_canonical(&u, text, sizeof(text));
	g_assert_cmpstr(text, ==, "");
}

static void addr_is(span *in, const char *name, const char *uri,
		    const char *params)
{
	tap_nameaddr a;

	g_assert_true(tap_nameaddr_next(in, &a));
	g_assert_true(span_eq(a.name, name));
	g_assert_true(span_eq(a.uri, uri));
	g_assert_true(span_eq(a.params, params));
}

static void test_list(void)
{
	span in = span_str(
		" \"Alice, \\\"the\\\" <boss>\" <sip:a@x;p=1>;q=\"a,b\";tag=7 ,"
		"<tel:+49>, Bob Smith <sip:b@x>,sip:c@x;tag=9");
	tap_nameaddr a;

	addr_is(&in, "Alice, \\\"the\\\" <boss>", "sip:a@x;p=1",
		"q=\"a,b\";tag=7 ");
	addr_is(&in, "", "tel:+49", "");
	addr_is(&in, "Bob Smith", "sip:b@x", "");
	addr_is(&in, "", "sip:c@x", "tag=9");
	g_assert_false(tap_nameaddr_next(&in, &a));
}

static void test_bad_list(void)
{
	static const char *const bad[] = {
		"", "  ", "<", "<>", "<sip:a@x", "\"unclosed <sip:a@x>",
		"\"a\" <sip:a@x> junk", ";tag=1", ",", "<sip:a@x>;p=\"unclosed",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		span in = span_str(bad[i]);
		tap_nameaddr a;

		g_test_message("%s", bad[i]);
		g_assert_false(tap_nameaddr_next(&in, &a));
	}
}

static void test_params(void)
{
	span v, p = span_str("lr; EPID = 01ab ;q=\"a;tag=no\";tag=yes;gruu");

	g_assert_true(tap_param_find(p, "tag", &v) && span_eq(v, "yes"));
	g_assert_true(tap_param_find(p, "epid", &v) && span_eq(v, "01ab"));
	g_assert_true(tap_param_find(p, "q", &v) && span_eq(v, "a;tag=no"));
	g_assert_true(tap_param_find(p, "gruu", &v) && !v.left);
	g_assert_true(tap_param_find(p, "lr", &v) && !v.left);
	g_assert_false(tap_param_find(p, "no", &v));
	g_assert_false(tap_param_find(span_str(""), "a", &v));
}

static void check_lent(span all, span part)
{
	g_assert_true(!part.left || span_holds(all, part));
}

/* Every piece of a header value ends, and all that is read is a part of it. */
static void test_cut(void)
{
	static const char text[] = "\"A \\\" B\" <sip:a:b@[::1]:1;x=\"y\"?h=1>"
				   ";tag=\"1\";epid=2, <tel:+1-2;ext=3>";
	unsigned most = 0;

	for (size_t n = 0; n < sizeof(text); n++) {
		g_autofree char *copy = g_memdup2(text, n ? n : 1);
		const span all = span_of(copy, n);
		span in = all, v;
		unsigned found = 0;
		tap_nameaddr a;
		tap_uri u;

		for (; tap_nameaddr_next(&in, &a); found++) {
			check_lent(all, a.name);
			check_lent(all, a.uri);
			if (tap_uri_parse(a.uri, &u))
				check_lent(a.uri, u.host);
			if (tap_param_find(a.params, "epid", &v))
				check_lent(a.params, v);
		}
		most = MAX(most, found);
	}
	g_assert_cmpuint(most, ==, 2);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tap/uri/uris", test_uris);
	g_test_add_func("/tap/uri/no-room", test_no_room);
	g_test_add_func("/tap/uri/list", test_list);
	g_test_add_func("/tap/uri/bad-list", test_bad_list);
	g_test_add_func("/tap/uri/params", test_params);
	g_test_add_func("/tap/uri/cut", test_cut);
	return g_test_run();
}
