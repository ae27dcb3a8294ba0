#include "catalog/audit.h"

#include <stdio.h>

#include "catalog/db.h"

static const char zeros[CAT_HASH] =
	"0000000000000000000000000000000000000000000000000000000000000000";

char *cat_time_text(int64_t at)
{
	g_autoptr(GDateTime) t = g_date_time_new_from_unix_utc(at);

	return t ? g_date_time_format_iso8601(t)
		 : g_strdup_printf("%" G_GINT64_FORMAT, at);
}

/* Each text with its length before it: no two rows have the same bytes. */
static void add_text(GChecksum *c, const char *text)
{
	char head[32];
	int n = snprintf(head, sizeof(head), "%zu:", strlen(text));

	g_checksum_update(c, (const guchar *)head, n);
	g_checksum_update(c, (const guchar *)text, (gssize)strlen(text));
}

static void add_int(GChecksum *c, int64_t v)
{
	char text[32];

	snprintf(text, sizeof(text), "%" G_GINT64_FORMAT, v);
	add_text(c, text);
}

static void row_hash(const cat_act *a, const char *before, char out[CAT_HASH])
{
	g_autoptr(GChecksum) c = g_checksum_new(G_CHECKSUM_SHA256);

	add_text(c, before);
	add_int(c, a->seq);
	add_int(c, a->at);
	add_text(c, a->actor);
	add_text(c, a->action);
	add_text(c, a->object);
	add_text(c, a->reason);
	g_strlcpy(out, g_checksum_get_string(c), CAT_HASH);
}

bool cat_audit_head(cat_db *db, cat_audit_state *out, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1",
		err);

	if (!s)
		return false;
	*out = (cat_audit_state){0};
	g_strlcpy(out->head, zeros, CAT_HASH);
	if (cat_step(s)) {
		out->rows = cat_int(s, 0);
		g_strlcpy(out->head, cat_text(s, 1), CAT_HASH);
	}
	return cat_done(s, err);
}

static bool row_insert(cat_db *db, const cat_act *a, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
		err);

	if (!s)
		return false;
	cat_bind_int(s, 1, a->seq);
	cat_bind_int(s, 2, a->at);
	cat_bind_text(s, 3, a->actor);
	cat_bind_text(s, 4, a->action);
	cat_bind_text(s, 5, a->object);
	cat_bind_text(s, 6, a->reason);
	cat_bind_text(s, 7, a->hash);
	return cat_run(s, err);
}

bool cat_audit_add(cat_db *db, const cat_actor *who, int64_t at,
		   const char *action, const char *object, GError **err)
{
	char hash[CAT_HASH];
	cat_audit_state head;
	cat_act a = {0, at, who->name, action, object,
		     who->reason ? who->reason : "", hash};
	bool ok;

	if (!cat_txn_begin(db, err))
		return false;
	ok = cat_audit_head(db, &head, err);
	if (ok) {
		a.seq = head.rows + 1;
		row_hash(&a, head.head, hash);
		ok = row_insert(db, &a, err);
	}
	return cat_txn_end(db, ok, err);
}

/* The log has the time of the act; where the change counts from another time,
 * it says so. */
bool cat_change_note(cat_db *db, const cat_actor *who, int64_t at,
		     const char *action, const char *object, GError **err)
{
	const bool dated = who->now && who->now != at;
	g_autofree char *when = dated ? cat_time_text(at) : NULL;
	g_autofree char *text = dated ? g_strdup_printf("%s as of %s", object,
							when)
				      : NULL;

	return cat_exec(db, "UPDATE meta SET value = value + 1"
			    " WHERE key = 'policy'", err) &&
	       cat_audit_add(db, who, dated ? who->now : at, action,
			     dated ? text : object, err);
}

static void row_read(cat_stmt *s, cat_act *a)
{
	*a = (cat_act){cat_int(s, 0),  cat_int(s, 1),  cat_text(s, 2),
		       cat_text(s, 3), cat_text(s, 4), cat_text(s, 5),
		       cat_text(s, 6)};
}

bool cat_audit_list(cat_db *db, int64_t from, int64_t to, const char *actor,
		    cat_audit_each *each, void *user, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT seq, at, actor, action, object, reason, hash"
		    " FROM audit WHERE at >= ?1 AND at < ?2"
		    " AND (?3 IS NULL OR actor = ?3) ORDER BY seq", err);
	cat_act a;

	if (!s)
		return false;
	cat_bind_int(s, 1, from);
	cat_bind_int(s, 2, to ? to : INT64_MAX);
	cat_bind_text(s, 3, actor);
	while (cat_step(s)) {
		row_read(s, &a);
		if (!each(user, &a))
			return true;
	}
	return cat_done(s, err);
}

static bool broken(GError **err, int64_t seq, const char *what)
{
	g_set_error(err, CAT_ERROR, CAT_ERROR_CHAIN,
		    "the audit log was tampered with: row %" G_GINT64_FORMAT
		    " %s", seq, what);
	return false;
}

/* Where the row ought to be, and whether it is what was written there. */
static bool row_verify(const cat_act *a, cat_audit_state *state, GError **err)
{
	char hash[CAT_HASH];

	if (a->seq != state->rows + 1)
		return broken(err, state->rows + 1, "is missing");
	row_hash(a, state->head, hash);
	if (strcmp(hash, a->hash) != 0)
		return broken(err, a->seq, "does not fit its hash");
	state->rows = a->seq;
	g_strlcpy(state->head, hash, CAT_HASH);
	return true;
}

/* The counter of AUTOINCREMENT remembers rows that were removed from the end,
 * unless it was changed too. */
static bool tail_verify(cat_db *db, const cat_audit_state *state, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT seq FROM sqlite_sequence WHERE name = 'audit'",
		err);

	if (!s)
		return false;
	if (cat_step(s) && cat_int(s, 0) != state->rows)
		return broken(err, state->rows + 1, "is missing");
	return cat_done(s, err);
}

bool cat_audit_verify(cat_db *db, int64_t seq, const char *hash,
		      cat_audit_state *out, GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(
		db, "SELECT seq, at, actor, action, object, reason, hash"
		    " FROM audit ORDER BY seq", err);
	cat_act a;

	if (!s)
		return false;
	*out = (cat_audit_state){0};
	g_strlcpy(out->head, zeros, CAT_HASH);
	while (cat_step(s)) {
		row_read(s, &a);
		if (!row_verify(&a, out, err))
			return false;
		if (a.seq == seq && g_ascii_strcasecmp(hash, a.hash) != 0)
			return broken(err, seq,
				      "is not the one that was noted");
	}
	if (!cat_done(s, err) || !tail_verify(db, out, err))
		return false;
	return seq <= out->rows || broken(err, seq, "is missing");
}
