#include "catalog/db.h"
#include "catalog/entry.h"
#include "catalog/identity.h"
#include "catalog/records.h"
#include "catalog/report.h"
#include "catalog/users.h"

typedef enum column {
	COL_START,
	COL_CALLER,
	COL_CALLEE,
	COL_DURATION,
	COL_CALL_ID,
	COLUMNS,
} column;

static const char *const names[COLUMNS] = {
	[COL_START] = "start",	     [COL_CALLER] = "caller",
	[COL_CALLEE] = "callee",     [COL_DURATION] = "duration",
	[COL_CALL_ID] = "call_id",
};

enum { LENGTH_MS = 5000 };

static const char *const matches[] = {
	[CAT_CDR_MATCHED] = "matched",	 [CAT_CDR_DIFFERS] = "length differs",
	[CAT_CDR_MISSING] = "MISSING",	 [CAT_CDR_UNCONCERNED] = "no rule",
	[CAT_CDR_UNWITNESSED] = "unwitnessed",
};

const char *cat_match_name(cat_match m)
{
	return matches[m];
}

static void clear_cdr(void *p)
{
	cat_cdr *c = p;

	g_free(c->caller);
	g_free(c->callee);
	g_free(c->call_id);
}

static void clear_finding(void *p)
{
	cat_finding *f = p;

	cat_entry_free(f->entry);
}

/* ---- reading ---- */

static bool time_read(const char *text, int64_t *ms)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GDateTime) t = NULL;
	uint64_t s;

	if (span_number(span_str(text), INT64_MAX / 1000, &s)) {
		*ms = (int64_t)s * 1000;
		return true;
	}
	t = g_date_time_new_from_iso8601(text, utc);
	if (t)
		*ms = g_date_time_to_unix(t) * 1000 +
		      g_date_time_get_microsecond(t) / 1000;
	return t != NULL;
}

/* Empty: it is not known. */
static bool length_read(const char *text, int64_t *ms)
{
	char *end;
	double s = g_ascii_strtod(text, &end);

	if (*end || !(s >= 0) || s > 1e9)
		return false;
	*ms = (int64_t)(s * 1000);
	return true;
}

static bool party_read(char **to, const char *text, unsigned line,
		       GError **err)
{
	g_free(*to);
	*to = cat_identity(text);
	return *to ||
	       cat_line_error(err, line, "\"%s\" is no identity", text);
}

static bool field_take(void *record, unsigned k, const char *text,
		       unsigned line, GError **err)
{
	cat_cdr *c = record;

	switch ((column)k) {
	case COL_START:
		return time_read(text, &c->begun_ms) ||
		       cat_line_error(err, line, "\"%s\" is no time such as "
				      "2026-11-21T14:00:00Z", text);
	case COL_CALLER:
		return party_read(&c->caller, text, line, err);
	case COL_CALLEE:
		return party_read(&c->callee, text, line, err);
	case COL_DURATION:
		return length_read(text, &c->duration_ms) ||
		       cat_line_error(err, line, "\"%s\" is no duration in "
				      "seconds", text);
	case COL_CALL_ID:
		g_free(c->call_id);
		c->call_id = *text ? g_strdup(text) : NULL;
		return true;
	case COLUMNS:
		break;
	}
	return true;
}

GArray *cat_cdr_read(span text, GError **err)
{
	static const cat_columns columns = {names, COLUMNS, COL_CALLEE + 1,
					    false};
	g_autoptr(GArray) all = g_array_new(FALSE, TRUE, sizeof(cat_cdr));
	g_autoptr(cat_records) r = cat_records_new(text, &columns, err);
	cat_records_state state = CAT_RECORDS_BAD;

	g_array_set_clear_func(all, clear_cdr);
	do {
		cat_cdr c = {.line = 0};

		state = r ? cat_records_next(r, field_take, &c, &c.line, err)
			  : CAT_RECORDS_BAD;
		if (state == CAT_RECORDS_ONE)
			g_array_append_val(all, c);
		else
			clear_cdr(&c);
	} while (state == CAT_RECORDS_ONE);
	return state == CAT_RECORDS_END ? g_steal_pointer(&all) : NULL;
}

/* ---- comparing ---- */

typedef struct compare {
	cat_db *db;
	const cat_policy *p;
	int64_t tolerance;
	GHashTable *taken;	/* names of rows that a record fits */
} compare;

static const char by_id[] =
	"SELECT " CAT_ENTRY_COLUMNS " FROM call c WHERE c.call_id = ?1"
	" ORDER BY abs(c.begun - ?2)";
