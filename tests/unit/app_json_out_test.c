/* The same text as json-glib's, and what it reads back. */
#include "app/json_out.h"

#include <json-glib/json-glib.h>

static char *done(json_out *o)
{
	return g_string_free(g_steal_pointer(&o->to), FALSE);
}

static void check_same_as_glib(char *text)
{
	g_autoptr(JsonParser) p = json_parser_new();
	g_autoptr(JsonGenerator) g = json_generator_new();
	g_autoptr(GError) err = NULL;
	g_autofree char *again = NULL;

	json_parser_load_from_data(p, text, -1, &err);
	g_assert_no_error(err);
	json_generator_set_root(g, json_parser_get_root(p));
	json_generator_set_pretty(g, TRUE);
	again = json_generator_to_data(g, NULL);
	g_assert_cmpstr(text, ==, again);
	g_free(text);
}

static void nested(void)
{
	json_out o = {.to = g_string_new(NULL)};

	json_out_begin(&o, NULL, '{');
	json_out_number(&o, "least", INT64_MIN);
	json_out_number(&o, "most", INT64_MAX);
	json_out_number(&o, "none", 0);
	json_out_boolean(&o, "yes", true);
	json_out_begin(&o, "list", '[');
	json_out_text(&o, NULL, "a");
	json_out_begin(&o, NULL, '{');
	json_out_boolean(&o, "no", false);
	json_out_end(&o, '}');
	json_out_begin(&o, NULL, '[');
	json_out_end(&o, ']');
	json_out_end(&o, ']');
	json_out_text(&o, "last", "");
	json_out_end(&o, '}');
	check_same_as_glib(done(&o));
}

/* json-glib puts spaces into it. */
static void empty(void)
{
	json_out o = {.to = g_string_new(NULL)};
	g_autofree char *text = NULL;

	json_out_begin(&o, NULL, '[');
	json_out_begin(&o, NULL, '{');
	json_out_end(&o, '}');
	json_out_begin(&o, NULL, '{');
	json_out_end(&o, '}');
	json_out_end(&o, ']');
	text = done(&o);
	g_assert_cmpstr(text, ==, "[\n  {},\n  {}\n]");
}

/* What a stranger's display name may be. */
static void hostile(void)
{
	static const char *const names[] = {
		"\"", "\\", "\\\"", "a\nb\tc\rd\be\ff", "\x01\x7f\x1e",
		"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "</script>", "%s%n",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		json_out o = {.to = g_string_new(NULL)};

		json_out_begin(&o, NULL, '{');
		json_out_text(&o, "name", names[i]);
		json_out_end(&o, '}');
		check_same_as_glib(done(&o));
	}
}

/* Each octet, also those that begin no character. */
static void octets(void)
{
	for (unsigned c = 1; c < 256; c++) {
		const char in[] = {'a', (char)c, 'b', '\0'};
		json_out o = {.to = g_string_new(NULL)};
		g_autoptr(JsonNode) n = NULL;
		g_autofree char *text = NULL, *valid = NULL;

		json_out_text(&o, NULL, in);
		text = done(&o);
		valid = g_utf8_make_valid(in, -1);
		n = json_from_string(text, NULL);
		g_assert_nonnull(n);
		g_assert_cmpstr(json_node_get_string(n), ==, valid);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/app/json_out/nested", nested);
	g_test_add_func("/app/json_out/empty", empty);
	g_test_add_func("/app/json_out/hostile", hostile);
	g_test_add_func("/app/json_out/octets", octets);
	return g_test_run();
}
