#include <string.h>

#include "catalog/db.h"
#include "catalog/entry.h"
#include "catalog/ledger.h"

/* Each condition can lead to the calls by an index of its own. The one that
 * leads to the fewest is taken, and the others are checked for each of those;
 * when all lead to many, the newest calls are looked at one after the other,
 * because then some fit soon. */
enum { MANY = 20000, LIMIT_DEFAULT = 50 };

/* ?1, ?2: time; ?3, ?4: duration; ?5: outcomes; ?6: is there a who;
 * ?7: scope; ?8: an announcement is expected. */
#define FITS \
	" c.begun >= ?1 AND c.begun < ?2 AND c.duration >= ?3" \
	" AND c.duration <= ?4 AND (1 << c.outcome) & ?5" \
	" AND (?7 IS NULL OR c.scope = ?7)" \
	" AND (?8 = 0 OR c.announce)"
#define OF_WHO \
	" AND (?6 = 0 OR EXISTS (SELECT 1 FROM party p WHERE p.call = c.id" \
	" AND p.address IN temp.found))"
#define NEWEST " ORDER BY c.begun DESC, c.id DESC LIMIT ?9"
#define SELECT "SELECT " CAT_ENTRY_COLUMNS " FROM call c "

typedef struct way {
	const char *count;	/* calls that it leads to, MANY at most */
	const char *select;
} way;

#define COUNT(from) "SELECT count(*) FROM (SELECT 1 FROM " from " LIMIT ?9)"

static const way by_time = {
	COUNT("call WHERE begun >= ?1 AND begun < ?2"),
	SELECT "INDEXED BY call_time WHERE" FITS OF_WHO NEWEST,
};
static const way by_duration = {
	COUNT("call WHERE duration >= ?3 AND duration <= ?4"),
	SELECT "INDEXED BY call_duration WHERE" FITS OF_WHO NEWEST,
};
/* ?10: one outcome; several are asked for one by one. */
static const way by_outcome = {
	COUNT("call WHERE outcome = ?10"),
	SELECT "INDEXED BY call_outcome WHERE c.outcome = ?10 AND" FITS OF_WHO
	NEWEST,
};
static const way by_scope = {
	COUNT("call WHERE scope = ?7"),
	SELECT "INDEXED BY call_scope WHERE c.scope = ?7 AND" FITS OF_WHO
	NEWEST,
};
static const way by_announce = {
	COUNT("call WHERE announce"),
	SELECT "INDEXED BY call_announce WHERE c.announce AND" FITS OF_WHO
	NEWEST,
};
static const way by_who = {
	COUNT("party WHERE address IN temp.found AND begun >= ?1"
	      " AND begun < ?2"),
	SELECT "WHERE c.id IN (SELECT call FROM party WHERE address IN"
	       " temp.found AND begun >= ?1 AND begun < ?2) AND" FITS NEWEST,
};

typedef struct search {
	cat_db *db;
	const cat_query *q;
	bool who;		/* temp.found has the addresses */
	unsigned outcomes, limit;
} search;

enum { EVERY = (1u << (CAT_EXEMPT + 1)) - 1 };

static void bind_query(const search *f, cat_stmt *s, unsigned limit,
		       unsigned outcome)
{
	const cat_query *q = f->q;

	cat_bind_int(s, 1, q->from_ms);
	cat_bind_int(s, 2, q->to_ms ? q->to_ms : INT64_MAX);
	cat_bind_int(s, 3, q->shortest_ms);
	cat_bind_int(s, 4, q->longest_ms ? q->longest_ms : INT64_MAX);
	cat_bind_int(s, 5, f->outcomes);
	cat_bind_int(s, 6, f->who);
	cat_bind_text(s, 7, q->scope);
	cat_bind_int(s, 8, q->announce);
	cat_bind_int(s, 9, limit);
	if (outcome <= CAT_EXEMPT)
		cat_bind_int(s, 10, outcome);
}

/* ---- which way ---- */

