#include "app/officer.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"

static struct {
	char *config, *reason;
	gboolean json, csv;
} common;

static const GOptionEntry common_entries[] = {
	{"config", 'c', 0, G_OPTION_ARG_FILENAME, &common.config,
	 "Configuration (/etc/edgetape/edgetape.conf)", "FILE"},
	{"json", 0, 0, G_OPTION_ARG_NONE, &common.json, "Answer in JSON", NULL},
	{"csv", 0, 0, G_OPTION_ARG_NONE, &common.csv, "Answer in CSV", NULL},
	{"reason", 0, 0, G_OPTION_ARG_FILENAME, &common.reason,
	 "Why, for the audit log", "TEXT"},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

G_GNUC_PRINTF(2, 3)
static bool fail(GError **err, const char *fmt, ...)
{
	g_autofree char *message = NULL;
	va_list ap;

	va_start(ap, fmt);
	message = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	g_set_error_literal(err, CAT_ERROR, CAT_ERROR_VALUE, message);
	return false;
}

/* The person who called sudo, else the user of this process. */
static char *actor_name(void)
{
	const char *sudo = g_getenv("SUDO_USER");
	struct passwd *p;

	if (sudo && *sudo && geteuid() == 0)
		return g_strdup(sudo);
	p = getpwuid(getuid());
	return p ? g_strdup(p->pw_name)
		 : g_strdup_printf("uid %u", (unsigned)getuid());
}

/* After the drop, so that new files belong to the service's user. */
static bool catalog_open(officer *o, GError **err)
{
	const char *path = conf_need(o->conf, CONF_CATALOG, err);
	g_autofree char *dir = NULL;

	if (!path || !app_drop_quietly(o->conf, err))
		return false;
	dir = g_path_get_dirname(path);
	g_mkdir_with_parents(dir, 0750);
	o->db = cat_open(path, err);
	if (!o->db)
		g_prefix_error(err, "the catalog: ");
	return o->db != NULL;
}

static const officer_verb *verb_find(const officer_verb *verbs, size_t n,
				     const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

static char *summary(const char *help, const officer_verb *verbs, size_t n)
{
	GString *s = g_string_new(help);

	g_string_append(s, "\n\nVerbs:\n");
	for (size_t i = 0; i < n; i++)
		g_string_append_printf(s, "  %s%s%s\n      %s\n",
				       verbs[i].name,
				       *verbs[i].args ? " " : "",
				       verbs[i].args, verbs[i].help);
	return g_string_free(s, FALSE);
}

static int misused(const officer *o, const char *what, const char *which)
{
	fprintf(stderr, "edgetape %s: %s%s; see edgetape %s --help\n",
		o->command, what, which, o->command);
	return APP_USAGE;
}

/* A verb that needs no word stands for its argument, as in `play CALL`. */
static int too_few(const officer *o, const officer_verb *v)
{
	g_autofree char *what = *v->args
		? g_strdup_printf("%s needs %s", v->name, v->args)
		: g_strdup_printf("it needs a %s", v->name);

	return misused(o, what, "");
}

/* ---- options that a verb would ignore ---- */

/* What numbers are before options are read: their defaults. */
static GArray *defaults_of(const GOptionEntry *e)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(int));

	for (; e && e->long_name; e++) {
		const int n = e->arg == G_OPTION_ARG_INT
				      ? *(const int *)e->arg_data : 0;

		g_array_append_val(all, n);
	}
	return all;
}

static bool given(const GOptionEntry *e, int default_n)
{
	switch (e->arg) {
	case G_OPTION_ARG_NONE:
		return *(const gboolean *)e->arg_data;
	case G_OPTION_ARG_INT:
		return *(const int *)e->arg_data != default_n;
	default:
		return *(void *const *)e->arg_data != NULL;
	}
}

static bool takes(const officer_verb *v, const char *option)
{
	g_auto(GStrv) words = v->options ? g_strsplit(v->options, " ", -1)
					 : NULL;

	return !words ||
	       g_strv_contains((const char *const *)words, option);
}

static const char *not_taken(const officer_verb *v, const GOptionEntry *e,
			     const GArray *defaults)
{
	for (guint i = 0; e && e[i].long_name; i++)
		if (given(&e[i], g_array_index(defaults, int, i)) &&
		    !takes(v, e[i].long_name))
			return e[i].long_name;
	return NULL;
}

