/* cmd_explain.c - which rule decided, and why. */
#include <stdio.h>
#include <string.h>

#include "app/verdict.h"

static struct {
	char *user, *to, *at;
} opt;

static const GOptionEntry entries[] = {
	{"user", 0, 0, G_OPTION_ARG_FILENAME, &opt.user,
	 "The caller: a user or an identity", "WHO"},
	{"to", 0, 0, G_OPTION_ARG_FILENAME, &opt.to, "The callee", "WHO"},
	{"at", 0, 0, G_OPTION_ARG_FILENAME, &opt.at, "When (now)", "TIME"},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

static void print_call(const cat_entry *e)
{
	if (e->outcome == CAT_PENDING)
		printf("%s is still in progress, or its recording is not "
		       "finished", e->name);
	else
		printf("%s ended as %s", e->name, cat_outcome_name(e->outcome));
	printf("%s%s\n", e->reason ? ": " : "", e->reason ? e->reason : "");
	if (e->expired_ms) {
		g_autofree char *when = officer_when(e->expired_ms / 1000);

		printf("its recording was deleted at %s\n", when);
	}
	if (e->rule)
		printf("when it began \"%s\" decided%s%s\n", e->rule,
		       e->mode ? ", mode " : "", e->mode ? e->mode : "");
}

static bool print_legs(const officer *o, const cat_entry *e, GError **err)
{
	g_autoptr(GPtrArray) legs = cat_ledger_linked(o->db, e, err);

	for (guint i = 0; legs && i < legs->len; i++) {
		const cat_entry *leg = g_ptr_array_index(legs, i);

		if (strcmp(leg->name, e->name))
			printf("another leg: %s (%s)\n", leg->name,
			       leg->linked);
	}
	return legs != NULL;
}

static int explain_call(officer *o, const char *name, GError **err)
{
	g_autoptr(cat_entry) e = cat_ledger_get(o->db, name, err);
	g_autoptr(cat_policy) p = NULL;

	if (!e)
		return APP_FAIL;
	if (o->form == TABLE_TEXT) {
		print_call(e);
		if (!print_legs(o, e, err))
			return APP_FAIL;
		printf("\nby the rules of that time:\n");
	}
	p = cat_policy_load(o->db, e->begun_ms / 1000, err);
	return p ? verdict_print_call(o, p, e, err) : APP_FAIL;
}

static int explain(officer *o, char **args, GError **err)
{
	g_autoptr(cat_policy) p = NULL;
	int64_t at;

	if (args[0] && (opt.user || opt.to || opt.at))
		return officer_misused(o, "a CALL has its own parties and "
					  "time: give it alone, or --user and "
					  "--to");
	if (args[0])
		return explain_call(o, args[0], err);
	if (!opt.user && !opt.to)
		return verdict_need_parties("explain");
	if (!officer_time(opt.at ? opt.at : "now", o->now, &at, err) ||
	    !(p = cat_policy_load(o->db, at, err)))
		return APP_FAIL;
	return verdict_print(o, p, opt.user, opt.to, at, err);
}

int cmd_explain(int argc, char **argv)
{
	static const officer_verb verbs[] = {
		{"CALL", "", "or --user WHO --to WHO [--at TIME]", 0, 1,
		 explain, NULL},
	};

	return officer_run("explain", "Which rule decides about a call, and "
				      "why.", verbs, G_N_ELEMENTS(verbs),
			   entries, argc, argv);
}
