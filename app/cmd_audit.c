/* cmd_audit.c - who changed what, and whether the log is intact. */
#include "app/officer.h"

static struct {
	char *from, *to, *actor, *expect;
	gboolean verify;
} opt;

static const GOptionEntry entries[] = {
	{"from", 0, 0, G_OPTION_ARG_FILENAME, &opt.from, "Not before", "TIME"},
	{"to", 0, 0, G_OPTION_ARG_FILENAME, &opt.to, "Before", "TIME"},
	{"actor", 0, 0, G_OPTION_ARG_FILENAME, &opt.actor,
	 "Only by this person", "NAME"},
	{"verify", 0, 0, G_OPTION_ARG_NONE, &opt.verify,
	 "Check the chain of hashes", NULL},
	{"expect", 0, 0, G_OPTION_ARG_FILENAME, &opt.expect,
	 "With --verify: the line that an earlier --verify printed",
	 "ROW:HASH"},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

static bool add_act(void *user, const cat_act *a)
{
	table *t = user;

	table_number(t, a->seq);
	table_time(t, a->at * 1000);
	table_text(t, a->actor);
	table_text(t, a->action);
	table_text(t, a->object);
	table_text(t, a->reason);
	return true;
}

static int list(officer *o, GError **err)
{
	static const char *const columns[] = {"#row", "when", "who", "!did",
					      "~what", "~why", NULL};
	g_autoptr(table) t = table_new(columns);
	int64_t from = 0, to = 0;

	if ((opt.from && !officer_time(opt.from, o->now, &from, err)) ||
	    (opt.to && !officer_time(opt.to, o->now, &to, err)) ||
	    !cat_audit_list(o->db, from, to, opt.actor, add_act, t, err))
		return APP_FAIL;
	table_print(t, o->form, opt.from || opt.to || opt.actor
					? "no row fits"
					: "nothing was changed", stdout);
	return APP_OK;
}

/* "12:5f..." */
static bool expect_parse(int64_t *seq, const char **hash)
{
	span s = span_str(opt.expect), row;
	uint64_t n;

	if (!span_until(&s, ':', &row) || !span_number(row, INT64_MAX, &n) ||
	    s.left != CAT_HASH - 1)
		return false;
	*seq = (int64_t)n;
	*hash = (const char *)s.p;
	return true;
}

static void verified_say(const officer *o, const cat_audit_state *s)
{
	static const char *const columns[] = {"#rows", "chain", "expect", NULL};
	g_autofree char *expect = g_strdup_printf("%" G_GINT64_FORMAT ":%s",
						  s->rows, s->head);
	g_autoptr(table) t = table_new(columns);

	table_number(t, s->rows);
	table_text(t, "whole");
	table_text(t, expect);
	table_print(t, o->form, "", stdout);
}

static int verify(officer *o, GError **err)
{
	cat_audit_state state;
	const char *hash = "";
	int64_t seq = 0;

	if (opt.expect && !expect_parse(&seq, &hash)) {
		fprintf(stderr, "edgetape audit: --expect takes ROW:HASH as "
				"--verify prints it\n");
		return APP_USAGE;
	}
	if (!cat_audit_verify(o->db, seq, hash, &state, err))
		return APP_FAIL;
	if (o->form != TABLE_TEXT) {
		verified_say(o, &state);
		return APP_OK;
	}
	printf("%" G_GINT64_FORMAT " rows, the chain is whole\n"
	       "note this elsewhere, so that a later --verify can tell whether "
	       "the end was cut off:\n  --expect %" G_GINT64_FORMAT ":%s\n",
	       state.rows, state.rows, state.head);
	return APP_OK;
}

static int run_verify(officer *o, char **args, GError **err)
{
	(void)args;
	if (opt.from || opt.to || opt.actor)
		return officer_misused(o, "the whole chain is verified: "
					  "--from, --to and --actor are for "
					  "the list");
	return verify(o, err);
}

static int run_list(officer *o, char **args, GError **err)
{
	if (opt.verify)
		return run_verify(o, args, err);
	if (opt.expect)
		return officer_misused(o, "--expect goes with --verify");
	return list(o, err);
}

int cmd_audit(int argc, char **argv)
{
	static const officer_verb verbs[] = {
		{"list", "", "the changes, the oldest first", 0, 0,
		 run_list, NULL},
		{"verify", "", "the same as --verify", 0, 0, run_verify,
		 NULL},
	};

	return officer_run("audit", "Who changed what. The log is a chain of "
				    "hashes, so alterations are found.",
			   verbs, G_N_ELEMENTS(verbs), entries, argc, argv);
}
