/* cmd_export.c - calls for somebody outside: a directory, or tar, that proves
 * itself without edgetape. */
#include "app/filter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/holding.h"
#include "app/manifest.h"
#include "app/room.h"
#include "app/setup.h"
#include "app/together.h"
#include "core/journal_io.h"
#include "vault/vault.h"

static struct {
	char *out, *format, *together;
	gboolean journal, linked;
} opt;

static const GOptionEntry own_entries[] = {
	{"out", 'o', 0, G_OPTION_ARG_FILENAME, &opt.out,
	 "A new directory, or - for tar on standard output",
	 "DIR"},
	{"format", 0, 0, G_OPTION_ARG_FILENAME, &opt.format,
	 "Only files of this format: wav, mp3, flac, opus, ogg, mp4, mkv, png",
	 "FORMAT"},
	{"journal", 0, 0, G_OPTION_ARG_NONE, &opt.journal,
	 "The journals too: packets as captured, keys sealed", NULL},
	{"linked", 0, 0, G_OPTION_ARG_NONE, &opt.linked,
	 "The other legs of each call's conference or transfer too", NULL},
	{"together", 0, 0, G_OPTION_ARG_FILENAME, &opt.together,
	 "Also one recording of all these calls on one time line: wav, "
	 "mp3/mono, flac/separate ...", "FORMATS"},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

/* ---- the files ---- */

static bool add_as(vlt_bundle *b, const cat_entry *e, const char *below,
		   const char *path, const char *sha256, GError **err)
{
	g_autofree char *base = g_path_get_basename(path);
	g_autofree char *as = g_strconcat(e->name, "/", below, base, NULL);

	return vlt_bundle_add(b, path, as, sha256, err);
}

static bool add_journal(vlt_bundle *b, const cat_entry *e, const holding *h,
			GError **err)
{
	static const jrn_kind kinds[] = {JRN_SESSION, JRN_MEDIA};

	for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
		g_autoptr(GPtrArray) files = jrn_files(h->journal, kinds[k],
						       err);

		if (!files)
			return false;
		for (guint i = 0; i < files->len; i++)
			if (!add_as(b, e, "journal-",
				    g_ptr_array_index(files, i), NULL, err))
				return false;
	}
	return true;
}

static bool has_format(const char *path)
{
	const char *dot = strrchr(path, '.');

	return !opt.format || (dot && !g_ascii_strcasecmp(dot + 1, opt.format));
}

static bool nothing(GError **err, const cat_entry *e)
{
	holding_absent(e, opt.format, "recording", err);
	return false;
}

static bool add_call(const officer *o, vlt_bundle *b, const cat_entry *e,
		     GError **err)
{
	g_autoptr(holding) h = holding_new(o->conf, e);
	unsigned n = 0;

	for (guint i = 0; i < h->files->len && !e->expired_ms; i++) {
		const holding_file *f = &g_array_index(h->files, holding_file,
						       i);

		if (!has_format(f->path))
			continue;
		if (!add_as(b, e, "", f->path, f->sha256, err))
			return false;
		n++;
	}
	/* A call that was named, or that has some files, must have the files
	 * that were asked for. */
	if (!n && (opt.format || !h->sidecar || e->expired_ms))
		return nothing(err, e);
	return (!h->sidecar ||
		add_as(b, e, "", h->sidecar, NULL, err)) &&
	       (!opt.journal || add_journal(b, e, h, err));
}

static bool fill(const officer *o, vlt_bundle *b, const GPtrArray *calls,
		 const together *t, GError **err)
{
	g_autofree char *text = manifest_text(o, calls, t);

	for (guint i = 0; i < calls->len; i++)
		if (!add_call(o, b, g_ptr_array_index(calls, i), err))
			return false;
	return vlt_bundle_text(b, "manifest.json", text, err) &&
	       vlt_bundle_seal(b, conf_text(o->conf, CONF_SIGNING_KEY), err);
}

static bool add_together(vlt_bundle *b, const together *t, GError **err)
{
	const GArray *files = together_totals(t)->files;

	for (guint i = 0; i < files->len; i++) {
		const mix_file *f = &g_array_index(files, mix_file, i);
		g_autofree char *base = g_path_get_basename(f->path);
		g_autofree char *as = g_strconcat("together/", base, NULL);

		if (!vlt_bundle_add(b, f->path, as, f->sha256, err))
			return false;
	}
	return true;
}

/* The recipient should not confuse the two. silent_say() reports calls without
 * sound. */
static void note_legs(const together *t)
{
	for (guint i = 0; i < together_legs(t); i++) {
		const together_leg l = together_leg_at(t, i);

		if (!strcmp(l.from, "recording"))
			fprintf(stderr, "edgetape export: note: %s is heard "
				"from its recording: %s\n", l.call, l.why);
	}
}

