#include "catalog/keep.h"

#include "catalog/audit.h"
#include "catalog/db.h"
#include "catalog/entry.h"

static void hold_clear(void *p)
{
	cat_hold *h = p;

	g_free(h->call);
	g_free(h->matter);
}

/* ?1 is the call's name, ?2 the matter, ?3 the time. */
static bool run_hold(cat_db *db, const char *sql, const cat_hold_change *c,
		     bool *changed, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(db, sql, err);

	if (!s)
		return false;
	cat_bind_text(s, 1, c->call);
	cat_bind_text(s, 2, c->matter);
	cat_bind_int(s, 3, c->at);
	if (!cat_run(s, err))
		return false;
	*changed = cat_changes(db) > 0;
	return true;
}

static bool holds_count(cat_db *db, const char *call, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "UPDATE call SET hold = (SELECT count(*) FROM hold h"
		    " WHERE h.call = call.id AND h.until IS NULL)"
		    " WHERE name = ?1", err);

	if (!s)
		return false;
	cat_bind_text(s, 1, call);
	return cat_run(s, err);
}

static bool not_there(GError **err, const char *call, const char *why)
{
	g_set_error(err, CAT_ERROR, CAT_ERROR_ABSENT, "%s: %s", call, why);
	return false;
}

/* Once its deletion is decided a call cannot be held any more. */
static bool there_check(cat_db *db, const char *call, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT expired FROM call WHERE name = ?1", err);

	if (!s)
		return false;
	cat_bind_text(s, 1, call);
	if (!cat_step(s))
		return cat_done(s, err) &&
		       not_there(err, call, "there is no such call");
	return cat_null(s, 0) || not_there(err, call, "it is deleted already");
}

static bool hold_note(cat_db *db, const cat_hold_change *c,
		      const cat_actor *who, GError **err)
{
	g_autofree char *object = g_strdup_printf("%s %s", c->call, c->matter);

	return holds_count(db, c->call, err) &&
	       cat_audit_add(db, who, c->at,
			     c->on ? "hold set" : "hold released", object, err);
}

bool cat_hold_set(cat_db *db, const cat_hold_change *c, const cat_actor *who,
		  bool *changed, GError **err)
{
	static const char *const sql[] = {
		"UPDATE hold SET until = ?3 WHERE matter = ?2 AND until IS NULL"
		" AND call = (SELECT id FROM call WHERE name = ?1)",
		"INSERT OR IGNORE INTO hold (call, matter, since)"
		" SELECT id, ?2, ?3 FROM call WHERE name = ?1",
	};
	bool ok;

	*changed = false;
	if (!cat_txn_begin(db, err))
		return false;
	ok = there_check(db, c->call, err) &&
	     run_hold(db, sql[c->on], c, changed, err) &&
	     (!*changed || hold_note(db, c, who, err));
	return cat_txn_end(db, ok, err);
}

GArray *cat_hold_list(cat_db *db, const char *call, GError **err)
{
	g_autoptr(GArray) all = g_array_new(FALSE, TRUE, sizeof(cat_hold));
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT c.name, h.matter, h.since FROM hold h"
		    " JOIN call c ON c.id = h.call WHERE h.until IS NULL"
		    " AND (?1 IS NULL OR c.name = ?1) ORDER BY h.since, h.id",
		err);

	g_array_set_clear_func(all, hold_clear);
	if (!s)
		return NULL;
	cat_bind_text(s, 1, call);
	while (cat_step(s)) {
		cat_hold h = {g_strdup(cat_text(s, 0)),
			      g_strdup(cat_text(s, 1)), cat_int(s, 2)};

		g_array_append_val(all, h);
	}
	return cat_done(s, err) ? g_steal_pointer(&all) : NULL;
}

/* ---- the end of a call's time ---- */

/* Without a sidecar nothing was rendered: there is nothing to delete, or not
 * yet. ?1: now, in ms. */
#define IS_DUE \
	" keep_until <= ?1 AND removed IS NULL AND sidecar IS NOT NULL" \
	" AND expired IS NULL AND hold = 0 AND outcome <> 0"

static void entry_free(void *e)
{
	cat_entry_free(e);
}

GPtrArray *cat_keep_due(cat_db *db, int64_t at_ms, unsigned limit, GError **err)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(entry_free);
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT " CAT_ENTRY_COLUMNS " FROM call c WHERE" IS_DUE
		    " ORDER BY keep_until LIMIT ?2", err);

	if (!s)
		return NULL;
	cat_bind_int(s, 1, at_ms);
	cat_bind_int(s, 2, limit);
	while (cat_step(s))
		g_ptr_array_add(all, cat_entry_read(s));
	return cat_done(s, err) ? g_steal_pointer(&all) : NULL;
}

static bool expire(cat_db *db, const char *call, int64_t at, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "UPDATE call SET expired = ?1 WHERE name = ?2 AND" IS_DUE,
		err);

	if (!s)
		return false;
	cat_bind_int(s, 1, at * 1000);
	cat_bind_text(s, 2, call);
	if (!cat_run(s, err))
		return false;
	return cat_changes(db) > 0 ||
	       not_there(err, call, "it is held, or its time is not over");
}

bool cat_keep_expire(cat_db *db, const char *call, int64_t at,
		     const cat_actor *who, GError **err)
{
	bool ok;

	if (!cat_txn_begin(db, err))
		return false;
	ok = expire(db, call, at, err) &&
	     cat_audit_add(db, who, at, "call deleted", call, err);
	return cat_txn_end(db, ok, err);
}

GPtrArray *cat_keep_unfinished(cat_db *db, unsigned limit, GError **err)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT name FROM call WHERE expired IS NOT NULL"
		    " AND removed IS NULL AND sidecar IS NOT NULL LIMIT ?1",
		err);

	if (!s)
		return NULL;
	cat_bind_int(s, 1, limit);
	while (cat_step(s))
		g_ptr_array_add(all, g_strdup(cat_text(s, 0)));
	return cat_done(s, err) ? g_steal_pointer(&all) : NULL;
}

bool cat_keep_removed(cat_db *db, const char *call, int64_t at, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "UPDATE call SET removed = ?1 WHERE name = ?2", err);

	if (!s)
		return false;
	cat_bind_int(s, 1, at * 1000);
	cat_bind_text(s, 2, call);
	return cat_run(s, err);
}