static int verb_run(officer *o, const officer_verb *v, char **args)
{
	g_autoptr(GError) err = NULL;
	int status;

	for (o->n_args = 0; args[o->n_args]; o->n_args++)
		;
	if (o->n_args < v->least)
		return too_few(o, v);
	if (v->most >= 0 && o->n_args > v->most)
		return misused(o, "too many words: ", args[v->most]);
	o->conf = app_conf(o->command, common.config
					       ? common.config
					       : "/etc/edgetape/edgetape.conf");
	if (!o->conf)
		return APP_FAIL;
	status = catalog_open(o, &err) ? v->run(o, args, &err) : APP_FAIL;
	if (o->done)
		table_print(o->done, o->form, "", stdout);
	g_clear_pointer(&o->done, table_free);
	if (err)
		status = app_fail(o->command, err);
	cat_close(o->db);
	conf_free(o->conf);
	return status;
}

int officer_run(const char *command, const char *help,
		const officer_verb *verbs, size_t n_verbs,
		const GOptionEntry *entries, int argc, char **argv)
{
	g_autofree char *said = summary(help, verbs, n_verbs);
	g_autofree char *name = actor_name();
	g_autoptr(GArray) all = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
	g_autoptr(GArray) defaults = defaults_of(entries);
	const officer_verb *v = &verbs[0];
	const char *ignored;
	officer o = {.command = command, .actor = {name, "", 0}};
	char **args;
	int status;

	for (int i = 1; i < argc; i++)
		if (!g_utf8_validate(argv[i], -1, NULL))
			return misused(&o, "an argument is not UTF-8", "");
	g_array_append_vals(all, common_entries,
			    G_N_ELEMENTS(common_entries) - 1);
	for (const GOptionEntry *e = entries; e && e->long_name; e++)
		g_array_append_vals(all, e, 1);
	if (!app_options(command, "[VERB] [ARGUMENT...]", said,
			 (const GOptionEntry *)(void *)all->data, &argc, &argv,
			 &status))
		return status;
	args = argv + 1;
	if (argc > 1) {
		v = verb_find(verbs, n_verbs, argv[1]);
		args += v != NULL;
		/* A command with one verb does not need it. */
		v = v || n_verbs > 1 ? v : &verbs[0];
	}
	if (!v)
		return misused(&o, "there is no verb ", argv[1]);
	ignored = not_taken(v, entries, defaults);
	if (ignored) {
		fprintf(stderr, "edgetape %s: %s does not take --%s; see "
				"edgetape %s --help\n",
			command, v->name, ignored, command);
		return APP_USAGE;
	}
	if (!app_no_clash(command, (const app_clash[]){
		    {"--json", "--csv", common.json, common.csv}, {0}}))
		return APP_USAGE;
	o.form = common.json ? TABLE_JSON : common.csv ? TABLE_CSV : TABLE_TEXT;
	o.actor.reason = common.reason ? common.reason : "";
	o.now = clk_now().wall.ns / CLK_NS_PER_S;
	o.actor.now = o.now;
	return verb_run(&o, v, args);
}

int officer_misused(const officer *o, const char *why)
{
	fprintf(stderr, "edgetape %s: %s\n", o->command, why);
	return APP_USAGE;
}

bool officer_form_free(const officer *o, const char *what)
{
	return app_no_clash(o->command, (const app_clash[]){
		{what, "--json", true, o->form == TABLE_JSON},
		{what, "--csv", true, o->form == TABLE_CSV}, {0}});
}

void officer_done(officer *o, const char *what, const char *result)
{
	static const char *const columns[] = {"what", "result", NULL};

	if (o->form == TABLE_TEXT) {
		printf("%s %s\n", what, result);
		return;
	}
	if (!o->done)
		o->done = table_new(columns);
	table_text(o->done, what);
	table_text(o->done, result);
}

bool officer_count(const officer *o, const char *option, int n)
{
	if (n > 0)
		return true;
	fprintf(stderr, "edgetape %s: %s %d: expected 1 or more\n",
		o->command, option, n);
	return false;
}

unsigned officer_one_more(int limit)
{
	return (unsigned)limit + 1;
}

bool officer_cut(const officer *o, guint n, int limit, int limit_default)
{
	if (n <= (guint)limit)
		return false;
	if (limit == limit_default)
		fprintf(stderr, "edgetape %s: note: there are more than these "
				"%d; --limit says how many to show\n",
			o->command, limit);
	return true;
}

/* ---- what people write ---- */