static const char by_parties[] =
	"SELECT " CAT_ENTRY_COLUMNS " FROM call c"
	" WHERE c.begun BETWEEN ?2 - ?3 AND ?2 + ?3"
	"  AND EXISTS (SELECT 1 FROM party p JOIN address a"
	"   ON a.id = p.address WHERE p.call = c.id"
	"   AND p.role = 'p' AND a.value = ?4)"
	"  AND EXISTS (SELECT 1 FROM party p JOIN address a"
	"   ON a.id = p.address WHERE p.call = c.id"
	"   AND p.role = 'p' AND a.value = ?5)"
	" ORDER BY abs(c.begun - ?2)";

/* The nearest row that is not taken yet. */
static bool row_find(compare *c, const cat_cdr *r, const char *sql,
		     cat_entry **out, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(c->db, sql, err);

	if (!s)
		return false;
	cat_bind_int(s, 2, r->begun_ms);
	if (sql == by_id) {
		cat_bind_text(s, 1, r->call_id);
	} else {
		cat_bind_int(s, 3, c->tolerance);
		cat_bind_text(s, 4, r->caller);
		cat_bind_text(s, 5, r->callee);
	}
	while (!*out && cat_step(s)) {
		if (g_hash_table_contains(c->taken, cat_text(s, 1)))
			continue;
		*out = cat_entry_read(s);
		g_hash_table_add(c->taken, g_strdup((*out)->name));
	}
	return cat_done(s, err);
}

/* Rows of the same Call-ID first, so that no other record takes them. */
static bool rows_find(compare *c, const GArray *cdr, const char *sql,
		      GArray *all, GError **err)
{
	for (guint i = 0; i < cdr->len; i++) {
		const cat_cdr *r = &g_array_index(cdr, cat_cdr, i);
		cat_finding *f = &g_array_index(all, cat_finding, i);

		if (f->entry || (sql == by_id && !r->call_id))
			continue;
		if (!row_find(c, r, sql, &f->entry, err))
			return false;
	}
	return true;
}

static bool concerned(const compare *c, const cat_cdr *r)
{
	const cat_call call = {
		.at = r->begun_ms / 1000,
		.caller.uri = span_str(r->caller),
		.callee.uri = span_str(r->callee),
	};
	cat_verdict v;

	cat_policy_decide(c->p, &call, &v);
	return v.concerned;
}

static cat_match judge(const compare *c, const cat_cdr *r, const cat_entry *e)
{
	int64_t off;

	if (!e)
		return concerned(c, r) ? CAT_CDR_MISSING : CAT_CDR_UNCONCERNED;
	off = e->duration_ms - r->duration_ms;
	return r->duration_ms && ABS(off) > LENGTH_MS ? CAT_CDR_DIFFERS
						      : CAT_CDR_MATCHED;
}

static bool add_unwitnessed(compare *c, int64_t from, int64_t to, GArray *all,
			    GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		c->db, "SELECT " CAT_ENTRY_COLUMNS " FROM call c"
		       " WHERE c.begun BETWEEN ?1 AND ?2"
		       " AND c.answered IS NOT NULL ORDER BY c.begun", err);

	if (!s)
		return false;
	cat_bind_int(s, 1, from);
	cat_bind_int(s, 2, to);
	while (cat_step(s)) {
		cat_finding f = {.match = CAT_CDR_UNWITNESSED};

		if (g_hash_table_contains(c->taken, cat_text(s, 1)))
			continue;
		f.entry = cat_entry_read(s);
		g_array_append_val(all, f);
	}
	return cat_done(s, err);
}

GArray *cat_cdr_compare(cat_db *db, const cat_policy *p, const GArray *cdr,
			int64_t tolerance_ms, GError **err)
{
	g_autoptr(GHashTable) taken = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GArray) all = g_array_new(FALSE, TRUE, sizeof(cat_finding));
	compare c = {db, p, tolerance_ms, taken};
	int64_t from = INT64_MAX, to = 0;

	g_array_set_clear_func(all, clear_finding);
	g_array_set_size(all, cdr->len);
	if (!rows_find(&c, cdr, by_id, all, err) ||
	    !rows_find(&c, cdr, by_parties, all, err))
		return NULL;
	for (guint i = 0; i < cdr->len; i++) {
		const cat_cdr *r = &g_array_index(cdr, cat_cdr, i);
		cat_finding *f = &g_array_index(all, cat_finding, i);

		f->cdr = r;
		f->match = judge(&c, r, f->entry);
		from = MIN(from, r->begun_ms);
		to = MAX(to, r->begun_ms);
	}
	if (!add_unwitnessed(&c, from, to, all, err))
		return NULL;
	return g_steal_pointer(&all);
}
