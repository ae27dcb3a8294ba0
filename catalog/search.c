#include "catalog/db.h"
#include "catalog/entry.h"
#include "catalog/ledger.h"

/* Up to so many rows of a name are gathered and sorted; a name that is in more
 * calls is looked for from the newest call backwards. */
enum { GATHER_MAX = 20000, LIMIT_DEFAULT = 50 };

#define ADDRESSES \
	"(SELECT id FROM address WHERE (?1 IS NULL OR instr(value, ?1))" \
	" AND (?2 IS NULL OR (instr(value, ?2) AND value NOT GLOB 'user:*')))"

#define FILTER \
	" AND c.begun >= ?3 AND c.begun < ?4 AND c.duration >= ?5" \
	" AND c.duration <= ?6 AND (1 << c.outcome) & ?7" \
	" ORDER BY c.begun DESC, c.id DESC LIMIT ?8"

static const char by_time[] =
	"SELECT " CAT_ENTRY_COLUMNS " FROM call c INDEXED BY call_time"
	" WHERE ?1 IS NULL AND ?2 IS NULL" FILTER;
static const char by_outcome[] =
	"SELECT " CAT_ENTRY_COLUMNS " FROM call c INDEXED BY call_outcome"
	" WHERE ?1 IS NULL AND ?2 IS NULL AND c.outcome = ?9" FILTER;
static const char gather[] =
	"SELECT " CAT_ENTRY_COLUMNS " FROM call c WHERE c.id IN"
	" (SELECT call FROM party WHERE address IN " ADDRESSES
	"  AND begun >= ?3 AND begun < ?4)" FILTER;
static const char walk[] =
	"SELECT " CAT_ENTRY_COLUMNS " FROM call c INDEXED BY call_time"
	" WHERE EXISTS (SELECT 1 FROM party p WHERE p.call = c.id"
	"  AND p.address IN " ADDRESSES ")" FILTER;

static int64_t calls_of(cat_db *db, const char *who, const char *digits)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT sum(calls) FROM address WHERE id IN " ADDRESSES,
		NULL);

	if (!s)
		return 0;
	cat_bind_text(s, 1, who);
	cat_bind_text(s, 2, digits);
	return cat_step(s) ? cat_int(s, 0) : 0;
}

/* The outcome when only one is wanted; else CAT_PENDING and false. */
static bool single(unsigned outcomes, cat_outcome *out)
{
	for (unsigned i = CAT_PENDING; i <= CAT_EXEMPT; i++)
		if (outcomes == 1u << i) {
			*out = (cat_outcome)i;
			return true;
		}
	return false;
}

static const char *plan(cat_db *db, const cat_query *q, const char *who,
			const char *digits)
{
	cat_outcome only;

	if (who || digits)
		return calls_of(db, who, digits) > GATHER_MAX ? walk : gather;
	return single(q->outcomes, &only) ? by_outcome : by_time;
}

static void bind_query(cat_stmt *s, const cat_query *q, const char *who,
		       const char *digits)
{
	const unsigned every = (1u << (CAT_EXEMPT + 1)) - 1;

	cat_bind_text(s, 1, who);
	cat_bind_text(s, 2, digits);
	cat_bind_int(s, 3, q->from_ms);
	cat_bind_int(s, 4, q->to_ms ? q->to_ms : INT64_MAX);
	cat_bind_int(s, 5, q->shortest_ms);
	cat_bind_int(s, 6, q->longest_ms ? q->longest_ms : INT64_MAX);
	cat_bind_int(s, 7, q->outcomes ? q->outcomes : every);
	cat_bind_int(s, 8, q->limit ? q->limit : LIMIT_DEFAULT);
}

static char *only_digits(const char *text)
{
	GString *s;

	if (!text)
		return NULL;
	s = g_string_new(NULL);
	for (; *text; text++)
		if (g_ascii_isdigit(*text))
			g_string_append_c(s, *text);
	return g_string_free(s, FALSE);
}

static void entry_free(void *e)
{
	cat_entry_free(e);
}

GPtrArray *cat_ledger_search(cat_db *db, const cat_query *q, GError **err)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(entry_free);
	g_autofree char *who = q->who ? g_ascii_strdown(q->who, -1) : NULL;
	g_autofree char *digits = only_digits(q->number);
	const char *sql = plan(db, q, who, digits);
	g_autoptr(cat_stmt) s = cat_sql(db, sql, err);
	cat_outcome only;

	if (!s)
		return NULL;
	bind_query(s, q, who, digits);
	if (sql == by_outcome && single(q->outcomes, &only))
		cat_bind_int(s, 9, only);
	while (cat_step(s))
		g_ptr_array_add(all, cat_entry_read(s));
	return cat_done(s, err) ? g_steal_pointer(&all) : NULL;
}