static int64_t count(const search *f, const way *w, unsigned outcome)
{
	g_autoptr(cat_stmt) s = cat_sql(f->db, w->count, NULL);

	if (!s)
		return MANY;
	bind_query(f, s, MANY, outcome);
	return cat_step(s) ? cat_int(s, 0) : MANY;
}

static int64_t count_outcomes(const search *f)
{
	int64_t n = 0;

	for (unsigned o = 0; o <= CAT_EXEMPT && n < MANY; o++)
		if (f->outcomes >> o & 1)
			n += count(f, &by_outcome, o);
	return n;
}

static const way *choose(const search *f)
{
	const way *best = &by_time;
	int64_t least = MANY, n;

	if (f->q->from_ms || f->q->to_ms)
		least = MIN(least, count(f, &by_time, EVERY));
	if (f->who && (n = count(f, &by_who, EVERY)) < least) {
		least = n;
		best = &by_who;
	}
	if ((f->q->shortest_ms || f->q->longest_ms) &&
	    (n = count(f, &by_duration, EVERY)) < least) {
		least = n;
		best = &by_duration;
	}
	if (f->q->scope && (n = count(f, &by_scope, EVERY)) < least) {
		least = n;
		best = &by_scope;
	}
	if (f->q->announce && (n = count(f, &by_announce, EVERY)) < least) {
		least = n;
		best = &by_announce;
	}
	if (f->outcomes != EVERY && count_outcomes(f) < least)
		best = &by_outcome;
	return best;
}

/* ---- who ---- */

/* Addresses with `who` in them, and such with the digits, into temp.found. */
static bool find_addresses(cat_db *db, const char *who, const char *digits,
			   GError **err)
{
	g_autoptr(cat_stmt) s = NULL;

	s = cat_sql(db, "INSERT INTO temp.found SELECT id FROM address"
			" WHERE (?1 IS NULL OR instr(value, ?1))"
			" AND (?2 IS NULL OR (instr(value, ?2)"
			"  AND value NOT GLOB 'user:*'))", err);
	if (!s)
		return false;
	cat_bind_text(s, 1, who);
	cat_bind_text(s, 2, digits);
	return cat_run(s, err);
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

/* ---- the calls ---- */

static bool take(const search *f, const way *w, unsigned outcome,
		 GPtrArray *to, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(f->db, w->select, err);

	if (!s)
		return false;
	bind_query(f, s, f->limit, outcome);
	while (cat_step(s))
		g_ptr_array_add(to, cat_entry_read(s));
	return cat_done(s, err);
}

static int newest_first(const void *a, const void *b)
{
	const cat_entry *x = *(const cat_entry *const *)a;
	const cat_entry *y = *(const cat_entry *const *)b;

	if (x->begun_ms != y->begun_ms)
		return x->begun_ms < y->begun_ms ? 1 : -1;
	return strcmp(y->name, x->name);
}

static bool take_outcomes(const search *f, GPtrArray *to, GError **err)
{
	for (unsigned o = 0; o <= CAT_EXEMPT; o++)
		if (f->outcomes >> o & 1 &&
		    !take(f, &by_outcome, o, to, err))
			return false;
	g_ptr_array_sort(to, newest_first);
	if (to->len > f->limit)
		g_ptr_array_set_size(to, (int)f->limit);
	return true;
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
	search f = {
		.db = db, .q = q, .who = who || digits,
		.outcomes = q->outcomes ? q->outcomes & EVERY : EVERY,
		.limit = q->limit ? q->limit : LIMIT_DEFAULT,
	};
	const way *w;

	if (!cat_exec(db, "CREATE TEMP TABLE IF NOT EXISTS found"
			  " (id INTEGER PRIMARY KEY); DELETE FROM temp.found",
		      err) ||
	    (f.who && !find_addresses(db, who, digits, err)))
		return NULL;
	w = choose(&f);
	if (w == &by_outcome ? !take_outcomes(&f, all, err)
			     : !take(&f, w, EVERY, all, err))
		return NULL;
	return g_steal_pointer(&all);
}
