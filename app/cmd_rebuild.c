/* cmd_rebuild.c - the ledger made again from what it is an index of: the
 * sidecars of the recordings and, for calls that have none, the journals.
 * Users, rules and the audit log are in the database alone and stay; holds are
 * there and in the journals. */
#include <string.h>

#include "app/holding.h"
#include "app/ledger.h"
#include "app/officer.h"
#include "catalog/keep.h"
#include "core/journal_io.h"

typedef struct rebuild {
	officer *o;
	GHashTable *seen;	/* names of calls with a sidecar */
	GPtrArray *batch;	/* of cat_entry */
	unsigned sidecars, journals, holds, bad;
} rebuild;

enum { BATCH = 500 };

static bool flush(rebuild *r, GError **err)
{
	bool ok = cat_ledger_put_all(r->o->db, r->batch, err);

	g_ptr_array_set_size(r->batch, 0);
	return ok;
}

static bool take(rebuild *r, cat_entry *e, GError **err)
{
	g_hash_table_add(r->seen, g_strdup(e->name));
	g_ptr_array_add(r->batch, e);
	return r->batch->len < BATCH || flush(r, err);
}

/* Damaged files are named and skipped. */
static void complain(rebuild *r, const GError *err)
{
	fprintf(stderr, "edgetape rebuild: %s\n", err->message);
	r->bad++;
}

/* ---- sidecars ---- */

static bool take_sidecar(rebuild *r, const char *path, GError **err)
{
	g_autoptr(GError) bad = NULL;
	cat_entry *e = ledger_from_sidecar(path, &bad);

	if (!e) {
		complain(r, bad);
		return true;
	}
	r->sidecars++;
	return take(r, e, err);
}

enum { DEPTH_MAX = 8 };

static bool take_recordings(rebuild *r, const char *dir, unsigned depth,
			    GError **err)
{
	g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
	const char *name;

	while (d && depth < DEPTH_MAX && (name = g_dir_read_name(d))) {
		g_autofree char *path = g_build_filename(dir, name, NULL);

		if (g_file_test(path, G_FILE_TEST_IS_SYMLINK))
			continue;
		if (g_file_test(path, G_FILE_TEST_IS_DIR)
			    ? !take_recordings(r, path, depth + 1, err)
			    : g_str_has_suffix(name, ".json") &&
				      !take_sidecar(r, path, err))
			return false;
	}
	return true;
}

/* ---- journals ---- */

static void read_file(story *s, const char *path)
{
	g_autoptr(jrn_in) in = jrn_in_open(path, NULL);
	jrn_rec rec;

	while (in && jrn_in_next(in, &rec) == JRN_OK) {
		g_auto(story_control) control;

		if (rec.type == JRN_KEYS)	/* stay sealed */
			continue;
		story_record(s, &rec, NULL, &control);
	}
}

/* Without its sidecar the outcome is unknown: render will write it. */
static bool take_journal(rebuild *r, const char *name, GError **err)
{
	g_autofree char *dir = g_build_filename(
		conf_text(r->o->conf, CONF_SPOOL), name, NULL);
	g_autoptr(GPtrArray) files = jrn_files(dir, JRN_SESSION, NULL);
	g_autoptr(story) s = story_new(name);

	for (guint i = 0; files && i < files->len; i++)
		read_file(s, g_ptr_array_index(files, i));
	if (!s->decided || !s->record)
		return true;
	r->journals++;
	return take(r, ledger_from_story(s), err);
}

static bool take_spool(rebuild *r, GError **err)
{
	g_autoptr(GDir) d = g_dir_open(conf_text(r->o->conf, CONF_SPOOL), 0,
				       NULL);
	const char *name;

	while (d && (name = g_dir_read_name(d)))
		if (*name != '.' && !g_hash_table_contains(r->seen, name) &&
		    !take_journal(r, name, err))
			return false;
	return true;
}

/* ---- holds ---- */

/* What the journal of a call says that it is held for. */
static bool take_matters(rebuild *r, const cat_entry *e, GError **err)
{
	g_autoptr(holding) h = holding_new(r->o->conf, e);
	g_autofree char *text = holding_matters(h);
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
	bool changed;

	for (char **m = lines; *m; m++) {
		const cat_hold_change c = {e->name, *m, true, r->o->now};

		if (!**m)
			continue;
		if (!cat_hold_set(r->o->db, &c, &r->o->actor, &changed, err))
			return false;
		r->holds += changed;
	}
	return true;
}

static bool take_holds(rebuild *r, GError **err)
{
	g_autoptr(GDir) d = g_dir_open(conf_text(r->o->conf, CONF_SPOOL), 0,
				       NULL);
	const char *name;

	while (d && (name = g_dir_read_name(d))) {
		g_autoptr(cat_entry) e = cat_entry_new(name);

		if (g_hash_table_contains(r->seen, name) &&
		    !take_matters(r, e, err))
			return false;
	}
	return true;
}

static void say(const rebuild *r)
{
	static const char *const columns[] = {"#sidecars", "#journals",
					      "#holds", "#unreadable", NULL};
	const unsigned all[] = {r->sidecars, r->journals, r->holds, r->bad};
	g_autoptr(table) t = table_new(columns);

	if (r->o->form == TABLE_TEXT) {
		printf("%u call%s from sidecars, %u from journals alone, %u "
		       "hold%s%s\n", r->sidecars, r->sidecars == 1 ? "" : "s",
		       r->journals, r->holds, r->holds == 1 ? "" : "s",
		       r->bad ? "; see above for what could not be read" : "");
		return;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		table_number(t, all[i]);
	table_print(t, r->o->form, "", stdout);
}

static int run(officer *o, char **args, GError **err)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GPtrArray) batch = g_ptr_array_new_with_free_func(
		(GDestroyNotify)cat_entry_free);
	rebuild r = {.o = o, .seen = seen, .batch = batch};
	g_autofree char *object = NULL;

	(void)args;
	if (!cat_check(o->db, err) ||
	    !take_recordings(&r, conf_text(o->conf, CONF_RECORDINGS), 0, err) ||
	    !take_spool(&r, err) || !flush(&r, err) || !take_holds(&r, err))
		return APP_FAIL;
	object = g_strdup_printf("from sidecars: %u, from journals: %u",
				 r.sidecars, r.journals);
	if (!cat_audit_add(o->db, &o->actor, o->now, "ledger rebuilt", object,
			   err))
		return APP_FAIL;
	say(&r);
	return r.bad ? APP_FAIL : APP_OK;
}

int cmd_rebuild(int argc, char **argv)
{
	static const officer_verb verbs[] = {
		{"run", "", "reads [edgetape] recordings and spool", 0, 0, run,
		 NULL},
	};

	return officer_run("rebuild", "Makes the ledger again from the "
				      "recordings' sidecars and the journals, "
				      "with\nthe holds in the journals. Users, "
				      "rules and the audit log are not "
				      "changed.",
			   verbs, G_N_ELEMENTS(verbs), NULL, argc, argv);
}
