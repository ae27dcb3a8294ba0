#include "catalog/report.h"

#include "catalog/db.h"
#include "catalog/entry.h"

static void cover_clear(void *p)
{
	cat_cover *c = p;

	g_free(c->owner);
}

static void gap_of_clear(void *p)
{
	cat_gap_of *g = p;

	g_free(g->call);
	g_free(g->gap.cause);
}

static GArray *array_new(size_t size, GDestroyNotify clear)
{
	GArray *a = g_array_new(FALSE, TRUE, (guint)size);

	g_array_set_clear_func(a, clear);
	return a;
}

static void bind_times(cat_stmt *s, int64_t from_ms, int64_t to_ms)
{
	cat_bind_int(s, 1, from_ms);
	cat_bind_int(s, 2, to_ms ? to_ms : INT64_MAX);
}

static void cover_read(cat_stmt *s, cat_cover *c)
{
	g_strlcpy(c->day, cat_text(s, 0), sizeof(c->day));
	c->owner = g_strdup(cat_text(s, 1));
	c->calls = cat_int(s, 2);
	c->answered = cat_int(s, 3);
	for (int i = 0; i <= CAT_EXEMPT; i++)
		c->outcome[i] = cat_int(s, 4 + i);
	c->unanswered = cat_int(s, 10);
	c->announce = cat_int(s, 11);
	c->recorded_ms = cat_int(s, 12);
	c->gaps = cat_int(s, 13);
	c->gap_ms = cat_int(s, 14);
}

GArray *cat_report_cover(cat_db *db, int64_t from_ms, int64_t to_ms,
			 const char *owner, GError **err)
{
	g_autoptr(GArray) all = array_new(sizeof(cat_cover), cover_clear);
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT date(c.begun / 1000, 'unixepoch', 'localtime')"
		    " AS day, a.value AS owner, count(*),"
		    " count(c.answered), sum(c.outcome = 0),"
		    " sum(c.outcome = 1), sum(c.outcome = 2),"
		    " sum(c.outcome = 3), sum(c.outcome = 4),"
		    " sum(c.outcome = 5),"
		    " sum(c.outcome = 3 AND c.answered IS NULL"
		    "  AND c.finish IN (2, 3)), sum(c.announce),"
		    " sum(iif(c.outcome IN (1, 2), c.duration, 0)),"
		    " sum((SELECT count(*) FROM gap g WHERE g.call = c.id)),"
		    " sum((SELECT coalesce(sum(g.length), 0) FROM gap g"
		    "  WHERE g.call = c.id))"
		    " FROM call c JOIN party p ON p.call = c.id"
		    "  AND p.role = 'o' JOIN address a ON a.id = p.address"
		    " WHERE c.begun >= ?1 AND c.begun < ?2"
		    " AND (?3 IS NULL OR instr(a.value, ?3))"
		    " GROUP BY day, owner ORDER BY day, owner", err);

	if (!s)
		return NULL;
	bind_times(s, from_ms, to_ms);
	cat_bind_text(s, 3, owner);
	while (cat_step(s)) {
		cat_cover c = {0};

		cover_read(s, &c);
		g_array_append_val(all, c);
	}
	return cat_done(s, err) ? g_steal_pointer(&all) : NULL;
}

GArray *cat_report_gaps(cat_db *db, int64_t from_ms, int64_t to_ms,
			unsigned limit, GError **err)
{
	g_autoptr(GArray) all = array_new(sizeof(cat_gap_of),
					  gap_of_clear);
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT c.name, c.begun, g.side, g.cause, g.at, g.length,"
		    " g.packets FROM gap g JOIN call c ON c.id = g.call"
		    " WHERE c.begun >= ?1 AND c.begun < ?2"
		    " ORDER BY g.length DESC, c.begun, g.at LIMIT ?3", err);

	if (!s)
		return NULL;
	bind_times(s, from_ms, to_ms);
	cat_bind_int(s, 3, limit);
	while (cat_step(s)) {
		cat_gap_of g = {
			g_strdup(cat_text(s, 0)), cat_int(s, 1),
			{(uint8_t)cat_int(s, 2), g_strdup(cat_text(s, 3)),
			 cat_int(s, 4), cat_int(s, 5), cat_int(s, 6)},
		};

		g_array_append_val(all, g);
	}
	return cat_done(s, err) ? g_steal_pointer(&all) : NULL;
}

static void source_clear(void *p)
{
	cat_source *s = p;

	g_free(s->name);
}

GArray *cat_report_sources(cat_db *db, int64_t heard_ms, int64_t from_ms,
			   int64_t to_ms, GError **err)
{
	g_autoptr(GArray) all = array_new(sizeof(cat_source),
					  source_clear);
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT source, sum(begun >= ?1), max(begun) FROM call"
		    " WHERE begun >= ?3 AND begun < ?2 AND source IS NOT NULL"
		    " GROUP BY source ORDER BY max(begun), source", err);

	if (!s)
		return NULL;
	bind_times(s, from_ms, to_ms);
	cat_bind_int(s, 3, heard_ms);
	while (cat_step(s)) {
		cat_source one = {g_strdup(cat_text(s, 0)), cat_int(s, 1),
				  cat_int(s, 2)};

		g_array_append_val(all, one);
	}
	return cat_done(s, err) ? g_steal_pointer(&all) : NULL;
}

bool cat_away_add(cat_db *db, const cat_away *a, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "INSERT OR IGNORE INTO away VALUES (?1, ?2, ?3)", err);

	if (!s)
		return false;
	cat_bind_int(s, 1, a->from_ms);
	cat_bind_int(s, 2, a->to_ms);
	cat_bind_text(s, 3, a->why);
	return cat_run(s, err);
}

static void away_clear(void *p)
{
	cat_away *a = p;

	g_free(a->why);
}

GArray *cat_report_away(cat_db *db, int64_t from_ms, int64_t to_ms,
			GError **err)
{
	g_autoptr(GArray) all = array_new(sizeof(cat_away), away_clear);
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT began, ended, why FROM away"
		    " WHERE ended >= ?1 AND began < ?2 ORDER BY began", err);

	if (!s)
		return NULL;
	bind_times(s, from_ms, to_ms);
	while (cat_step(s)) {
		cat_away a = {cat_int(s, 0), cat_int(s, 1),
			      g_strdup(cat_text(s, 2))};

		g_array_append_val(all, a);
	}
	return cat_done(s, err) ? g_steal_pointer(&all) : NULL;
}

static void entry_free(void *e)
{
	cat_entry_free(e);
}

GPtrArray *cat_report_unresolved(cat_db *db, unsigned limit, GError **err)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(entry_free);
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT " CAT_ENTRY_COLUMNS " FROM call c"
		    " WHERE c.outcome = 0 ORDER BY c.begun LIMIT ?1", err);

	if (!s)
		return NULL;
	cat_bind_int(s, 1, limit);
	while (cat_step(s))
		g_ptr_array_add(all, cat_entry_read(s));
	return cat_done(s, err) ? g_steal_pointer(&all) : NULL;
}

bool cat_report_newest(cat_db *db, int64_t *at, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT max(coalesce((SELECT max(begun) FROM call), 0)"
		    "  / 1000, coalesce((SELECT at FROM audit"
		    "  ORDER BY seq DESC LIMIT 1), 0))", err);

	if (!s)
		return false;
	if (cat_step(s))
		*at = cat_int(s, 0);
	return cat_done(s, err);
}
