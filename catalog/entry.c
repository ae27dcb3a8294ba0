#include "catalog/entry.h"

static const char *const outcomes[] = {
	[CAT_PENDING] = "PENDING",
	[CAT_RECORDED] = "RECORDED",
	[CAT_PARTIAL] = "PARTIAL",
	[CAT_NOT_RECORDED] = "NOT_RECORDED",
	[CAT_BLOCKED] = "BLOCKED",
	[CAT_EXEMPT] = "EXEMPT",
};

static const char *const ends[] = {
	[CAT_END_UNKNOWN] = "unknown",	   [CAT_END_BYE] = "bye",
	[CAT_END_CANCELLED] = "cancelled", [CAT_END_UNANSWERED] = "unanswered",
	[CAT_END_REFUSED] = "refused",	   [CAT_END_TIMEOUT] = "timeout",
	[CAT_END_REPLACED] = "replaced",
};

static const char *const links[] = {
	[CAT_LINK_CONFERENCE] = "conference",
	[CAT_LINK_CONVERSATION] = "conversation",
	[CAT_LINK_REPLACES] = "replaces",
	[CAT_LINK_TRANSFER] = "transfer",
	[CAT_LINK_DIVERSION] = "diversion",
};

const char *cat_outcome_name(cat_outcome o)
{
	return outcomes[o];
}

bool cat_outcome_parse(const char *text, cat_outcome *out)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(outcomes); i++)
		if (!g_ascii_strcasecmp(text, outcomes[i])) {
			*out = (cat_outcome)i;
			return true;
		}
	return false;
}

const char *cat_end_name(cat_end e)
{
	return ends[e];
}

const char *cat_link_name(cat_link_kind k)
{
	return links[k];
}

cat_entry *cat_entry_new(const char *name)
{
	cat_entry *e = g_new0(cat_entry, 1);

	e->name = g_strdup(name);
	e->owners = g_ptr_array_new_with_free_func(g_free);
	e->ids = g_ptr_array_new_with_free_func(g_free);
	return e;
}

static void gap_clear(void *g)
{
	g_free(((cat_gap *)g)->cause);
}

static void file_clear(void *p)
{
	cat_file *f = p;

	g_free(f->name);
	g_free(f->sha256);
}

static void count_clear(void *p)
{
	g_free(((cat_count *)p)->what);
}

void cat_entry_free(cat_entry *e)
{
	if (!e)
		return;
	g_free(e->name);
	g_free(e->call_id);
	g_free(e->source);
	g_free(e->conference);
	g_free(e->caller);
	g_free(e->caller_name);
	g_free(e->callee);
	g_free(e->callee_name);
	g_free(e->cause);
	g_free(e->reason);
	g_free(e->rule);
	g_free(e->mode);
	g_free(e->scope);
	g_free(e->class);
	g_free(e->sidecar);
	g_ptr_array_unref(e->owners);
	g_ptr_array_unref(e->ids);
	if (e->links)
		g_array_unref(e->links);
	if (e->gaps)
		g_array_unref(e->gaps);
	if (e->files)
		g_array_unref(e->files);
	if (e->counts)
		g_array_unref(e->counts);
	g_free(e);
}

void cat_entry_known(cat_entry *e)
{
	if (!e->gaps) {
		e->gaps = g_array_new(FALSE, TRUE, sizeof(cat_gap));
		g_array_set_clear_func(e->gaps, gap_clear);
	}
	if (!e->files) {
		e->files = g_array_new(FALSE, TRUE, sizeof(cat_file));
		g_array_set_clear_func(e->files, file_clear);
	}
	if (!e->counts) {
		e->counts = g_array_new(FALSE, TRUE, sizeof(cat_count));
		g_array_set_clear_func(e->counts, count_clear);
	}
}

void cat_entry_gap(cat_entry *e, uint8_t side, const char *cause,
		   int64_t at_ms, int64_t length_ms, int64_t packets)
{
	cat_gap g = {side, g_strdup(cause), at_ms, length_ms, packets};

	cat_entry_known(e);
	g_array_append_val(e->gaps, g);
}

void cat_entry_file(cat_entry *e, const char *name, const char *sha256,
		    int64_t bytes, unsigned channels)
{
	cat_file f = {g_strdup(name), g_strdup(sha256), bytes, channels};

	cat_entry_known(e);
	g_array_append_val(e->files, f);
}

void cat_entry_count(cat_entry *e, const char *what, int64_t packets)
{
	cat_count c = {NULL, packets};

	cat_entry_known(e);
	if (!packets)
		return;
	c.what = g_strdup(what);
	g_array_append_val(e->counts, c);
}

static void link_clear(void *p)
{
	g_free(((cat_link *)p)->value);
}

