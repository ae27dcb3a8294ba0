/* cmd_check.c - everything wrong with a configuration, at once. */
#include "app/app.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/setup.h"

static gboolean print_it, with_help;
static char *path;

static unsigned complain(const GError *err)
{
	fprintf(stderr, "edgetape check: %s\n", err->message);
	return 1;
}

static unsigned check_values(const conf *c)
{
	g_autoptr(GError) rules = NULL, plan = NULL, capture = NULL,
			  outputs = NULL;
	g_autoptr(GArray) edges = g_array_new(FALSE, TRUE, sizeof(net_addr));
	g_autoptr(GArray) out = setup_outputs(
		conf_list(c, CONF_RENDER_FORMATS),
		conf_choice(c, CONF_RENDER_LAYOUT), &outputs);
	g_autoptr(tap_rules) r = setup_rules(c, &rules);
	relay_live_config live;
	unsigned bad = 0;
	setup_plan p;

	bad += r ? 0 : complain(rules);
	bad += out ? 0 : complain(outputs);
	if (setup_plan_make(&p, c, &plan))
		setup_plan_clear(&p);
	else
		bad += complain(plan);
	if (!setup_capture(&live, edges, c, &capture))
		bad += complain(capture);
	return bad;
}

static unsigned check_file(const conf *c, conf_id id, int mode)
{
	const conf_key *k = &conf_table()[id];
	const char *file = conf_text(c, id);
	g_autoptr(GError) err = NULL;

	if (!conf_need(c, id, &err))
		return complain(err);
	if (access(file, mode) == 0)
		return 0;
	fprintf(stderr, "edgetape check: [%s] %s: %s: %s\n", k->group, k->key,
		file, g_strerror(errno));
	return 1;
}

static unsigned check_keys(const conf *c)
{
	g_autoptr(GError) pub = NULL, priv = NULL;
	g_autoptr(seal_box) b = seal_box_open(conf_text(c, CONF_PUBLIC_KEY),
					      &pub);
	g_autoptr(seal_key) k = seal_key_open(conf_text(c, CONF_PRIVATE_KEY),
					      &priv);

	return (b ? 0 : complain(pub)) + (k ? 0 : complain(priv));
}

static unsigned check_interfaces(const conf *c)
{
	unsigned bad = 0;

	for (char **i = conf_list(c, CONF_CAPTURE_INTERFACES); *i; i++) {
		if (!strcmp(*i, "any") || if_nametoindex(*i))
			continue;
		fprintf(stderr, "edgetape check: [capture] interfaces: there "
				"is no interface \"%s\"\n", *i);
		bad++;
	}
	return bad;
}

int cmd_check(int argc, char **argv)
{
	static const GOptionEntry entries[] = {
		{"config", 'c', 0, G_OPTION_ARG_FILENAME, &path,
		 "Configuration (/etc/edgetape/edgetape.conf)", "FILE"},
		{"print", 'p', 0, G_OPTION_ARG_NONE, &print_it,
		 "Print every key with its value", NULL},
		{"explain", 'e', 0, G_OPTION_ARG_NONE, &with_help,
		 "With --print: and what it means", NULL},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	g_autoptr(conf) c = NULL;
	unsigned bad;
	int status;

	if (!app_options("check", NULL,
			 "Tells all that is wrong with a configuration. Exit "
			 "status 0: nothing.",
			 entries, &argc, &argv, &status))
		return status;
	c = app_conf("check", path ? path : APP_CONF);
	if (!c)
		return APP_FAIL;
	if (print_it) {
		g_autofree char *text = conf_print(c, with_help);

		fputs(text, stdout);
		return APP_OK;
	}
	bad = check_values(c) + check_keys(c) + check_interfaces(c) +
	      check_file(c, CONF_TAP_CERTIFICATE, R_OK) +
	      check_file(c, CONF_TAP_KEY, R_OK) +
	      check_file(c, CONF_TAP_CA, R_OK);
	if (bad)
		fprintf(stderr, "edgetape check: %u thing%s to mend\n", bad,
			bad == 1 ? "" : "s");
	else
		puts("nothing is wrong");
	return bad ? APP_FAIL : APP_OK;
}
