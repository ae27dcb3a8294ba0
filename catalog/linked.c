/* linked.c - the legs of a conference, a transfer or a diversion. */
#include <string.h>

#include "catalog/entry.h"
#include "catalog/identity.h"

enum {
	LEGS_MAX = 1000,
	NAMES = CAT_LINK_DIVERSION + 1,
};

/* ---- writing ---- */

static bool link_add(cat_stmt *s, cat_link_kind kind, const char *value,
		     int64_t call, int64_t begun, GError **err)
{
	char normal[CAT_ID_MAX];
	bool who = kind == CAT_LINK_TRANSFER || kind == CAT_LINK_DIVERSION;

	if (!value || !*value)
		return true;
	if (who && cat_id_normal(span_str(value), normal))
		value = normal;
	cat_bind_int(s, 1, kind);
	cat_bind_text(s, 2, value);
	cat_bind_int(s, 3, begun);
	cat_bind_int(s, 4, call);
	return cat_run_again(s, err);
}

bool cat_links_write(cat_db *db, const cat_entry *e, int64_t call,
		     int64_t begun, GError **err)
{
	g_autoptr(cat_stmt) s = NULL;

	if (!e->links && !e->conference)
		return true;
	s = cat_sql(db, "INSERT OR IGNORE INTO link VALUES (?1, ?2, ?3, ?4)",
		    err);
	if (!s || !link_add(s, CAT_LINK_CONFERENCE, e->conference, call, begun,
			    err))
		return false;
	for (guint i = 0; e->links && i < e->links->len; i++) {
		const cat_link *l = &g_array_index(e->links, cat_link, i);

		if (!link_add(s, l->kind, l->value, call, begun, err))
			return false;
	}
	return true;
}

/* ---- the next legs ---- */

/* A call whose end is unknown is assumed to last a day; otherwise a forgotten
 * one would link all later meetings. A person who refers or diverts a call may
 * have hung up a minute ago. */
#define DAY "86400000"
#define OVER(c) "coalesce(" c ".ended, " c ".begun + " DAY ")"
#define LATER(c) "(" OVER(c) " + 60000)"
/* Two calls have a party in common besides the one of address `a`. */
#define SHARED(x, y) \
	" AND EXISTS (SELECT 1 FROM party m JOIN party n" \
	" ON n.address = m.address AND n.role = 'p' AND n.call = " y \
	" WHERE m.call = " x " AND m.role = 'p' AND m.address <> a.id)"

/* Conferences of the call ?1, and its time. */
static const char meetings[] =
	"SELECT l.value, x.begun, " OVER("x") " FROM link l"
	" JOIN call x ON x.id = l.call WHERE l.call = ?1 AND l.kind = 0";

/* Calls in the conference ?1 from ?2 to ?3. */
static const char attending[] =
	"SELECT l.call FROM link l JOIN call c ON c.id = l.call"
	" AND " OVER("c") " >= ?2 WHERE l.kind = 0 AND l.value = ?1"
	" AND l.begun BETWEEN ?2 - " DAY " AND ?3";

/* Rows of a call and the cat_link_kind by which it is one step from ?1. */
static const char step[] =
	"SELECT o.call, 1 FROM link l"
	" JOIN link o ON o.kind = 1 AND o.value = l.value"
	" WHERE l.call = ?1 AND l.kind = 1"
	" UNION SELECT c.id, 2 FROM link l JOIN call c ON c.call_id = l.value"
	" WHERE l.call = ?1 AND l.kind = 2"
	" UNION SELECT l.call, 2 FROM call x"
	" JOIN link l ON l.kind = 2 AND l.value = x.call_id WHERE x.id = ?1"
	/* the calls from which ?1 was sent on */
	" UNION SELECT c.id, l.kind FROM call x JOIN link l ON l.call = x.id"
	" JOIN address a ON a.value = l.value"
	" JOIN party p ON p.address = a.id AND p.role = 'p'"
	"  AND p.begun BETWEEN x.begun - " DAY " AND x.begun"
	" JOIN call c ON c.id = p.call AND " LATER("c") " >= x.begun"
	" WHERE x.id = ?1 AND l.kind >= 3" SHARED("x.id", "c.id")
	/* The calls to which ?1 was sent on. CROSS keeps the order: not all
	 * links are to be read for the few parties of a call. */
	" UNION SELECT l.call, l.kind FROM call x"
	" CROSS JOIN party p ON p.call = x.id AND p.role = 'p'"
	" CROSS JOIN address a ON a.id = p.address"
	" CROSS JOIN link l ON l.kind IN (3, 4) AND l.value = a.value"
	"  AND l.begun BETWEEN x.begun AND " LATER("x")
	" WHERE x.id = ?1" SHARED("x.id", "l.call")
	" ORDER BY 2, 1";

