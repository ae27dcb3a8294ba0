/* cmd_rules.c - who is recorded. docs/rules.md explains the words. */
#include "app/officer.h"

#include <string.h>

#include "app/verdict.h"

static struct {
	char *at, *from, *to;
	gboolean history;
} opt;

static const GOptionEntry entries[] = {
	{"at", 0, 0, G_OPTION_ARG_FILENAME, &opt.at,
	 "list, show, test: as it was then", "TIME"},
	{"history", 0, 0, G_OPTION_ARG_NONE, &opt.history,
	 "list, show: also rules that have ended", NULL},
	{"from", 0, 0, G_OPTION_ARG_FILENAME, &opt.from,
	 "test: the caller", "WHO"},
	{"to", 0, 0, G_OPTION_ARG_FILENAME, &opt.to, "test: the callee", "WHO"},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

static GPtrArray *rules_at(const officer *o, int64_t *at, GError **err)
{
	if (!officer_time(opt.at ? opt.at : "now", o->now, at, err))
		return NULL;
	return cat_rules_list(o->db, opt.history ? -1 : *at, err);
}

/* Those of this name, or all. */
static unsigned print_rules(const officer *o, const GPtrArray *all,
			    const char *name)
{
	static const char *const columns[] = {"rule", "since", "until",
					      "~text", NULL};
	g_autoptr(table) t = table_new(columns);

	for (guint i = 0; i < all->len; i++) {
		const cat_rule *r = g_ptr_array_index(all, i);
		g_autofree char *text = cat_rule_print(r);

		if (name && strcmp(r->name, name) != 0)
			continue;
		table_text(t, r->name);
		table_time(t, r->from * 1000);
		table_time(t, r->to * 1000);
		table_text(t, text);
	}
	if (!name || table_rows(t))
		table_print(t, o->form,
			    opt.at ? "there are no rules at that time" :
			    "there are no rules, so the catalog has nobody "
			    "recorded; add one with `edgetape rules add NAME "
			    "who=user:alice mode=always`", stdout);
	return table_rows(t);
}

static int list(officer *o, char **args, GError **err)
{
	int64_t at;
	g_autoptr(GPtrArray) all = rules_at(o, &at, err);

	if (!all)
		return APP_FAIL;
	if (print_rules(o, all, args[0]) || !args[0])
		return APP_OK;
	g_set_error(err, CAT_ERROR, CAT_ERROR_ABSENT,
		    "there is no rule \"%s\"; `edgetape rules list` shows all, "
		    "with --history those that ended", args[0]);
	return APP_FAIL;
}

static bool rule_read(cat_rule *r, const char *name, char **words,
		      GError **err)
{
	g_autofree char *text = officer_join(words);
	g_autofree char *problem = NULL;
	cat_rule_verdict v;
	span bad;

	v = cat_rule_parse(span_str(text), r, &bad);
	if (v == CAT_RULE_OK && strlen(name) < sizeof(r->name)) {
		g_strlcpy(r->name, name, sizeof(r->name));
		return true;
	}
	problem = v == CAT_RULE_OK ? g_strdup("its name is too long")
				   : cat_rule_problem(v, bad);
	g_set_error(err, CAT_ERROR, CAT_ERROR_VALUE, "the rule %s: %s", name,
		    problem);
	return false;
}

static int add(officer *o, char **args, GError **err)
{
	g_autofree char *warning = NULL;
	cat_rule r;

	if (!rule_read(&r, args[0], args + 1, err) ||
	    !cat_rules_put(o->db, &r, o->now, &o->actor, &warning, err))
		return APP_FAIL;
	officer_done(o, r.name, "is in force");
	if (warning)
		fprintf(stderr, "edgetape rules: note: %s\n", warning);
	return APP_OK;
}

static int del(officer *o, char **args, GError **err)
{
	if (!cat_rules_end(o->db, args[0], o->now, &o->actor, err))
		return APP_FAIL;
	officer_done(o, args[0], "is no longer in force");
	return APP_OK;
}

/* What would be with one rule more. */
static int test(officer *o, char **args, GError **err)
{
	g_autoptr(cat_policy) p = NULL;
	cat_rule r;
	int64_t at;

	if (!officer_time(opt.at ? opt.at : "now", o->now, &at, err))
		return APP_FAIL;
	if (args[0] && !rule_read(&r, "tried", args, err))
		return APP_FAIL;
	if (!opt.from && !opt.to) {
		g_autofree char *text = args[0] ? cat_rule_print(&r) : NULL;

		if (!text)
			return verdict_need_parties("rules test");
		if (o->form == TABLE_TEXT)
			printf("understood as: %s\nwith --from and --to it is "
			       "tried on a call\n", text);
		else
			officer_done(o, "understood as", text);
		return APP_OK;
	}
	r.from = r.to = 0;
	p = cat_policy_load_with(o->db, at, args[0] ? &r : NULL, err);
	if (!p)
		return APP_FAIL;
	return verdict_print(o, p, opt.from, opt.to, at, err);
}

static int list_change(officer *o, char **args, GError **err)
{
	bool adds = !strcmp(args[0], "add");
	g_autofree char *what = NULL;

	if (o->n_args != 3 || (!adds && strcmp(args[0], "remove"))) {
		fprintf(stderr, "edgetape rules: lists, lists add LIST VALUE "
				"or lists remove LIST VALUE\n");
		return APP_USAGE;
	}
	if (!(adds ? cat_list_put : cat_list_remove)(
		    o->db, args[1], args[2], o->now, &o->actor, err))
		return APP_FAIL;
	what = g_strdup_printf("%s: %s", args[1], args[2]);
	officer_done(o, what, adds ? "is in the list"
				   : "is no longer in the list");
	return APP_OK;
}

static int lists(officer *o, char **args, GError **err)
{
	static const char *const columns[] = {"list", "value", NULL};
	g_autoptr(table) t = table_new(columns);
	g_autoptr(GPtrArray) all = NULL;

	if (args[0])
		return list_change(o, args, err);
	all = cat_list_all(o->db, err);
	for (guint i = 0; all && i < all->len; i++) {
		g_auto(GStrv) two = g_strsplit(g_ptr_array_index(all, i), " ",
					       2);

		table_text(t, two[0]);
		table_text(t, two[1]);
	}
	if (all)
		table_print(t, o->form, "the lists are empty", stdout);
	return all ? APP_OK : APP_FAIL;
}

int cmd_rules(int argc, char **argv)
{
	static const officer_verb verbs[] = {
		{"list", "", "the rules in force", 0, 0, list, "at history"},
		{"show", "NAME", "one rule", 1, 1, list, "at history"},
		{"add", "NAME KEY=VALUE...",
		 "add a rule, or replace the one of that name", 2, -1, add,
		 ""},
		{"remove", "NAME", "end a rule; it stays in the history", 1, 1,
		 del, ""},
		{"test", "[KEY=VALUE...] --from WHO --to WHO",
		 "what would be decided, with this additional rule",
		 0, -1, test, "at from to"},
		{"lists", "[add|remove LIST VALUE]",
		 "what rules refer to: internal, federated, emergency, "
		 "holiday:CALENDAR, class:NAME", 0, 3, lists, ""},
	};

	return officer_run("rules", "Who is recorded.", verbs,
			   G_N_ELEMENTS(verbs), entries, argc, argv);
}
