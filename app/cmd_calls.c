/* cmd_calls.c - the ledger: what became of each call. */
#include "app/officer.h"

#include <string.h>

static struct {
	char *who, *number, *from, *to, *outcome, *shortest, *longest;
	int limit;
} opt;

static const GOptionEntry entries[] = {
	{"who", 0, 0, G_OPTION_ARG_FILENAME, &opt.who,
	 "A user, an identity or part of one", "WHO"},
	{"number", 0, 0, G_OPTION_ARG_FILENAME, &opt.number,
	 "Digits of a number", "DIGITS"},
	{"from", 0, 0, G_OPTION_ARG_FILENAME, &opt.from, "Not before", "TIME"},
	{"to", 0, 0, G_OPTION_ARG_FILENAME, &opt.to, "Before", "TIME"},
	{"outcome", 0, 0, G_OPTION_ARG_FILENAME, &opt.outcome,
	 "RECORDED, PARTIAL, NOT_RECORDED, BLOCKED, EXEMPT, PENDING; several "
	 "with commas", "OUTCOME"},
	{"shortest", 0, 0, G_OPTION_ARG_FILENAME, &opt.shortest,
	 "At least so long (90, 5m, 2h)", "TIME"},
	{"longest", 0, 0, G_OPTION_ARG_FILENAME, &opt.longest,
	 "At most so long", "TIME"},
	{"limit", 0, 0, G_OPTION_ARG_INT, &opt.limit,
	 "At most so many, the newest (50)", "N"},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

static bool outcomes_parse(const char *text, unsigned *out, GError **err)
{
	g_auto(GStrv) words = g_strsplit(text, ",", -1);

	for (char **w = words; *w; w++) {
		cat_outcome o;

		if (!cat_outcome_parse(g_strstrip(*w), &o)) {
			g_set_error(err, CAT_ERROR, CAT_ERROR_VALUE,
				    "--outcome: \"%s\" is none of RECORDED, "
				    "PARTIAL, NOT_RECORDED, BLOCKED, EXEMPT, "
				    "PENDING", *w);
			return false;
		}
		*out |= 1u << o;
	}
	return true;
}

static bool time_ms(const char *text, int64_t now, int64_t *ms, GError **err)
{
	if (!text)
		return true;
	if (!officer_time(text, now, ms, err))
		return false;
	*ms *= 1000;
	return true;
}

static bool query_make(const officer *o, cat_query *q, GError **err)
{
	*q = (cat_query){.who = opt.who, .number = opt.number};
	if (opt.limit > 0)
		q->limit = (unsigned)opt.limit;
	return time_ms(opt.from, o->now, &q->from_ms, err) &&
	       time_ms(opt.to, o->now, &q->to_ms, err) &&
	       (!opt.outcome || outcomes_parse(opt.outcome, &q->outcomes,
					       err)) &&
	       (!opt.shortest || officer_span(opt.shortest, &q->shortest_ms,
					      err)) &&
	       (!opt.longest || officer_span(opt.longest, &q->longest_ms, err));
}

static int list(officer *o, char **args, GError **err)
{
	static const char *const columns[] = {"begun", "caller", "callee",
					      "#length", "outcome", "reason",
					      "call", NULL};
	g_autoptr(table) t = table_new(columns);
	g_autoptr(GPtrArray) calls = NULL;
	cat_query q;

	(void)args;
	if (!query_make(o, &q, err) ||
	    !(calls = cat_ledger_search(o->db, &q, err)))
		return APP_FAIL;
	for (guint i = 0; i < calls->len; i++) {
		const cat_entry *e = g_ptr_array_index(calls, i);

		table_time(t, e->begun_ms);
		table_text(t, e->caller);
		table_text(t, e->callee);
		table_span(t, e->duration_ms);
		table_text(t, cat_outcome_name(e->outcome));
		table_text(t, e->reason);
		table_text(t, e->name);
	}
	table_print(t, o->form, "no call fits", stdout);
	return APP_OK;
}

static void row(table *t, const char *what, const char *value)
{
	if (!value || !*value)
		return;
	table_text(t, what);
	table_text(t, value);
}

static void row_time(table *t, const char *what, int64_t ms)
{
	if (!ms)
		return;
	table_text(t, what);
	table_time(t, ms);
}

static void row_list(table *t, const char *what, const GPtrArray *a)
{
	for (guint i = 0; i < a->len; i++)
		row(t, i ? "" : what, g_ptr_array_index(a, i));
}

static void row_gaps(table *t, const cat_entry *e)
{
	static const char *const sides[] = {"caller", "callee", "call"};

	for (guint i = 0; i < e->gaps->len; i++) {
		const cat_gap *g = &g_array_index(e->gaps, cat_gap, i);
		g_autofree char *text = g_strdup_printf(
			"%s: %.3f s at %.3f s, %" G_GINT64_FORMAT
			" packets, %s", sides[MIN(g->side, CAT_CALL)],
			(double)g->length_ms / 1e3, (double)g->at_ms / 1e3,
			g->packets, g->cause);

		row(t, "gap", text);
	}
}

static void row_files(table *t, const cat_entry *e)
{
	for (guint i = 0; i < e->files->len; i++) {
		const cat_file *f = &g_array_index(e->files, cat_file, i);

		row(t, "file", f->name);
		row(t, "sha256", f->sha256);
	}
}

static int show(officer *o, char **args, GError **err)
{
	static const char *const columns[] = {"what", "value", NULL};
	g_autoptr(table) t = table_new(columns);
	g_autoptr(cat_entry) e = NULL;
	int64_t keep_until;
	bool hold;

	e = cat_ledger_get(o->db, args[0], &hold, &keep_until, err);
	if (!e)
		return APP_FAIL;
	row(t, "call", e->name);
	row(t, "outcome", cat_outcome_name(e->outcome));
	row(t, "reason", e->reason);
	row(t, "cause", e->cause);
	row(t, "caller", e->caller);
	row(t, "caller name", e->caller_name);
	row(t, "callee", e->callee);
	row(t, "callee name", e->callee_name);
	row_time(t, "begun", e->begun_ms);
	row_time(t, "answered", e->answered_ms);
	row_time(t, "ended", e->ended_ms);
	row(t, "end", cat_end_name(e->end));
	row_list(t, "owner", e->owners);
	row_list(t, "identity", e->ids);
	row(t, "rule", e->rule);
	row(t, "mode", e->mode);
	row_time(t, "kept until", keep_until);
	row(t, "hold", hold ? "yes: it must not be deleted" : "no");
	row(t, "source", e->source);
	row(t, "Call-ID", e->call_id);
	row(t, "conference", e->conference);
	row_gaps(t, e);
	row(t, "sidecar", e->sidecar);
	row_files(t, e);
	table_print(t, o->form, "", stdout);
	return APP_OK;
}

static int set_hold(officer *o, const char *call, bool on, GError **err)
{
	if (!*o->actor.reason) {
		fprintf(stderr, "edgetape calls: a hold needs a --reason: it "
				"goes to the audit log\n");
		return APP_USAGE;
	}
	if (!cat_ledger_hold(o->db, call, on, o->now, &o->actor, err))
		return APP_FAIL;
	printf("%s: %s\n", call, on ? "held" : "the hold is released");
	return APP_OK;
}

static int hold(officer *o, char **args, GError **err)
{
	return set_hold(o, args[0], true, err);
}

static int release(officer *o, char **args, GError **err)
{
	return set_hold(o, args[0], false, err);
}

int cmd_calls(int argc, char **argv)
{
	static const officer_verb verbs[] = {
		{"list", "", "the calls that fit the options, newest first", 0,
		 0, list},
		{"show", "CALL", "all that is known of one; a part of its name "
				 "or its Call-ID will do", 1, 1, show},
		{"hold", "CALL --reason TEXT", "it must not be deleted", 1, 1,
		 hold},
		{"release", "CALL --reason TEXT", "ends the hold", 1, 1,
		 release},
	};

	return officer_run("calls", "What became of each call of a recorded "
				    "user.", verbs, G_N_ELEMENTS(verbs),
			   entries, argc, argv);
}