typedef struct walk {
	cat_db *db;
	GArray *ids;		/* of int64_t, in the order found */
	GArray *kinds;		/* of unsigned, of each by what */
	GHashTable *seen;
	/* Of one conference (the latest), a time in which all calls are found:
	 * large meetings have as many legs as parties, and each of these would
	 * lead to all others again. */
	char *met;
	int64_t from, to;
} walk;

static void found(walk *w, int64_t id, unsigned kind)
{
	if (w->ids->len >= LEGS_MAX || kind >= NAMES ||
	    !g_hash_table_add(w->seen, g_memdup2(&id, sizeof(id))))
		return;
	g_array_append_val(w->ids, id);
	g_array_append_val(w->kinds, kind);
}

static bool is_met(walk *w, const char *value, int64_t from, int64_t to)
{
	const bool same = !g_strcmp0(w->met, value) && from <= w->to &&
			  w->from <= to;

	if (same && w->from <= from && to <= w->to)
		return true;
	if (!same) {
		g_free(w->met);
		w->met = g_strdup(value);
	}
	w->from = same ? MIN(w->from, from) : from;
	w->to = same ? MAX(w->to, to) : to;
	return false;
}

static bool meet(walk *w, const char *value, int64_t from, int64_t to,
		 GError **err)
{
	g_autoptr(cat_stmt) s = NULL;

	if (is_met(w, value, from, to))
		return true;
	s = cat_sql(w->db, attending, err);
	if (!s)
		return false;
	cat_bind_text(s, 1, value);
	cat_bind_int(s, 2, from);
	cat_bind_int(s, 3, to);
	while (cat_step(s))
		found(w, cat_int(s, 0), CAT_LINK_CONFERENCE);
	return cat_done(s, err);
}

static bool meet_all(walk *w, int64_t id, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(w->db, meetings, err);

	if (!s)
		return false;
	cat_bind_int(s, 1, id);
	while (cat_step(s))
		if (!meet(w, cat_text(s, 0), cat_int(s, 1), cat_int(s, 2),
			  err))
			return false;
	return cat_done(s, err);
}

static bool walk_from(walk *w, int64_t id, GError **err)
{
	g_autoptr(cat_stmt) s = NULL;

	if (!meet_all(w, id, err))
		return false;
	s = cat_sql(w->db, step, err);
	if (!s)
		return false;
	cat_bind_int(s, 1, id);
	while (cat_step(s))
		found(w, cat_int(s, 0), (unsigned)cat_int(s, 1));
	return cat_done(s, err);
}

static int64_t id_of(cat_db *db, const char *name, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT id FROM call WHERE name = ?1", err);
	int64_t id = 0;

	if (!s)
		return 0;
	cat_bind_text(s, 1, name);
	while (cat_step(s))
		id = cat_int(s, 0);
	if (cat_done(s, err) && !id)
		g_set_error(err, CAT_ERROR, CAT_ERROR_ABSENT,
			    "there is no call \"%s\"", name);
	return id;
}

static gint by_begin(gconstpointer a, gconstpointer b)
{
	const cat_entry *x = *(const cat_entry *const *)a;
	const cat_entry *y = *(const cat_entry *const *)b;

	if (x->begun_ms != y->begun_ms)
		return x->begun_ms < y->begun_ms ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void entry_free(void *e)
{
	cat_entry_free(e);
}

static GPtrArray *load_all(const walk *w, GError **err)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(entry_free);

	for (guint i = 0; i < w->ids->len; i++) {
		cat_entry *e = cat_entry_load(
			w->db, g_array_index(w->ids, int64_t, i), err);

		if (!e)
			return NULL;
		if (i)
			e->linked = cat_link_name(
				g_array_index(w->kinds, unsigned, i));
		g_ptr_array_add(all, e);
	}
	g_ptr_array_sort(all, by_begin);
	return g_steal_pointer(&all);
}

GPtrArray *cat_ledger_linked(cat_db *db, const cat_entry *e, GError **err)
{
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
	g_autoptr(GArray) kinds = g_array_new(FALSE, FALSE, sizeof(unsigned));
	g_autoptr(GHashTable) seen = g_hash_table_new_full(
		g_int64_hash, g_int64_equal, g_free, NULL);
	walk w = {.db = db, .ids = ids, .kinds = kinds, .seen = seen};
	int64_t id = id_of(db, e->name, err);
	bool ok = id != 0;

	if (ok)
		found(&w, id, 0);
	for (guint i = 0; ok && i < ids->len; i++)
		ok = walk_from(&w, g_array_index(ids, int64_t, i), err);
	g_free(w.met);
	return ok ? load_all(&w, err) : NULL;
}
