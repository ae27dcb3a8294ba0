/* cmd_report.c - is everybody recorded who has to be? */
#include "app/officer.h"
#include "app/presence.h"
#include "app/verdict.h"
#include "catalog/report.h"

#include <glib/gstdio.h>
#include <unistd.h>

enum { SHOWN = 20 };	/* rows, if nobody says how many */

static struct {
	char *from, *to, *user, *cdr, *silent;
	int tolerance, limit;
} opt = {.tolerance = 30, .limit = SHOWN};

static const GOptionEntry entries[] = {
	{"from", 0, 0, G_OPTION_ARG_FILENAME, &opt.from,
	 "Not before (7 days ago; sources: those heard at any time)", "TIME"},
	{"to", 0, 0, G_OPTION_ARG_FILENAME, &opt.to, "Before (now)", "TIME"},
	{"user", 0, 0, G_OPTION_ARG_FILENAME, &opt.user,
	 "coverage: only owners with this in their name, or the user with this "
	 "identity", "WHO"},
	{"cdr", 0, 0, G_OPTION_ARG_FILENAME, &opt.cdr,
	 "Compare with the call records of a gateway (CSV: start, caller, "
	 "callee, duration, call_id)", "FILE"},
	{"tolerance", 0, 0, G_OPTION_ARG_INT, &opt.tolerance,
	 "--cdr: seconds by which the clocks may differ (30)", "S"},
	{"silent", 0, 0, G_OPTION_ARG_FILENAME, &opt.silent,
	 "sources: silent if it reported no call for this long (24h)", "TIME"},
	{"limit", 0, 0, G_OPTION_ARG_INT, &opt.limit,
	 "gaps, unresolved: at most this many (20)", "N"},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

static bool range(const officer *o, int64_t *from, int64_t *to, GError **err)
{
	if (!officer_time(opt.from ? opt.from : "7d", o->now, from, err) ||
	    !officer_time(opt.to ? opt.to : "now", o->now, to, err))
		return false;
	if (*from >= *to) {
		g_set_error(err, CAT_ERROR, CAT_ERROR_VALUE,
			    "--from is not before --to: there is no time "
			    "between them");
		return false;
	}
	*from *= 1000;
	*to *= 1000;
	return true;
}

/* Of the calls that were to be recorded and had something to record: how many
 * are there whole. */
static void add_share(table *t, const cat_cover *c)
{
	int64_t due = c->outcome[CAT_RECORDED] + c->outcome[CAT_PARTIAL] +
		      c->outcome[CAT_NOT_RECORDED] - c->unanswered;
	double whole = (double)c->outcome[CAT_RECORDED];
	g_autofree char *text = NULL;

	if (due)
		text = g_strdup_printf("%.1f%%", 100 * whole / (double)due);
	table_text(t, text);
}

/* Each call is in one of these columns. */
static void add_outcomes(table *t, const cat_cover *c)
{
	table_number(t, c->outcome[CAT_RECORDED]);
	table_number(t, c->outcome[CAT_PARTIAL]);
	table_number(t, c->outcome[CAT_NOT_RECORDED] - c->unanswered);
	table_number(t, c->unanswered);
	table_number(t, c->outcome[CAT_BLOCKED]);
	table_number(t, c->outcome[CAT_EXEMPT]);
	table_number(t, c->outcome[CAT_PENDING]);
}

/* Owners are users or, where only the configuration names somebody,
 * identities. */
static GArray *cover(const officer *o, int64_t from, int64_t to, GError **err)
{
	g_autofree char *low = opt.user ? g_utf8_strdown(opt.user, -1) : NULL;
	g_autoptr(GArray) all = cat_report_cover(o->db, from, to, low, err);
	g_autoptr(cat_user) u = NULL;
	g_autofree char *owner = NULL;

	if (all && !all->len && opt.user)
		u = cat_user_find(o->db, opt.user, o->now, NULL);
	if (!u)
		return g_steal_pointer(&all);
	owner = g_strconcat("user:", u->key, NULL);
	return cat_report_cover(o->db, from, to, owner, err);
}

static int coverage(officer *o, char **args, GError **err)
{
	static const char *const columns[] = {
		"!day", "owner", "#calls", "#?answered", "#recorded",
		"#partial", "#not recorded", "#no answer", "#blocked",
		"#exempt", "#pending", "#?gaps", "#?lost", "#?announce",
		"whole", NULL,
	};
	g_autoptr(table) t = table_new(columns);
	g_autoptr(GArray) all = NULL;
	int64_t from, to;

	(void)args;
	if (!range(o, &from, &to, err) ||
	    !(all = cover(o, from, to, err)))
		return APP_FAIL;
	for (guint i = 0; i < all->len; i++) {
		const cat_cover *c = &g_array_index(all, cat_cover, i);

		table_text(t, c->day);
		table_address(t, c->owner);
		table_number(t, c->calls);
		table_number(t, c->answered);
		add_outcomes(t, c);
		table_number(t, c->gaps);
		table_span(t, c->gap_ms);
		table_number(t, c->announce);
		add_share(t, c);
	}
	table_print(t, o->form,
		    opt.user ? "no calls of such an owner in this time"
			     : "no calls of recorded users in this time",
		    stdout);
	return APP_OK;
}

static bool numbers_fit(const officer *o)
{
	if (opt.tolerance >= 0)
		return officer_count(o, "--limit", opt.limit);
	officer_misused(o, "--tolerance: expected 0 or more seconds");
	return false;
}

static int gaps(officer *o, char **args, GError **err)
{
	static const char *const columns[] = {"begun", "side", "cause", "#at",
					      "#length", "#packets", "<call",
					      NULL};
	static const char *const sides[] = {"caller", "callee", "call"};
	g_autoptr(table) t = table_new(columns);
	g_autoptr(GArray) all = NULL;
	int64_t from, to;

	(void)args;
	if (!numbers_fit(o))
		return APP_USAGE;
	if (!range(o, &from, &to, err) ||
	    !(all = cat_report_gaps(o->db, from, to,
				    officer_one_more(opt.limit), err)))
		return APP_FAIL;
	if (officer_cut(o, all->len, opt.limit, SHOWN))
		g_array_set_size(all, (guint)opt.limit);
	for (guint i = 0; i < all->len; i++) {
		const cat_gap_of *g = &g_array_index(all, cat_gap_of, i);
		char length[32];

		g_snprintf(length, sizeof(length), "%.3f",
			   (double)g->gap.length_ms / 1e3);
		table_time(t, g->begun_ms);
		table_text(t, sides[MIN(g->gap.side, CAT_CALL)]);
		table_text(t, g->gap.cause);
		table_span(t, g->gap.at_ms);
		table_text(t, length);
		table_number(t, g->gap.packets);
		table_text(t, g->call);
	}
	table_print(t, o->form, "no gaps", stdout);
	return APP_OK;
}

static int unresolved(officer *o, char **args, GError **err)
{
	static const char *const columns[] = {"begun", "caller", "callee",
					      "end", "<call", NULL};
	g_autoptr(table) t = table_new(columns);
	g_autoptr(GPtrArray) all = NULL;

	(void)args;
	if (!numbers_fit(o))
		return APP_USAGE;
	all = cat_report_unresolved(o->db, officer_one_more(opt.limit), err);
	if (all && officer_cut(o, all->len, opt.limit, SHOWN))
		g_ptr_array_set_size(all, opt.limit);
	for (guint i = 0; all && i < all->len; i++) {
		const cat_entry *e = g_ptr_array_index(all, i);

		table_time(t, e->begun_ms);
		table_address(t, e->caller);
		table_address(t, e->callee);
		table_text(t, e->ended_ms ? cat_end_name(e->end)
					  : "in progress");
		table_text(t, e->name);
	}
	if (all)
		table_print(t, o->form, "every call has its outcome", stdout);
	return all ? APP_OK : APP_FAIL;
}

/* A source that reported calls and then none: either nobody called, or it does
 * not reach the tap. One that is silent for long is not forgotten unless --from
 * says so. */
static int sources(officer *o, char **args, GError **err)
{
	static const char *const columns[] = {"source", "#calls", "latest call",
					      "state", NULL};
	g_autoptr(table) t = table_new(columns);
	g_autoptr(GArray) all = NULL;
	int64_t from, to, silent;

	(void)args;
	if (!range(o, &from, &to, err) ||
	    !officer_span(opt.silent ? opt.silent : "24h", &silent, err) ||
	    !(all = cat_report_sources(o->db, opt.from ? from : 0, from, to,
				       err)))
		return APP_FAIL;
	for (guint i = 0; i < all->len; i++) {
		const cat_source *s = &g_array_index(all, cat_source, i);

		table_text(t, s->name);
		table_number(t, s->calls);
		table_time(t, s->last_ms);
		table_text(t, to - s->last_ms > silent ? "SILENT" : "heard");
	}
	table_print(t, o->form, "no source has reported a call", stdout);
	return APP_OK;
}

static void add_away(table *t, const cat_away *a)
{
	char length[32];

	g_snprintf(length, sizeof(length), "%.3f",
		   (double)(a->to_ms - a->from_ms) / 1e3);
	table_time(t, a->from_ms);
	table_time(t, a->to_ms);
	table_text(t, length);
	table_text(t, a->why);
}

/* The next tap will put it into the catalog; until then only its last sign of
 * life tells. What is said if there is nothing else to say. */
static const char *add_absent(const officer *o, table *t, int64_t to_ms)
{
	static char why[] = "no tap runs, or it hangs";
	g_autofree char *path = presence_path(conf_text(o->conf, CONF_CATALOG));
	const int64_t now_ms = clk_now().wall.ns / CLK_NS_PER_MS;
	clk_wall last;
	cat_away a = {.to_ms = now_ms, .why = why};

	if (!presence_last(path, &last))
		return g_access(path, F_OK) == 0
			       ? "when a tap listened last cannot be read"
			       : "no tap has run with this catalog";
	a.from_ms = last.ns / CLK_NS_PER_MS;
	if (a.from_ms < to_ms && now_ms - a.from_ms > PRESENCE_HUNG_S * 1000)
		add_away(t, &a);
	return "no time is known in which no tap listened";
}

/* Calls of that time may be missing in the ledger. */
static int away(officer *o, char **args, GError **err)
{
	static const char *const columns[] = {"from", "to", "#length", "why",
					      NULL};
	g_autoptr(table) t = table_new(columns);
	g_autoptr(GArray) all = NULL;
	const char *none;
	int64_t from, to;

	(void)args;
	if (!range(o, &from, &to, err) ||
	    !(all = cat_report_away(o->db, from, to, err)))
		return APP_FAIL;
	for (guint i = 0; i < all->len; i++)
		add_away(t, &g_array_index(all, cat_away, i));
	none = add_absent(o, t, to);
	table_print(t, o->form, none, stdout);
	return APP_OK;
}

/* ---- an outside witness ---- */

static void add_finding(table *t, const cat_finding *f)
{
	const cat_entry *e = f->entry;

	table_text(t, cat_match_name(f->match));
	if (f->cdr)
		table_number(t, f->cdr->line);
	else
		table_text(t, "");
	table_time(t, f->cdr ? f->cdr->begun_ms : e->begun_ms);
	table_address(t, f->cdr ? f->cdr->caller : e->caller);
	table_address(t, f->cdr ? f->cdr->callee : e->callee);
	table_text(t, e ? cat_outcome_name(e->outcome) : "");
	table_text(t, e ? e->name : "");
}

/* 1 when the witness saw a call that ought to be in the ledger. */
static int print_findings(const officer *o, const GArray *all)
{
	static const char *const columns[] = {
		"!finding", "#line", "begun", "caller", "callee", "outcome",
		"<call", NULL,
	};
	g_autoptr(table) t = table_new(columns);
	unsigned n[CAT_CDR_UNWITNESSED + 1] = {0};

	for (guint i = 0; i < all->len; i++) {
		const cat_finding *f = &g_array_index(all, cat_finding, i);

		n[f->match]++;
		if (f->match != CAT_CDR_UNCONCERNED)
			add_finding(t, f);
	}
	table_print(t, o->form, "no record is of a recorded user", stdout);
	fprintf(stderr, "%u matched, %u with another length, %u MISSING, %u "
			"that the witness does not have, %u of no recorded "
			"user\n", n[CAT_CDR_MATCHED], n[CAT_CDR_DIFFERS],
		n[CAT_CDR_MISSING], n[CAT_CDR_UNWITNESSED],
		n[CAT_CDR_UNCONCERNED]);
	return n[CAT_CDR_MISSING] ? APP_FAIL : APP_OK;
}

/* The catalog knows of no rule, but the configuration does. */
static void configured(const officer *o, GArray *all)
{
	for (guint i = 0; i < all->len; i++) {
		cat_finding *f = &g_array_index(all, cat_finding, i);

		if (f->match == CAT_CDR_UNCONCERNED &&
		    verdict_configured(o, f->cdr->caller, f->cdr->callee))
			f->match = CAT_CDR_MISSING;
	}
}

static int reconcile(officer *o, GError **err)
{
	g_autoptr(cat_policy) p = NULL;
	g_autoptr(GArray) cdr = NULL, all = NULL;
	g_autofree char *text = NULL;
	gsize n;

	text = officer_read(opt.cdr, &n, err);
	if (!text)
		return APP_FAIL;
	cdr = cat_cdr_read(span_of(text, n), err);
	if (!cdr) {
		g_prefix_error(err, "%s: ", opt.cdr);
		return APP_FAIL;
	}
	p = cat_policy_load(o->db, 0, err);
	all = p ? cat_cdr_compare(o->db, p, cdr, opt.tolerance * 1000LL, err)
		: NULL;
	if (!all)
		return APP_FAIL;
	configured(o, all);
	return print_findings(o, all);
}

static int summary(officer *o, char **args, GError **err)
{
	int64_t silent;
	int status;

	if (!numbers_fit(o))
		return APP_USAGE;
	if (opt.silent && !officer_span(opt.silent, &silent, err))
		return APP_FAIL;
	if (opt.cdr && (opt.from || opt.to || opt.user || opt.silent))
		return officer_misused(o, "--cdr compares the whole file: "
					  "--from, --to, --user and --silent "
					  "do not go with it");
	if (opt.cdr)
		return reconcile(o, err);
	status = coverage(o, args, err);
	if (o->form != TABLE_TEXT || status != APP_OK)
		return status;
	puts("\ncalls without an outcome, the oldest first:");
	status = unresolved(o, args, err);
	if (status != APP_OK)
		return status;
	puts("\nthe longest gaps:");
	status = gaps(o, args, err);
	if (status != APP_OK)
		return status;
	puts("\nsources of calls:");
	status = sources(o, args, err);
	if (status != APP_OK)
		return status;
	puts("\nwhen no tap listened; calls of that time may be missing:");
	return away(o, args, err);
}

int cmd_report(int argc, char **argv)
{
	static const officer_verb verbs[] = {
		{"all", "", "coverage, unresolved calls, gaps, sources, away; "
			    "--json and --csv: coverage", 0, 0, summary, NULL},
		{"coverage", "", "calls and outcomes by day and owner", 0, 0,
		 coverage, "from to user"},
		{"unresolved", "", "calls without an outcome, the oldest first",
		 0, 0, unresolved, "limit"},
		{"gaps", "", "the longest gaps", 0, 0, gaps, "from to limit"},
		{"sources", "", "which Front Ends report calls, and which are "
				"silent", 0,
		 0, sources, "from to silent"},
		{"away", "", "when no tap listened: calls may be missing", 0,
		 0, away, "from to"},
	};

	return officer_run("report", "Is everybody recorded who has to be?",
			   verbs, G_N_ELEMENTS(verbs), entries, argc, argv);
}
