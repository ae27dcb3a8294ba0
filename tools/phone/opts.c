/* opts.c - the options that every telephone here has. */
#include "tools/phone/opts.h"

static bool missing(const char *name, const char *value, GError **err)
{
	if (value)
		return false;
	g_set_error(err, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		    "--%s is needed (see --help)", name);
	return true;
}

static bool is_over(const char *name, int secs, GError **err)
{
	if (secs > 0)
		return false;
	g_set_error(err, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		    "--%s: %d is not a number of seconds", name, secs);
	return true;
}

bool phone_opts_parse(phone_opts *o, const char *summary,
		      const GOptionEntry *own, GOptionGroup *group, int *argc,
		      char ***argv, GError **err)
{
	const GOptionEntry common[] = {
		{"user", 'u', 0, G_OPTION_ARG_STRING, &o->user,
		 "our name, e.g. alice", "NAME"},
		{"domain", 'd', 0, G_OPTION_ARG_STRING, &o->domain,
		 "SIP domain", "NAME"},
		{"server", 's', 0, G_OPTION_ARG_STRING, &o->server,
		 "registrar and proxy, SIP over TLS", "IP:PORT"},
		{"call", 'c', 0, G_OPTION_ARG_STRING, &o->call,
		 "call this user (else wait for a call)", "USER"},
		{"secs", 0, 0, G_OPTION_ARG_INT, &o->secs,
		 "length of the call (12)", "N"},
		{"wait", 0, 0, G_OPTION_ARG_INT, &o->wait,
		 "give up without a call after so long (30)", "N"},
		{"play", 0, 0, G_OPTION_ARG_FILENAME, &o->play,
		 "what to say, mono", "WAV"},
		{"heard", 0, 0, G_OPTION_ARG_FILENAME, &o->heard,
		 "write what was heard", "WAV"},
		{"json", 0, 0, G_OPTION_ARG_FILENAME, &o->json,
		 "write the result there, not to stdout", "FILE"},
		{0},
	};
	g_autoptr(GOptionContext) c = g_option_context_new("- one call");

	o->secs = 12;
	o->wait = 30;
	g_option_context_set_summary(c, summary);
	g_option_context_add_main_entries(c, common, NULL);
	g_option_context_add_main_entries(c, own, NULL);
	if (group)
		g_option_context_add_group(c, group);
	return g_option_context_parse(c, argc, argv, err) &&
	       !missing("user", o->user, err) &&
	       !missing("domain", o->domain, err) &&
	       !missing("server", o->server, err) &&
	       !is_over("secs", o->secs, err) &&
	       !is_over("wait", o->wait, err);
}

bool phone_opts_need(const char *name, const char *value, GError **err)
{
	return !missing(name, value, err);
}