/* "3d": so long ago; "+3d": in the future. */
static bool apart(const char *text, int64_t now, int64_t *out)
{
	const bool later = *text == '+';
	span s = span_str(text + later);
	uint64_t n;
	int64_t unit;

	if (!span_decimal(&s, 100000, &n) || s.left != 1)
		return false;
	switch (s.p[0]) {
	case 'd':
		unit = 86400;
		break;
	case 'h':
		unit = 3600;
		break;
	case 'm':
		unit = 60;
		break;
	default:
		return false;
	}
	unit *= (int64_t)n;
	*out = later ? now + unit : now - unit;
	return true;
}

static int64_t midnight(int64_t now, int days)
{
	g_autoptr(GDateTime) t = g_date_time_new_from_unix_local(now);
	g_autoptr(GDateTime) day = g_date_time_new_local(
		g_date_time_get_year(t), g_date_time_get_month(t),
		g_date_time_get_day_of_month(t), 0, 0, 0);
	g_autoptr(GDateTime) other = g_date_time_add_days(day, days);

	return g_date_time_to_unix(other);
}

/* What ISO 8601 has and people leave out: the 'T', seconds, midnight. */
static char *iso_whole(const char *text)
{
	GString *s = g_string_new(text);

	if (s->len > 10 && s->str[10] == ' ')
		s->str[10] = 'T';
	if (s->len == 10)
		g_string_append(s, "T00:00:00");
	else if (s->len >= 16 && strchr("Z+-", s->str[16]))
		g_string_insert(s, 16, ":00");
	return g_string_free(s, FALSE);
}

bool officer_time(const char *text, int64_t now, int64_t *out, GError **err)
{
	g_autofree char *iso = iso_whole(text);
	g_autoptr(GTimeZone) local = g_time_zone_new_local();
	g_autoptr(GDateTime) t = NULL;

	*out = now;
	if (!strcmp(text, "now"))
		return true;
	if (!strcmp(text, "today") || !strcmp(text, "yesterday")) {
		*out = midnight(now, *text == 't' ? 0 : -1);
		return true;
	}
	if (apart(text, now, out))
		return true;
	t = g_date_time_new_from_iso8601(iso, local);
	if (!t)
		return fail(err, "\"%s\" is no time: expected such as "
				 "2026-11-21, \"2026-11-21 14:00\", "
				 "2026-11-21T14:00:00Z, today, yesterday, 3d "
				 "or 2h (ago), +3d", text);
	*out = g_date_time_to_unix(t);
	return true;
}

char *officer_when(int64_t at)
{
	g_autoptr(GDateTime) t = g_date_time_new_from_unix_local(at);

	return t ? g_date_time_format(t, "%Y-%m-%d %H:%M:%S") : g_strdup("");
}

bool officer_span(const char *text, int64_t *ms, GError **err)
{
	span s = span_str(text);
	uint64_t n;
	int64_t unit = 1000;

	if (!span_decimal(&s, 10000000, &n))
		return fail(err, "\"%s\" is no duration: expected such as 90, "
				 "5m, 2h or 1d", text);
	if (span_eq(s, "d"))
		unit = 86400000;
	else if (span_eq(s, "m"))
		unit = 60000;
	else if (span_eq(s, "h"))
		unit = 3600000;
	else if (s.left && !span_eq(s, "s"))
		return fail(err, "\"%s\" is no duration: expected such as 90, "
				 "5m, 2h or 1d", text);
	*ms = (int64_t)n * unit;
	return true;
}

char *officer_read(const char *path, gsize *n, GError **err)
{
	char *text = NULL;

	if (strcmp(path, "-") != 0) {
		if (access(path, R_OK) != 0) {
			fail(err, "%s: %s", path, g_strerror(errno));
			return NULL;
		}
		g_file_get_contents(path, &text, n, err);
		return text;
	}
	{
		g_autoptr(GString) s = g_string_new(NULL);
		char buf[4096];
		size_t got;

		while ((got = fread(buf, 1, sizeof(buf), stdin)) > 0)
			g_string_append_len(s, buf, (gssize)got);
		*n = s->len;
		return g_string_free(g_steal_pointer(&s), FALSE);
	}
}

char *officer_join(char **words)
{
	GString *s = g_string_new(NULL);

	for (; *words; words++) {
		const char *eq = strchr(*words, '=');

		if (s->len)
			g_string_append_c(s, ' ');
		/* The shell took the quotes that the rule's text has. */
		if (eq && strpbrk(eq, " \t") && eq[1] != '"')
			g_string_append_printf(s, "%.*s\"%s\"",
					       (int)(eq + 1 - *words), *words,
					       eq + 1);
		else
			g_string_append(s, *words);
	}
	return g_string_free(s, FALSE);
}
