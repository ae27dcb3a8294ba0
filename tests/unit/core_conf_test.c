#include "core/conf.h"

#include <glib/gstdio.h>
#include <string.h>

static char *only_error(const char *text)
{
	g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);

	g_assert_null(conf_parse(text, "t.conf", errors));
	g_assert_cmpuint(errors->len, ==, 1);
	return g_strdup(g_ptr_array_index(errors, 0));
}

static void test_values(void)
{
	g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(conf) c = conf_parse("[tap]\nlisten=[::1]:5070\n"
				       "peers = a.b ; c.d;\n"
				       "[rewrite]\nmethod=remove\n"
				       "drop-bypassid=true\n",
				       "t.conf", errors);

	g_assert_nonnull(c);
	g_assert_cmpstr(conf_text(c, CONF_TAP_LISTEN), ==, "[::1]:5070");
	g_assert_cmpstr(conf_list(c, CONF_TAP_PEERS)[1], ==, "c.d");
	g_assert_null(conf_list(c, CONF_TAP_PEERS)[2]);
	g_assert_cmpuint(conf_choice(c, CONF_REWRITE_METHOD), ==, 2);
	g_assert_true(conf_bool(c, CONF_REWRITE_BYPASS));
	g_assert_cmpuint(conf_number(c, CONF_REWRITE_PORT), ==, 9);
	g_assert_null(conf_text(c, CONF_TAP_CA));
	g_assert_null(conf_need(c, CONF_TAP_CA, NULL));
}

static void test_unknown_key(void)
{
	g_autofree char *e = only_error("[tap]\nlisen=1.2.3.4:5\n");

	g_assert_cmpstr(e, ==, "t.conf: [tap] lisen: unknown key; the nearest "
			       "is [tap] listen");
}

static void test_bad_values(void)
{
	g_autofree char *port = only_error("[rewrite]\nport=0\n");
	g_autofree char *method = only_error("[rewrite]\nmethod=kill\n");
	g_autofree char *flag = only_error("[rewrite]\ndrop-bypassid=yes\n");

	g_assert_nonnull(strstr(port, "0 makes some clients drop the call"));
	g_assert_nonnull(strstr(method, "one of port|port+address|remove"));
	g_assert_nonnull(strstr(flag, "true or false"));
}

static void test_all_errors(void)
{
	g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);

	g_assert_null(conf_parse("[tap]\na=1\nb=2\n[x]\nc=3\n", "t", errors));
	g_assert_cmpuint(errors->len, ==, 3);
}

/* Whoever goes on with what could be read has no value out of its range. */
static void test_wrong_is_not_taken(void)
{
	static const char text[] = "[render]\nlayout=quadro\npicture=maybe\n"
				   "rate=x\n[rewrite]\nmethod=remove\n"
				   "method=erase\n";
	g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(conf) c = conf_default(), d = conf_default();

	conf_take(c, text, strlen(text), "t", errors);
	g_assert_cmpuint(errors->len, ==, 4);
	g_assert_cmpuint(conf_choice(c, CONF_RENDER_LAYOUT), ==,
			 conf_choice(d, CONF_RENDER_LAYOUT));
	g_assert_true(conf_bool(c, CONF_RENDER_PICTURE) ==
		      conf_bool(d, CONF_RENDER_PICTURE));
	g_assert_cmpuint(conf_number(c, CONF_RENDER_RATE), ==,
			 conf_number(d, CONF_RENDER_RATE));
	g_assert_cmpuint(conf_choice(c, CONF_REWRITE_METHOD), ==,
			 conf_choice(d, CONF_REWRITE_METHOD));
}

static void test_round_trip(void)
{
	g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(conf) c = conf_default();
	g_autofree char *once = conf_print(c, true);
	g_autoptr(conf) again = conf_parse(once, "printed", errors);
	g_autofree char *twice = NULL;

	g_assert_nonnull(again);
	twice = conf_print(again, true);
	g_assert_cmpstr(once, ==, twice);
}

static void test_dropins(void)
{
	g_autofree char *dir = g_dir_make_tmp("conf-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(dir, "e.conf", NULL);
	g_autofree char *sub = g_strconcat(file, ".d", NULL);
	g_autofree char *a = g_build_filename(sub, "10.conf", NULL);
	g_autofree char *b = g_build_filename(sub, "20.conf", NULL);
	g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(conf) c = NULL;

	g_assert_cmpint(g_mkdir(sub, 0700), ==, 0);
	g_file_set_contents(file, "[rewrite]\nport=1\n", -1, NULL);
	g_file_set_contents(b, "[rewrite]\nport=3\n", -1, NULL);
	g_file_set_contents(a, "[rewrite]\nport=2\n", -1, NULL);
	c = conf_load(file, errors);
	g_assert_nonnull(c);
	g_assert_cmpuint(conf_number(c, CONF_REWRITE_PORT), ==, 3);
	g_unlink(a);
	g_unlink(b);
	g_rmdir(sub);
	g_unlink(file);
	g_assert_null(conf_load(file, errors));
	g_assert_nonnull(strstr(g_ptr_array_index(errors, 0), file));
	g_rmdir(dir);
}

/* Every key has its item in the manual page, under its group. */
static void test_manual(void)
{
	g_autofree char *page = NULL;
	const conf_key *k = conf_table();

	g_assert_true(g_file_get_contents("man/edgetape.conf.5", &page, NULL,
					  NULL));
	for (unsigned i = 0; i < CONF_KEYS; i++) {
		g_autofree char *group = g_strdup_printf(".Ss Group %s\n",
							 k[i].group);
		g_autofree char *item = g_strdup_printf(".It Cm %s\n",
							k[i].key);
		const char *at = strstr(page, group);

		g_test_message("[%s] %s", k[i].group, k[i].key);
		g_assert_nonnull(at);
		g_assert_nonnull(strstr(at, item));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/core/conf/values", test_values);
	g_test_add_func("/core/conf/unknown-key", test_unknown_key);
	g_test_add_func("/core/conf/bad-values", test_bad_values);
	g_test_add_func("/core/conf/all-errors", test_all_errors);
	g_test_add_func("/core/conf/wrong-is-not-taken",
			test_wrong_is_not_taken);
	g_test_add_func("/core/conf/round-trip", test_round_trip);
	g_test_add_func("/core/conf/dropins", test_dropins);
	g_test_add_func("/core/conf/manual", test_manual);
	return g_test_run();
}
