/* cmd_users.c - whose calls these are: users, their identities and groups. */
#include "app/officer.h"

#include <string.h>

static struct {
	char *name, *site, *at, *format;
	char **groups;
	gboolean whole, history;
} opt;

static const GOptionEntry entries[] = {
	{"name", 0, 0, G_OPTION_ARG_FILENAME, &opt.name, "add: full name",
	 "NAME"},
	{"site", 0, 0, G_OPTION_ARG_FILENAME, &opt.site, "add: site", "SITE"},
	{"group", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &opt.groups,
	 "add, remove: group; several times if needed", "GROUP"},
	{"at", 0, 0, G_OPTION_ARG_FILENAME, &opt.at,
	 "list, show, export: as it was then; add, remove, import: from then "
	 "on", "TIME"},
	{"whole", 0, 0, G_OPTION_ARG_NONE, &opt.whole,
	 "import: remove users that the file lacks", NULL},
	{"format", 0, 0, G_OPTION_ARG_FILENAME, &opt.format,
	 "import: csv or ldif; else by the file's name", "FORMAT"},
	{"history", 0, 0, G_OPTION_ARG_NONE, &opt.history,
	 "show: earlier states too", NULL},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

static bool time_of(const officer *o, int64_t *at, GError **err)
{
	return officer_time(opt.at ? opt.at : "now", o->now, at, err);
}

static char *joined(const GPtrArray *a)
{
	GString *s = g_string_new(NULL);

	for (guint i = 0; i < a->len; i++)
		g_string_append_printf(s, "%s%s", i ? " " : "",
				       (char *)g_ptr_array_index(a, i));
	return g_string_free(s, FALSE);
}

static void add_row(table *t, const cat_user *u)
{
	g_autofree char *ids = joined(u->ids);
	g_autofree char *groups = joined(u->groups);

	table_text(t, u->key);
	table_text(t, u->name);
	table_text(t, u->site);
	table_text(t, groups);
	table_time(t, u->to * 1000);
	table_text(t, ids);
}

static table *users_table(void)
{
	static const char *const columns[] = {"user", "name", "site", "groups",
					      "until", "~identities", NULL};

	return table_new(columns);
}

static bool wanted(const cat_user *u, const char *word)
{
	g_autofree char *ids = joined(u->ids);
	g_autofree char *groups = joined(u->groups);
	g_autofree char *all = g_strjoin(" ", u->key, u->name, u->site, ids,
					 groups, NULL);
	g_autofree char *low = g_utf8_strdown(all, -1);
	g_autofree char *want = g_utf8_strdown(word, -1);

	return strstr(low, want) != NULL;
}

static int list(officer *o, char **args, GError **err)
{
	g_autoptr(table) t = users_table();
	g_autoptr(GPtrArray) users = NULL;
	int64_t at;

	if (!time_of(o, &at, err) ||
	    !(users = cat_user_list(o->db, at, err)))
		return APP_FAIL;
	for (guint i = 0; i < users->len; i++) {
		const cat_user *u = g_ptr_array_index(users, i);

		if (!args[0] || wanted(u, args[0]))
			add_row(t, u);
	}
	table_print(t, o->form,
		    args[0]  ? "no user fits; `edgetape users list` shows all"
		    : opt.at ? "there are no users at that time"
			     : "no users yet; add one with `edgetape users add "
			       "alice sip:alice@example.com`", stdout);
	return APP_OK;
}

static void put_each(table *t, const char *what, const GPtrArray *values)
{
	for (guint i = 0; i < values->len; i++) {
		table_text(t, i ? "" : what);
		table_text(t, g_ptr_array_index(values, i));
	}
}

/* For people, who want to see all of it. */
static table *one_user(const cat_user *u)
{
	static const char *const columns[] = {"!what", "!value", NULL};
	table *t = table_new(columns);

	table_text(t, "user");
	table_text(t, u->key);
	if (*u->name) {
		table_text(t, "name");
		table_text(t, u->name);
	}
	if (*u->site) {
		table_text(t, "site");
		table_text(t, u->site);
	}
	if (u->to) {
		table_text(t, "until");
		table_time(t, u->to * 1000);
	}
	put_each(t, "group", u->groups);
	put_each(t, "identity", u->ids);
	return t;
}

/* Also of a user who was removed. */
static int show_history(officer *o, const char *who, GError **err)
{
	static const char *const columns[] = {"value", "since", "until", NULL};
	g_autofree char *key = g_ascii_strdown(who, -1);
	g_autoptr(GArray) all = cat_user_history(o->db, key, err);
	g_autoptr(table) t = table_new(columns);

	if (!all)
		return APP_FAIL;
	for (guint i = 0; i < all->len; i++) {
		const cat_user_past *p = &g_array_index(all, cat_user_past, i);

		table_text(t, p->value);
		table_time(t, p->since * 1000);
		table_time(t, p->until * 1000);
	}
	table_print(t, o->form, "no identity, group or site, and there never "
				"was one", stdout);
	return APP_OK;
}

static int show(officer *o, char **args, GError **err)
{
	g_autoptr(table) t = NULL;
	g_autoptr(cat_user) u = NULL;
	int64_t at;

	if (opt.history)
		return show_history(o, args[0], err);
	if (!time_of(o, &at, err) ||
	    !(u = cat_user_find(o->db, args[0], at, err)))
		return APP_FAIL;
	if (o->form == TABLE_TEXT) {
		t = one_user(u);
	} else {
		t = users_table();
		add_row(t, u);
	}
	table_print(t, o->form, "", stdout);
	return APP_OK;
}

static bool has(const GPtrArray *a, const char *text)
{
	return g_ptr_array_find_with_equal_func((GPtrArray *)a, text,
						g_str_equal, NULL);
}

static bool identities_add(cat_user *u, char **texts, GError **err)
{
	for (; *texts; texts++) {
		g_autofree char *id = cat_identity(*texts);

		if (!id) {
			g_set_error(err, CAT_ERROR, CAT_ERROR_VALUE,
				    "\"%s\" is no identity: expected "
				    "sip:user@host, tel:+number or an alias",
				    *texts);
			return false;
		}
		g_ptr_array_add(u->stay, g_strdup(id));
		if (!has(u->ids, id))
			g_ptr_array_add(u->ids, g_steal_pointer(&id));
	}
	return true;
}

static void groups_add(cat_user *u)
{
	for (char **g = opt.groups; g && *g; g++) {
		g_autofree char *low = g_utf8_strdown(*g, -1);

		g_ptr_array_add(u->stay, g_strdup(low));
		if (!has(u->groups, low))
			g_ptr_array_add(u->groups, g_steal_pointer(&low));
	}
}

/* Nobody should believe that who was given a number is there for good. */
static void done(officer *o, const cat_user *u, const char *result)
{
	g_autofree char *when = u->to > o->now ? officer_when(u->to) : NULL;
	g_autofree char *text = g_strdup_printf(
		"%s; will be removed at %s, as planned; `edgetape users add "
		"%s` takes that back", result, when ? when : "", u->key);

	officer_done(o, u->key, when ? text : result);
}

/* Who is added with nothing else is to be there: also if a removal was
 * planned. */
static int add_back(officer *o, const cat_user *u, int64_t at, GError **err)
{
	g_autofree char *when = officer_when(u->to);
	g_autofree char *text = g_strdup_printf(
		"stays; the removal planned for %s is taken back", when);

	if (!cat_user_stay(o->db, u->key, at, &o->actor, err))
		return APP_FAIL;
	officer_done(o, u->key, text);
	return APP_OK;
}

/* To what the user has already, if there is one of this key. */
static int add(officer *o, char **args, GError **err)
{
	g_autofree char *key = g_ascii_strdown(args[0], -1);
	g_autoptr(cat_user) u = NULL;
	bool changed, is_new;
	int64_t at;

	if (!time_of(o, &at, err))
		return APP_FAIL;
	u = cat_user_find(o->db, key, at, NULL);
	if (u && strcmp(u->key, key) != 0)
		g_clear_pointer(&u, cat_user_free);
	is_new = !u;
	if (is_new)
		u = cat_user_new(key);
	if (u->to > o->now && !args[1] && !opt.groups && !opt.name && !opt.site)
		return add_back(o, u, at, err);
	if (opt.name) {
		g_free(u->name);
		u->name = g_strdup(opt.name);
	}
	if (opt.site) {
		g_free(u->site);
		u->site = g_strdup(opt.site);
		g_ptr_array_add(u->stay, g_strdup(opt.site));
	}
	groups_add(u);
	if (!identities_add(u, args + 1, err) ||
	    !cat_user_put(o->db, u, at, &o->actor, &changed, err))
		return APP_FAIL;
	done(o, u,
	     !changed	   ? "is so already"
	     : !is_new	   ? "is changed"
	     : u->ids->len ? "is added"
			   : "is added; without an identity no call is theirs");
	return APP_OK;
}

static bool take_away(GPtrArray *from, const char *text)
{
	guint i;

	if (!g_ptr_array_find_with_equal_func(from, text, g_str_equal, &i))
		return false;
	g_ptr_array_remove_index(from, i);
	return true;
}

/* Some identities or groups only. */
static int remove_some(officer *o, const cat_user *found, char **args,
		       int64_t at, GError **err)
{
	cat_user *u = (cat_user *)found;

	for (; *args; args++) {
		g_autofree char *id = cat_identity(*args);

		if (id && take_away(u->ids, id))
			continue;
		g_set_error(err, CAT_ERROR, CAT_ERROR_ABSENT,
			    "%s has no identity %s; `edgetape users show %s` "
			    "shows all", u->key, *args, u->key);
		return APP_FAIL;
	}
	for (char **g = opt.groups; g && *g; g++) {
		g_autofree char *low = g_utf8_strdown(*g, -1);

		if (take_away(u->groups, low))
			continue;
		g_set_error(err, CAT_ERROR, CAT_ERROR_ABSENT,
			    "%s is not in the group %s", u->key, *g);
		return APP_FAIL;
	}
	if (!cat_user_put(o->db, u, at, &o->actor, NULL, err))
		return APP_FAIL;
	done(o, u, "is changed");
	return APP_OK;
}

/* Of then; or one who is to be removed before that, or to come. */
static cat_user *removable(officer *o, const char *who, int64_t at,
			   GError **err)
{
	const int64_t when[] = {at, o->now, INT64_MAX};
	const size_t n = at < o->now ? 1 : G_N_ELEMENTS(when);
	cat_user *u = NULL;

	for (size_t i = 0; i < n && !u; i++) {
		g_clear_error(err);
		u = cat_user_find(o->db, who, when[i], err);
	}
	return u;
}

static int del(officer *o, char **args, GError **err)
{
	const bool some = args[1] || opt.groups;
	g_autoptr(cat_user) u = NULL;
	g_autofree char *later = NULL;
	int64_t at;

	if (!time_of(o, &at, err))
		return APP_FAIL;
	u = some ? cat_user_find(o->db, args[0], at, err)
		 : removable(o, args[0], at, err);
	if (!u)
		return APP_FAIL;
	if (some)
		return remove_some(o, u, args + 1, at, err);
	if (!cat_user_end(o->db, u->key, at, &o->actor, err))
		return APP_FAIL;
	later = g_strdup_printf("will be removed then; the calls of before "
				"stay theirs; `edgetape users add %s` takes "
				"that back", u->key);
	officer_done(o, u->key,
		     at > o->now ? later
				 : "is removed; the calls of before stay "
				   "theirs");
	return APP_OK;
}

static bool is_ldif(const char *path)
{
	return opt.format ? !g_ascii_strcasecmp(opt.format, "ldif")
			  : g_str_has_suffix(path, ".ldif") ||
				    g_str_has_suffix(path, ".ldf");
}

static bool format_fits(GError **err)
{
	if (!opt.format || !g_ascii_strcasecmp(opt.format, "ldif") ||
	    !g_ascii_strcasecmp(opt.format, "csv"))
		return true;
	g_set_error(err, CAT_ERROR, CAT_ERROR_VALUE,
		    "--format: \"%s\" is neither csv nor ldif", opt.format);
	return false;
}

static void import_say(const officer *o, const cat_import_count *n)
{
	static const char *const columns[] = {"#added", "#changed", "#same",
					      "#removed", NULL};
	const unsigned all[] = {n->added, n->changed, n->same, n->ended};
	g_autoptr(table) t = table_new(columns);

	if (o->form == TABLE_TEXT) {
		printf("%u added, %u changed, %u as they were, %u removed\n",
		       n->added, n->changed, n->same, n->ended);
		return;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		table_number(t, all[i]);
	table_print(t, o->form, "", stdout);
}

static int import(officer *o, char **args, GError **err)
{
	g_autoptr(GPtrArray) users = NULL;
	g_autofree char *text = NULL;
	cat_import_count n;
	int64_t at;
	gsize size;

	if (!format_fits(err) || !time_of(o, &at, err) ||
	    !(text = officer_read(args[0], &size, err)))
		return APP_FAIL;
	users = is_ldif(args[0]) ? cat_import_ldif(span_of(text, size), err)
				 : cat_import_csv(span_of(text, size), err);
	if (!users) {
		g_prefix_error(err, "%s: ", args[0]);
		return APP_FAIL;
	}
	if (!cat_import(o->db, users, opt.whole, at, &o->actor, &n, err))
		return APP_FAIL;
	import_say(o, &n);
	return APP_OK;
}

static int export(officer *o, char **args, GError **err)
{
	g_autoptr(GPtrArray) users = NULL;
	g_autofree char *text = NULL;
	int64_t at;

	(void)args;
	if (o->form == TABLE_JSON && !officer_form_free(o, "export, in CSV,"))
		return APP_USAGE;
	if (!time_of(o, &at, err) || !(users = cat_user_list(o->db, at, err)))
		return APP_FAIL;
	text = cat_export_csv(users);
	fputs(text, stdout);
	return APP_OK;
}

int cmd_users(int argc, char **argv)
{
	static const officer_verb verbs[] = {
		{"list", "[WORD]", "all users, or those whose data contains "
				   "WORD", 0, 1,
		 list, "at"},
		{"show", "USER|IDENTITY", "one user", 1, 1, show, "at history"},
		{"add", "USER [IDENTITY...]",
		 "add a user, or identities to one", 1, -1, add,
		 "name site group at"},
		{"remove", "USER [IDENTITY...]",
		 "remove the user, or only these identities or this --group",
		 1, -1,
		 del, "group at"},
		{"import", "FILE", "CSV or LDIF; completely or not at all",
		 1, 1, import, "whole format at"},
		{"export", "", "as CSV that import can read", 0, 0, export,
		 "at"},
	};

	return officer_run("users", "The people whose calls may be recorded.",
			   verbs,
			   G_N_ELEMENTS(verbs), entries, argc, argv);
}
