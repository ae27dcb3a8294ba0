/* cmd_check.c - everything wrong with a configuration and its host, at once. */
#include "app/app.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

#include "app/check.h"
#include "app/setup.h"

static struct {
	char *path;
	gboolean print, explain, json;
} opt;

static void load_errors(check *k, const GPtrArray *errors)
{
	for (guint i = 0; i < errors->len; i++)
		check_error(k, "configuration", "%s",
			    (char *)g_ptr_array_index(errors, i));
}

static bool is_readable(const char *path)
{
	return g_access(path, R_OK) == 0 &&
	       !g_file_test(path, G_FILE_TEST_IS_DIR);
}

static void check_host(check *k, const conf *c)
{
	check_keys(k, c);
	check_certificates(k, c);
	check_interfaces(k, c);
	check_listeners(k, c);
	check_rights(k, c);
	check_disks(k, c);
	check_database(k, c);
	check_alarms(k, c);
	check_time(k);
}

static int check_all(const char *path)
{
	g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(check) k = check_new();
	g_autoptr(conf) c = conf_try(path, errors);

	/* Without a configuration there is nothing to compare the host with. */
	if (is_readable(path)) {
		setup_problems(c, errors);
		load_errors(k, errors);
		check_host(k, c);
	} else {
		load_errors(k, errors);
	}
	check_print(k, opt.json ? TABLE_JSON : TABLE_TEXT);
	return check_errors(k) ? APP_FAIL : APP_OK;
}

static int print_conf(const char *path)
{
	g_autoptr(conf) c = app_conf("check", path);
	g_autofree char *text = c ? conf_print(c, opt.explain) : NULL;

	if (!c)
		return APP_FAIL;
	fputs(text, stdout);
	return APP_OK;
}

int cmd_check(int argc, char **argv)
{
	static const GOptionEntry entries[] = {
		{"config", 'c', 0, G_OPTION_ARG_FILENAME, &opt.path,
		 "Configuration (/etc/edgetape/edgetape.conf)", "FILE"},
		{"print", 'p', 0, G_OPTION_ARG_NONE, &opt.print,
		 "Print every key with its value", NULL},
		{"explain", 'e', 0, G_OPTION_ARG_NONE, &opt.explain,
		 "With --print: what each key means, too", NULL},
		{"json", 0, 0, G_OPTION_ARG_NONE, &opt.json, "As JSON", NULL},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	const char *path;
	int status;

	if (!app_options("check", NULL,
			 "Finds everything that is wrong with the "
			 "configuration and this host: keys,\ncertificates, "
			 "interfaces, network, rights, disks, the database, "
			 "the time.\nThe exit status is 0 if there are no "
			 "errors; warnings do not count.",
			 entries, &argc, &argv, &status))
		return status;
	if (!app_no_words("check", argc, argv))
		return APP_USAGE;
	if (opt.explain && !opt.print) {
		fprintf(stderr, "edgetape check: --explain goes with "
				"--print\n");
		return APP_USAGE;
	}
	if (!app_no_clash("check", (const app_clash[]){
		    {"--print", "--json", opt.print, opt.json}, {0}}))
		return APP_USAGE;
	path = opt.path ? opt.path : APP_CONF;
	return opt.print ? print_conf(path) : check_all(path);
}