void cat_entry_link(cat_entry *e, cat_link_kind kind, const char *value)
{
	cat_link l = {kind, NULL};

	if (!*value)
		return;
	l.value = g_utf8_make_valid(value, -1);
	if (!e->links) {
		e->links = g_array_new(FALSE, FALSE, sizeof(cat_link));
		g_array_set_clear_func(e->links, link_clear);
	}
	g_array_append_val(e->links, l);
}

/* ---- from the tables ---- */

static char *known_text(cat_stmt *s, int column)
{
	return cat_null(s, column) ? NULL : g_strdup(cat_text(s, column));
}

cat_entry *cat_entry_read(cat_stmt *s)
{
	cat_entry *e = cat_entry_new(cat_text(s, 1));

	e->begun_ms = cat_int(s, 2);
	e->answered_ms = cat_int(s, 3);
	e->ended_ms = cat_int(s, 4);
	e->duration_ms = cat_int(s, 5);
	e->outcome = (cat_outcome)CLAMP(cat_int(s, 6), 0, CAT_EXEMPT);
	e->end = (cat_end)CLAMP(cat_int(s, 7), 0, CAT_END_REPLACED);
	e->end_status = (uint16_t)cat_int(s, 8);
	e->call_id = known_text(s, 9);
	e->source = known_text(s, 10);
	e->conference = known_text(s, 11);
	e->caller = known_text(s, 12);
	e->caller_name = known_text(s, 13);
	e->callee = known_text(s, 14);
	e->callee_name = known_text(s, 15);
	e->cause = known_text(s, 16);
	e->reason = known_text(s, 17);
	e->rule = known_text(s, 18);
	e->mode = known_text(s, 19);
	e->keep_days = (uint32_t)cat_int(s, 20);
	e->sidecar = known_text(s, 21);
	e->class = known_text(s, 22);
	e->holds = (unsigned)cat_int(s, 23);
	e->keep_until_ms = cat_int(s, 24);
	e->expired_ms = cat_int(s, 25);
	e->scope = known_text(s, 26);
	e->announce = cat_int(s, 27);
	return e;
}

static bool parties_read(cat_db *db, int64_t id, cat_entry *e, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT value, role FROM party JOIN address"
		    " ON address.id = party.address WHERE call = ?1"
		    " ORDER BY value", err);

	if (!s)
		return false;
	cat_bind_int(s, 1, id);
	while (cat_step(s))
		g_ptr_array_add(*cat_text(s, 1) == 'o' ? e->owners : e->ids,
				g_strdup(cat_text(s, 0)));
	return cat_done(s, err);
}

static bool gaps_read(cat_db *db, int64_t id, cat_entry *e, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT side, cause, at, length, packets FROM gap"
		    " WHERE call = ?1 ORDER BY at", err);

	if (!s)
		return false;
	cat_bind_int(s, 1, id);
	while (cat_step(s))
		cat_entry_gap(e, (uint8_t)cat_int(s, 0), cat_text(s, 1),
			      cat_int(s, 2), cat_int(s, 3), cat_int(s, 4));
	return cat_done(s, err);
}

static bool files_read(cat_db *db, int64_t id, cat_entry *e, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT name, sha256, bytes, channels FROM file"
		    " WHERE call = ?1 ORDER BY name", err);

	if (!s)
		return false;
	cat_bind_int(s, 1, id);
	while (cat_step(s))
		cat_entry_file(e, cat_text(s, 0), cat_text(s, 1),
			       cat_int(s, 2), (unsigned)cat_int(s, 3));
	return cat_done(s, err);
}

static bool counts_read(cat_db *db, int64_t id, cat_entry *e, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT what, packets FROM count WHERE call = ?1"
		    " ORDER BY what", err);

	if (!s)
		return false;
	cat_bind_int(s, 1, id);
	while (cat_step(s))
		cat_entry_count(e, cat_text(s, 0), cat_int(s, 1));
	return cat_done(s, err);
}

cat_entry *cat_entry_load(cat_db *db, int64_t id, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT " CAT_ENTRY_COLUMNS " FROM call c WHERE id = ?1",
		err);
	g_autoptr(cat_entry) e = NULL;

	if (!s)
		return NULL;
	cat_bind_int(s, 1, id);
	if (!cat_step(s)) {
		if (cat_done(s, err))
			g_set_error(err, CAT_ERROR, CAT_ERROR_ABSENT,
				    "the call has gone from the ledger");
		return NULL;
	}
	e = cat_entry_read(s);
	cat_entry_known(e);
	if (!parties_read(db, id, e, err) || !gaps_read(db, id, e, err) ||
	    !files_read(db, id, e, err) || !counts_read(db, id, e, err))
		return NULL;
	return g_steal_pointer(&e);
}
