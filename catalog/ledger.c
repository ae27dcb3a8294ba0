#include "catalog/ledger.h"

#include <string.h>

#include "catalog/db.h"
#include "catalog/entry.h"
#include "catalog/identity.h"

/* ---- writing ---- */

/* What is not known leaves what is there; a later outcome replaces. */
static const char upsert[] =
	"INSERT INTO call (name, begun, answered, ended, duration, outcome,"
	"  finish, status, call_id, source, conference, caller, caller_name,"
	"  callee, callee_name, cause, reason, rule, mode, keep, sidecar,"
	"  class, scope, announce)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
	"  ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)"
	" ON CONFLICT (name) DO UPDATE SET"
	" begun = iif(begun > 0, begun, excluded.begun),"
	" answered = coalesce(excluded.answered, answered),"
	" ended = coalesce(excluded.ended, ended),"
	" duration = iif(excluded.duration > 0, excluded.duration, duration),"
	" outcome = iif(excluded.outcome > 0, excluded.outcome, outcome),"
	" finish = iif(excluded.finish > 0, excluded.finish, finish),"
	" status = coalesce(excluded.status, status),"
	" call_id = coalesce(excluded.call_id, call_id),"
	" source = coalesce(excluded.source, source),"
	" conference = coalesce(excluded.conference, conference),"
	" caller = coalesce(excluded.caller, caller),"
	" caller_name = coalesce(excluded.caller_name, caller_name),"
	" callee = coalesce(excluded.callee, callee),"
	" callee_name = coalesce(excluded.callee_name, callee_name),"
	" cause = coalesce(excluded.cause, cause),"
	" reason = coalesce(excluded.reason, reason),"
	" rule = coalesce(excluded.rule, rule),"
	" mode = coalesce(excluded.mode, mode),"
	" keep = coalesce(excluded.keep, keep),"
	" sidecar = coalesce(excluded.sidecar, sidecar),"
	" class = coalesce(excluded.class, class),"
	" scope = coalesce(excluded.scope, scope),"
	" announce = max(excluded.announce, announce)"
	" RETURNING id, begun";

static bool call_write(cat_db *db, const cat_entry *e, int64_t *id,
		       int64_t *begun, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(db, upsert, err);
	const char *texts[] = {e->call_id, e->source, e->conference,
			       e->caller,  e->caller_name, e->callee,
			       e->callee_name, e->cause, e->reason, e->rule,
			       e->mode};

	if (!s)
		return false;
	cat_bind_text(s, 1, e->name);
	cat_bind_int(s, 2, e->begun_ms);
	cat_bind_known(s, 3, e->answered_ms);
	cat_bind_known(s, 4, e->ended_ms);
	cat_bind_int(s, 5, e->duration_ms);
	cat_bind_int(s, 6, e->outcome);
	cat_bind_int(s, 7, e->end);
	cat_bind_known(s, 8, e->end_status);
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		cat_bind_text(s, (int)(9 + i), texts[i]);
	cat_bind_known(s, 20, e->keep_days);
	cat_bind_text(s, 21, e->sidecar);
	cat_bind_text(s, 22, e->class);
	cat_bind_text(s, 23, e->scope);
	cat_bind_int(s, 24, e->announce);
	while (cat_step(s)) {
		*id = cat_int(s, 0);
		*begun = cat_int(s, 1);
	}
	return cat_done(s, err);
}

/* ?1 is the number, ?2 the text if there is one. */
static bool run_for(cat_db *db, const char *sql, int64_t id, const char *text,
		    GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(db, sql, err);

	if (!s)
		return false;
	cat_bind_int(s, 1, id);
	if (text)
		cat_bind_text(s, 2, text);
	return cat_run(s, err);
}

/* Days are counted from the end, and what nobody asked to keep is not kept; a
 * call without a recording lasted from its answer on. */