/* The common recording is made in `temp`. */
static bool bundle_together(const officer *o, vlt_bundle *b, const char *temp,
			    const GPtrArray *calls, GError **err)
{
	g_auto(GStrv) words = g_strsplit(opt.together, ";", -1);
	g_autoptr(GArray) outputs = setup_outputs(words, 0, err);
	g_autoptr(together) t = NULL;

	if (!outputs)
		return false;
	t = together_new(o->conf, calls, temp, err);
	if (!t || !together_make(t, outputs, err))
		return false;
	note_legs(t);
	return add_together(b, t, err) && fill(o, b, calls, t, err);
}

static bool bundle_make(const officer *o, const char *dir,
			const GPtrArray *calls, GError **err)
{
	g_autoptr(vlt_bundle) b = vlt_bundle_new(dir, err);
	g_autofree char *temp = NULL;
	bool ok;

	if (!b || !opt.together)
		return b && fill(o, b, calls, NULL, err);
	temp = g_dir_make_tmp("edgetape-XXXXXX", err);
	if (!temp)
		return false;
	ok = bundle_together(o, b, temp, calls, err);
	app_remove_tree(temp);
	return ok;
}

/* ---- which calls ---- */

/* Those that the options name without a recording are left out, and
 * counted. */
static GPtrArray *calls_meant(const officer *o, char **args, unsigned *left,
			      GError **err)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(
		(GDestroyNotify)cat_entry_free);
	g_autoptr(GPtrArray) found = filter_calls(o, args, err);

	if (args[0] || !found)
		return g_steal_pointer(&found);
	for (guint i = 0; i < found->len; i++) {
		const cat_entry *e = g_ptr_array_index(found, i);
		cat_entry *whole;

		if (e->expired_ms || !e->sidecar) {
			++*left;
			continue;
		}
		whole = cat_ledger_get(o->db, e->name, err);
		if (!whole)
			return NULL;
		if (whole->files->len) {
			g_ptr_array_add(all, whole);
			continue;
		}
		cat_entry_free(whole);
		++*left;
	}
	return g_steal_pointer(&all);
}

/* Those without a recording are named in no bundle: an announcement that was
 * not recorded, a party that was not answered. */
static bool add_linked(const officer *o, GPtrArray *all, GError **err)
{
	const guint asked = all->len;

	if (!filter_add_linked(o, all, err))
		return false;
	for (guint i = all->len; i-- > asked;) {
		const cat_entry *e = g_ptr_array_index(all, i);

		if (!e->sidecar || e->expired_ms || !e->files->len)
			g_ptr_array_remove_index(all, i);
	}
	return true;
}

/* A call without sound is exported only if it is named: the export has its
 * sidecar and, if wanted, its journal. */
static void silent_say(const GPtrArray *calls)
{
	for (guint i = 0; i < calls->len; i++) {
		const cat_entry *e = g_ptr_array_index(calls, i);

		if (!e->files->len && e->outcome != CAT_PENDING)
			fprintf(stderr, "edgetape export: note: there is no "
				"sound of %s (%s: %s)\n", e->name,
				cat_outcome_name(e->outcome),
				e->reason ? e->reason : "");
	}
}

static const char exported[] = "call exported", failed[] = "export failed";

/* Before any data leaves, and again if in the end none did. */
static bool audit(officer *o, const GPtrArray *calls, const char *action,
		  GError **err)
{
	for (guint i = 0; i < calls->len; i++) {
		const cat_entry *e = g_ptr_array_index(calls, i);
		g_autofree char *object = g_strdup_printf(
			"%s to %s", e->name,
			strcmp(opt.out, "-") ? opt.out : "standard output");

		if (!cat_audit_add(o->db, &o->actor, o->now, action, object,
				   err))
			return false;
	}
	return true;
}

/* ---- tar ---- */

static bool tar_out(const char *parent, GError **err)
{
	const char *argv[] = {"tar", "-C", parent, "--owner=0", "--group=0",
			      "-cf", "-", "export", NULL};
	int status = 0;

	return g_spawn_sync(NULL, (char **)(uintptr_t)argv, NULL,
			    G_SPAWN_SEARCH_PATH |
				    G_SPAWN_CHILD_INHERITS_STDIN,
			    NULL, NULL, NULL, NULL, &status, err) &&
	       g_spawn_check_wait_status(status, err);
}

static bool hand_over(officer *o, const GPtrArray *calls, const char *parent,
		      GError **err)
{
	if (!audit(o, calls, exported, err))
		return false;
	if (tar_out(parent, err))
		return true;
	audit(o, calls, failed, NULL);
	return false;
}

