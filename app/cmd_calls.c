/* cmd_calls.c - the ledger: what became of each call. */
#include "app/filter.h"

#include <string.h>

#include "app/holding.h"
#include "catalog/keep.h"

enum { SHOWN = 50 };	/* rows, if nobody says how many */

static struct {
	char *matter, *by;
	int limit;
	gboolean linked;
} opt = {.limit = SHOWN};

static const GOptionEntry own_entries[] = {
	{"matter", 0, 0, G_OPTION_ARG_FILENAME, &opt.matter,
	 "hold, release: the matter it is held for (hold)", "NAME"},
	{"by", 0, 0, G_OPTION_ARG_FILENAME, &opt.by,
	 "due: what will be deleted by then (now)", "TIME"},
	{"limit", 0, 0, G_OPTION_ARG_INT, &opt.limit,
	 "list, due: at most this many (50)", "N"},
	{"linked", 0, 0, G_OPTION_ARG_NONE, &opt.linked,
	 "list, hold, release: the other legs of each call too", NULL},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

static gint newest_first(gconstpointer a, gconstpointer b)
{
	const cat_entry *x = *(const cat_entry *const *)a;
	const cat_entry *y = *(const cat_entry *const *)b;

	if (x->begun_ms != y->begun_ms)
		return x->begun_ms < y->begun_ms ? 1 : -1;
	return strcmp(y->name, x->name);
}

/* Those that fit and, if they are wanted, the legs of each among them. */
static GPtrArray *calls_listed(const officer *o, GError **err)
{
	cat_query q = {.limit = officer_one_more(opt.limit)};
	g_autoptr(GPtrArray) calls = NULL;

	if (!filter_query(o, &q, err))
		return NULL;
	calls = cat_ledger_search(o->db, &q, err);
	if (calls && officer_cut(o, calls->len, opt.limit, SHOWN))
		g_ptr_array_set_size(calls, opt.limit);
	if (!calls || (opt.linked && !filter_add_linked(o, calls, err)))
		return NULL;
	if (opt.linked)
		g_ptr_array_sort(calls, newest_first);
	return g_steal_pointer(&calls);
}

/* With its deletion: for people beside the outcome, where it is seen on the
 * narrowest terminal; a program has a column of its own for it. */
static void add_outcome(const officer *o, table *t, const cat_entry *e)
{
	const char *name = cat_outcome_name(e->outcome);
	g_autofree char *both = g_strconcat(name, ", deleted", NULL);

	table_text(t, o->form == TABLE_TEXT && e->expired_ms ? both : name);
	if (o->form != TABLE_TEXT)
		table_time(t, e->expired_ms);
}

/* Without the names that are NULL. */
static table *table_of(const char **names, size_t n)
{
	g_autofree const char **some = g_new0(const char *, n + 1);
	size_t used = 0;

	for (size_t i = 0; i < n; i++)
		if (names[i])
			some[used++] = names[i];
	return table_new(some);
}

static int list(officer *o, char **args, GError **err)
{
	const char *columns[] = {"begun", "caller", "callee", "#length",
				 "?scope", "!outcome",
				 o->form == TABLE_TEXT ? NULL : "deleted",
				 "?reason", opt.linked ? "by" : NULL, "<call"};
	g_autoptr(table) t = table_of(columns, G_N_ELEMENTS(columns));
	g_autoptr(GPtrArray) calls = NULL;

	(void)args;
	if (!officer_count(o, "--limit", opt.limit))
		return APP_USAGE;
	calls = calls_listed(o, err);
	for (guint i = 0; calls && i < calls->len; i++) {
		const cat_entry *e = g_ptr_array_index(calls, i);

		table_time(t, e->begun_ms);
		table_address(t, e->caller);
		table_address(t, e->callee);
		table_span(t, e->duration_ms);
		table_text(t, e->scope);
		add_outcome(o, t, e);
		table_text(t, e->reason);
		if (opt.linked)
			table_text(t, e->linked);
		table_text(t, e->name);
	}
	if (calls)
		table_print(t, o->form, "no call fits", stdout);
	return calls ? APP_OK : APP_FAIL;
}

static int list_linked(officer *o, char **args, GError **err)
{
	const char *columns[] = {"begun", "caller", "callee", "#length",
				 "!outcome",
				 o->form == TABLE_TEXT ? NULL : "deleted",
				 "by", "<call"};
	g_autoptr(table) t = table_of(columns, G_N_ELEMENTS(columns));
	g_autoptr(cat_entry) of = cat_ledger_get(o->db, args[0], err);
	g_autoptr(GPtrArray) legs = of ? cat_ledger_linked(o->db, of, err)
				       : NULL;

	for (guint i = 0; legs && i < legs->len; i++) {
		const cat_entry *e = g_ptr_array_index(legs, i);

		table_time(t, e->begun_ms);
		table_address(t, e->caller);
		table_address(t, e->callee);
		table_span(t, e->duration_ms);
		add_outcome(o, t, e);
		table_text(t, e->linked);
		table_text(t, e->name);
	}
	if (legs)
		table_print(t, o->form, "", stdout);
	return legs ? APP_OK : APP_FAIL;
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

static void row_span(table *t, const char *what, int64_t ms)
{
	if (!ms)
		return;
	table_text(t, what);
	table_span(t, ms);
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
	if (!e->files->len && e->sidecar && !e->expired_ms)
		row(t, "sound", "none");
	for (guint i = 0; i < e->files->len; i++) {
		const cat_file *f = &g_array_index(e->files, cat_file, i);

		row(t, "file", f->name);
		row(t, "sha256", f->sha256);
	}
}

static void row_counts(table *t, const cat_entry *e)
{
	for (guint i = 0; i < e->counts->len; i++) {
		const cat_count *c = &g_array_index(e->counts, cat_count, i);
		g_autofree char *what = g_strconcat("packets ", c->what, NULL);
		g_autofree char *n = g_strdup_printf("%" G_GINT64_FORMAT,
						     c->packets);

		row(t, what, n);
	}
}

static void row_legs(table *t, const cat_entry *e, const GPtrArray *legs)
{
	for (guint i = 0; i < legs->len; i++) {
		const cat_entry *leg = g_ptr_array_index(legs, i);
		g_autofree char *text = g_strdup_printf("%s (%s)", leg->name,
							leg->linked);

		if (strcmp(leg->name, e->name))
			row(t, "linked", text);
	}
}

static void row_holds(table *t, const GArray *holds)
{
	for (guint i = 0; i < holds->len; i++)
		row(t, "held for", g_array_index(holds, cat_hold, i).matter);
	if (!holds->len)
		row(t, "held for", "nothing");
}

static int show(officer *o, char **args, GError **err)
{
	static const char *const columns[] = {"!what", "!value", NULL};
	g_autoptr(table) t = table_new(columns);
	g_autoptr(cat_entry) e = cat_ledger_get(o->db, args[0], err);
	g_autoptr(GArray) holds = NULL;
	g_autoptr(GPtrArray) legs = NULL;

	if (!e || !(holds = cat_hold_list(o->db, e->name, err)) ||
	    !(legs = cat_ledger_linked(o->db, e, err)))
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
	row(t, "end", e->ended_ms ? cat_end_name(e->end) : "in progress");
	row_span(t, "length", e->duration_ms);
	row_list(t, "owner", e->owners);
	row_list(t, "identity", e->ids);
	row(t, "rule", e->rule);
	row(t, "mode", e->mode);
	row(t, "scope", e->scope);
	row(t, "class", e->class);
	row(t, "announcement", e->announce ? "expected" : NULL);
	row_time(t, "kept until", e->keep_until_ms);
	row_holds(t, holds);
	row_time(t, "deleted", e->expired_ms);
	row(t, "source", e->source);
	row(t, "Call-ID", e->call_id);
	row(t, "conference", e->conference);
	row_legs(t, e, legs);
	row_gaps(t, e);
	row_counts(t, e);
	row(t, "sidecar", e->sidecar);
	row_files(t, e);
	table_print(t, o->form, "", stdout);
	return APP_OK;
}

/* ---- holds ---- */

/* In the journal too: the database may be lost. */
static bool matters_write(officer *o, const cat_entry *e, GError **err)
{
	g_autoptr(GArray) all = cat_hold_list(o->db, e->name, err);
	g_autoptr(holding) h = holding_new(o->conf, e);
	g_autoptr(GString) lines = g_string_new(NULL);

	for (guint i = 0; all && i < all->len; i++)
		g_string_append_printf(
			lines, "%s\n",
			g_array_index(all, cat_hold, i).matter);
	return all && holding_matters_set(h, lines->str, err);
}

/* Who lets it go for one matter should know of the others. */
static char *held_still(const officer *o, const cat_entry *e, bool changed,
			GError **err)
{
	g_autoptr(GArray) all = cat_hold_list(o->db, e->name, err);
	GString *s = g_string_new(changed ? "is released" : "was so already");

	for (guint i = 0; all && i < all->len; i++)
		g_string_append_printf(s, "%s %s",
				       i ? "," : "; it is still held for",
				       g_array_index(all, cat_hold, i).matter);
	return g_string_free(s, all == NULL);
}

static bool set_hold(officer *o, const cat_entry *e, bool on, GError **err)
{
	const cat_hold_change c = {
		e->name, opt.matter ? opt.matter : "hold", on, o->now,
	};
	g_autofree char *released = NULL;
	bool changed;

	if (!cat_hold_set(o->db, &c, &o->actor, &changed, err) ||
	    !matters_write(o, e, err))
		return false;
	if (!on && !(released = held_still(o, e, changed, err)))
		return false;
	officer_done(o, e->name, !on	   ? released
				 : changed ? "is held"
					   : "was so already");
	return true;
}

/* A call that is named and deleted is an error; one that was only found must
 * not keep the others from being held. */
static void leave_deleted(const officer *o, GPtrArray *calls, guint named)
{
	guint left = 0;

	for (guint i = calls->len; i-- > named;) {
		const cat_entry *e = g_ptr_array_index(calls, i);

		if (!e->expired_ms)
			continue;
		g_ptr_array_remove_index(calls, i);
		left++;
	}
	if (left)
		fprintf(stderr, "edgetape %s: note: %u call%s left out, "
				"deleted already\n", o->command, left,
			left == 1 ? " is" : "s are");
}

/* A line of the journal's list of matters. */
static bool matter_fits(const char *matter)
{
	if (!matter)
		return true;
	for (const char *c = matter; *c; c++)
		if (g_ascii_iscntrl(*c))
			return false;
	return *matter != '\0';
}

static int set_holds(officer *o, char **args, bool on, GError **err)
{
	g_autoptr(GPtrArray) calls = NULL;

	if (!*o->actor.reason)
		return officer_misused(o, "a hold needs a --reason: it goes to "
					  "the audit log");
	if (!args[0] == !filter_given())
		return officer_misused(o, "give one call, or options such as "
					  "--who and --from that say which");
	if (!matter_fits(opt.matter))
		return officer_misused(o, "--matter: expected one line of "
					  "text");
	calls = filter_calls(o, args, err);
	if (!calls || (opt.linked && !filter_add_linked(o, calls, err)))
		return APP_FAIL;
	leave_deleted(o, calls, args[0] ? 1 : 0);
	for (guint i = 0; i < calls->len; i++)
		if (!set_hold(o, g_ptr_array_index(calls, i), on, err))
			return APP_FAIL;
	if (!calls->len && o->form == TABLE_TEXT)
		puts("no call fits");
	return APP_OK;
}

static int hold(officer *o, char **args, GError **err)
{
	return set_holds(o, args, true, err);
}

static int release(officer *o, char **args, GError **err)
{
	return set_holds(o, args, false, err);
}

static int list_holds(officer *o, char **args, GError **err)
{
	static const char *const columns[] = {"since", "matter", "<call", NULL};
	g_autoptr(GArray) all = cat_hold_list(o->db, NULL, err);
	g_autoptr(table) t = table_new(columns);

	(void)args;
	for (guint i = 0; all && i < all->len; i++) {
		const cat_hold *h = &g_array_index(all, cat_hold, i);

		table_time(t, h->since * 1000);
		table_text(t, h->matter);
		table_text(t, h->call);
	}
	if (all)
		table_print(t, o->form, "no call is held", stdout);
	return all ? APP_OK : APP_FAIL;
}

static int due(officer *o, char **args, GError **err)
{
	static const char *const columns[] = {"kept until", "caller", "callee",
					      "class", "<call", NULL};
	g_autoptr(table) t = table_new(columns);
	g_autoptr(GPtrArray) all = NULL;
	int64_t by;

	(void)args;
	if (!officer_count(o, "--limit", opt.limit))
		return APP_USAGE;
	if (!officer_time(opt.by ? opt.by : "now", o->now, &by, err) ||
	    !(all = cat_keep_due(o->db, by * 1000, officer_one_more(opt.limit),
				 err)))
		return APP_FAIL;
	if (officer_cut(o, all->len, opt.limit, SHOWN))
		g_ptr_array_set_size(all, opt.limit);
	for (guint i = 0; i < all->len; i++) {
		const cat_entry *e = g_ptr_array_index(all, i);

		table_time(t, e->keep_until_ms);
		table_address(t, e->caller);
		table_address(t, e->callee);
		table_text(t, e->class);
		table_text(t, e->name);
	}
	table_print(t, o->form, "nothing is due", stdout);
	return APP_OK;
}

int cmd_calls(int argc, char **argv)
{
	static const officer_verb verbs[] = {
		{"list", "", "the calls that match the options, newest first",
		 0,
		 0, list, FILTER_OPTIONS " limit linked"},
		{"show", "CALL", "everything known about one; part of its name "
				 "or its Call-ID is enough", 1, 1, show, ""},
		{"linked", "CALL",
		 "the call and the other legs of its conference or transfer",
		 1, 1,
		 list_linked, ""},
		{"hold", "[CALL] --reason TEXT",
		 "keep it, or all that match the options, from being deleted",
		 0, 1,
		 hold, FILTER_OPTIONS " matter linked"},
		{"release", "[CALL] --reason TEXT", "end the hold", 0, 1,
		 release, FILTER_OPTIONS " matter linked"},
		{"holds", "", "the calls that are held", 0, 0, list_holds, ""},
		{"due", "", "what will be deleted because its time is over", 0,
		 0, due, "by limit"},
	};
	g_autoptr(GArray) all = filter_entries(own_entries);

	return officer_run("calls", "The calls of recorded users and their "
				    "outcomes.", verbs, G_N_ELEMENTS(verbs),
			   (const GOptionEntry *)(void *)all->data, argc,
			   argv);
}