static bool times_settle(cat_db *db, int64_t id, GError **err)
{
	return run_for(db,
		       "UPDATE call SET"
		       " keep_until = ended + iif(outcome = 5 AND"
		       "  cause = '" CAT_CAUSE_UNASKED "', 0,"
		       "  keep * 86400000),"
		       " duration = iif(duration = 0 AND answered IS NOT NULL"
		       "  AND ended > answered, ended - answered, duration)"
		       " WHERE id = ?1 AND ended IS NOT NULL", id, NULL, err);
}

static bool address_id(cat_db *db, const char *value, int64_t *id,
		       GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "INSERT INTO address (value) VALUES (?1)"
		    " ON CONFLICT (value) DO UPDATE SET value = value"
		    " RETURNING id", err);

	if (!s)
		return false;
	cat_bind_text(s, 1, value);
	while (cat_step(s))
		*id = cat_int(s, 0);
	return cat_done(s, err);
}

static bool party_insert(cat_db *db, int64_t address, int64_t begun,
			 int64_t call, const char *role, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "INSERT OR IGNORE INTO party VALUES (?1, ?2, ?3, ?4)",
		err);

	if (!s)
		return false;
	cat_bind_int(s, 1, address);
	cat_bind_int(s, 2, begun);
	cat_bind_int(s, 3, call);
	cat_bind_text(s, 4, role);
	return cat_run(s, err);
}

static bool party_add(cat_db *db, int64_t call, int64_t begun,
		      const char *text, const char *role, GError **err)
{
	char normal[CAT_ID_MAX];
	bool user = g_str_has_prefix(text, "user:");
	const char *value = !user && cat_id_normal(span_str(text), normal)
				    ? normal : text;
	int64_t address = 0;

	return address_id(db, value, &address, err) &&
	       party_insert(db, address, begun, call, role, err);
}

static bool parties_write(cat_db *db, int64_t call, int64_t begun,
			  const GPtrArray *texts, const char *role,
			  GError **err)
{
	if (!texts->len)
		return true;
	if (!run_for(db, "DELETE FROM party WHERE call = ?1 AND role = ?2",
		     call, role, err))
		return false;
	for (guint i = 0; i < texts->len; i++)
		if (!party_add(db, call, begun, g_ptr_array_index(texts, i),
			       role, err))
			return false;
	return true;
}

static bool gaps_write(cat_db *db, int64_t call, const GArray *gaps,
		       GError **err)
{
	g_autoptr(cat_stmt) s = NULL;

	if (!gaps)
		return true;
	if (!run_for(db, "DELETE FROM gap WHERE call = ?1", call, NULL, err))
		return false;
	s = cat_sql(db, "INSERT INTO gap VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
		    err);
	for (guint i = 0; s && i < gaps->len; i++) {
		const cat_gap *g = &g_array_index(gaps, cat_gap, i);

		cat_bind_int(s, 1, call);
		cat_bind_int(s, 2, g->side);
		cat_bind_text(s, 3, g->cause);
		cat_bind_int(s, 4, g->at_ms);
		cat_bind_int(s, 5, g->length_ms);
		cat_bind_int(s, 6, g->packets);
		if (!cat_run_again(s, err))
			return false;
	}
	return s != NULL;
}

static bool files_write(cat_db *db, int64_t call, const GArray *files,
			GError **err)
{
	g_autoptr(cat_stmt) s = NULL;

	if (!files)
		return true;
	if (!run_for(db, "DELETE FROM file WHERE call = ?1", call, NULL, err))
		return false;
	s = cat_sql(db, "INSERT INTO file VALUES (?1, ?2, ?3, ?4, ?5)", err);
	for (guint i = 0; s && i < files->len; i++) {
		const cat_file *f = &g_array_index(files, cat_file, i);

		cat_bind_int(s, 1, call);
		cat_bind_text(s, 2, f->name);
		cat_bind_text(s, 3, f->sha256);
		cat_bind_int(s, 4, f->bytes);
		cat_bind_int(s, 5, f->channels);
		if (!cat_run_again(s, err))
			return false;
	}
	return s != NULL;
}