static bool export_tar(officer *o, const GPtrArray *calls, GError **err)
{
	g_autofree char *parent = g_dir_make_tmp("edgetape-XXXXXX", err);
	g_autofree char *dir = parent ? g_build_filename(parent, "export", NULL)
				      : NULL;
	bool ok = dir && bundle_make(o, dir, calls, err) &&
		  hand_over(o, calls, parent, err);

	if (parent)
		app_remove_tree(parent);
	return ok;
}

static const char *misuse(const officer *o, char **args)
{
	if (!opt.out)
		return "where to? Give --out DIR, or --out - for tar";
	if (!strcmp(opt.out, "-") && isatty(STDOUT_FILENO))
		return "tar does not go to a terminal: redirect it to a file";
	if (!*o->actor.reason)
		return "an export needs a --reason: it goes to the audit log";
	if (!args[0] == !filter_given())
		return "give calls, or options such as --who and --from that "
		       "say which";
	return NULL;
}

/* Before the audit log says anything. Root has become the service's user by
 * now. */
static bool place_check(const officer *o, GError **err)
{
	g_autofree char *parent = g_path_get_dirname(opt.out);
	const char *user = conf_text(o->conf, CONF_USER);

	if (!strcmp(opt.out, "-"))
		return true;
	if (g_file_test(opt.out, G_FILE_TEST_EXISTS))
		g_set_error(err, VLT_ERROR, VLT_ERROR_FILE,
			    "%s is there already, and nothing is overwritten: "
			    "name a directory that is not", opt.out);
	else if (access(parent, F_OK) != 0 && errno == ENOENT)
		g_set_error(err, VLT_ERROR, VLT_ERROR_FILE,
			    "there is no directory %s; make it first", parent);
	else if (access(parent, W_OK | X_OK) != 0 && errno == EACCES)
		g_set_error(err, VLT_ERROR, VLT_ERROR_FILE,
			    "%s: %s may not write there; name a directory "
			    "where it may, or redirect --out - to a file",
			    parent, user ? user : "this user");
	else
		return true;
	return false;
}

static bool room_check(const officer *o, GError **err)
{
	if (room_ask(conf_text(o->conf, CONF_RUN)) < VLT_NO_EXPORTS)
		return true;
	g_set_error(err, VLT_ERROR, VLT_ERROR_FILE,
		    "the disk is nearly full, and what is left is for "
		    "recordings; see `edgetape stats`");
	return false;
}

static void exported_say(const officer *o, unsigned calls)
{
	static const char *const columns[] = {"directory", "#calls", NULL};
	g_autoptr(table) t = table_new(columns);

	if (o->form == TABLE_TEXT) {
		printf("%u call%s in %s\n", calls, calls == 1 ? "" : "s",
		       opt.out);
		return;
	}
	table_text(t, opt.out);
	table_number(t, calls);
	table_print(t, o->form, "", stdout);
}

static int export(officer *o, char **args, GError **err)
{
	const char *wrong = misuse(o, args);
	g_autoptr(GPtrArray) calls = NULL;
	unsigned left = 0;

	if (wrong)
		return officer_misused(o, wrong);
	if (!strcmp(opt.out, "-") && !officer_form_free(o, "--out -"))
		return APP_USAGE;
	if (!place_check(o, err) || !room_check(o, err) ||
	    !(calls = calls_meant(o, args, &left, err)) ||
	    (opt.linked && !add_linked(o, calls, err)))
		return APP_FAIL;
	if (!calls->len) {
		g_set_error(err, CAT_ERROR, CAT_ERROR_ABSENT,
			    "no call that has a recording fits");
		return APP_FAIL;
	}
	if (left)
		fprintf(stderr, "edgetape export: note: %u call%s left out, "
			"without a recording\n", left,
			left == 1 ? " is" : "s are");
	silent_say(calls);
	if (!strcmp(opt.out, "-"))
		return export_tar(o, calls, err) ? APP_OK : APP_FAIL;
	if (!audit(o, calls, exported, err))
		return APP_FAIL;
	if (!bundle_make(o, opt.out, calls, err)) {
		audit(o, calls, failed, NULL);
		return APP_FAIL;
	}
	exported_say(o, calls->len);
	return APP_OK;
}

int cmd_export(int argc, char **argv)
{
	static const officer_verb verbs[] = {
		{"CALL", "...", "these calls, or those that match the options",
		 0,
		 -1, export, NULL},
	};
	g_autoptr(GArray) all = filter_entries(own_entries);

	return officer_run("export",
			   "Copies recordings for somebody outside, with "
			   "SHA256SUMS, a manifest and, if\n[edgetape] "
			   "signing-key is set, a signature. See "
			   "docs/keeping.md.",
			   verbs, G_N_ELEMENTS(verbs),
			   (const GOptionEntry *)(void *)all->data, argc,
			   argv);
}