static bool counts_write(cat_db *db, int64_t call, const GArray *counts,
			 GError **err)
{
	g_autoptr(cat_stmt) s = NULL;

	if (!counts)
		return true;
	if (!run_for(db, "DELETE FROM count WHERE call = ?1", call, NULL, err))
		return false;
	s = cat_sql(db, "INSERT INTO count VALUES (?1, ?2, ?3)", err);
	for (guint i = 0; s && i < counts->len; i++) {
		const cat_count *c = &g_array_index(counts, cat_count, i);

		cat_bind_int(s, 1, call);
		cat_bind_text(s, 2, c->what);
		cat_bind_int(s, 3, c->packets);
		if (!cat_run_again(s, err))
			return false;
	}
	return s != NULL;
}

bool cat_ledger_put(cat_db *db, const cat_entry *e, GError **err)
{
	int64_t id = 0, begun = 0;
	bool ok;

	if (!cat_txn_begin(db, err))
		return false;
	ok = call_write(db, e, &id, &begun, err) &&
	     times_settle(db, id, err) &&
	     parties_write(db, id, begun, e->ids, "p", err) &&
	     parties_write(db, id, begun, e->owners, "o", err) &&
	     cat_links_write(db, e, id, begun, err) &&
	     gaps_write(db, id, e->gaps, err) &&
	     files_write(db, id, e->files, err) &&
	     counts_write(db, id, e->counts, err);
	ok = cat_txn_end(db, ok, err);
	if (!ok)
		g_prefix_error(err, "call %s: ", e->name);
	return ok;
}

bool cat_ledger_put_all(cat_db *db, const GPtrArray *entries, GError **err)
{
	bool ok = true;

	if (!cat_txn_begin(db, err))
		return false;
	for (guint i = 0; ok && i < entries->len; i++)
		ok = cat_ledger_put(db, g_ptr_array_index(entries, i), err);
	return cat_txn_end(db, ok, err);
}

/* ---- reading one ---- */

/* 0 with an error unless exactly one call is meant. Only the last way reads all
 * names. */
static int64_t call_find(cat_db *db, const char *name, GError **err)
{
	static const char *const ways[] = {
		"SELECT id FROM call WHERE name = ?1",
		"SELECT id FROM call WHERE call_id = ?1 LIMIT 2",
		"SELECT id FROM call WHERE name BETWEEN ?1 AND ?1 || '~'"
		" LIMIT 2",
		"SELECT id FROM call WHERE length(?1) >= 8"
		" AND substr(name, -8) = substr(?1, -8)"
		" AND substr(name, -length(?1)) = ?1 LIMIT 2",
		"SELECT id FROM call WHERE instr(name, ?1) LIMIT 2",
	};

	for (size_t i = 0; *name && i < G_N_ELEMENTS(ways); i++) {
		g_autoptr(cat_stmt) s = cat_sql(db, ways[i], err);
		int64_t id;

		if (!s)
			return 0;
		cat_bind_text(s, 1, name);
		if (!cat_step(s)) {
			if (!cat_done(s, err))
				return 0;
			continue;
		}
		id = cat_int(s, 0);
		if (!cat_step(s))
			return id;
		g_set_error(err, CAT_ERROR, CAT_ERROR_VALUE,
			    "several calls are named like \"%s\"; give more of "
			    "the name", name);
		return 0;
	}
	g_set_error(err, CAT_ERROR, CAT_ERROR_ABSENT,
		    "there is no call \"%s\"; `edgetape calls` finds calls by "
		    "who, when and outcome", name);
	return 0;
}

cat_entry *cat_ledger_get(cat_db *db, const char *name, GError **err)
{
	int64_t id;

	/* As a narrow table shows it, and as it is copied from there. */
	if (g_str_has_prefix(name, "\u2026"))
		name += strlen("\u2026");
	id = call_find(db, name, err);
	return id ? cat_entry_load(db, id, err) : NULL;
}
