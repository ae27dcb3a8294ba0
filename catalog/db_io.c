#include "catalog/db.h"

#include <sqlite3.h>

G_DEFINE_QUARK(cat_error, cat_error)

enum { BUSY_MS = 5000 };

#define ADVICE_DAMAGED \
	"; put a copy back, or move it away, and run `edgetape rebuild`"

struct cat_db {
	sqlite3 *sql;
	char *path;
	GHashTable *kept;	/* text -> cat_stmt */
	unsigned depth;		/* of transactions */
	bool failed;		/* the innermost one that ended badly */
};

struct cat_stmt {
	cat_db *db;
	sqlite3_stmt *s;
	int rc;
	bool busy;
};

/* What SQLite leaves to be found out. */
static const char *advice(int code)
{
	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ADVICE_DAMAGED;
	case SQLITE_READONLY:
		return "; whose is it, and is sudo missing?";
	case SQLITE_BUSY:
		return ": another program has been writing to it for too long";
	}
	return "";
}

static bool fail(cat_db *db, GError **err)
{
	const int code = sqlite3_extended_errcode(db->sql);
	const int cause = (code & 0xff) == SQLITE_CANTOPEN
			      ? sqlite3_system_errno(db->sql)
			      : 0;

	g_set_error(err, CAT_ERROR, CAT_ERROR_DB, "%s: %s%s%s%s", db->path,
		    sqlite3_errmsg(db->sql), cause ? ": " : "",
		    cause ? g_strerror(cause) : "", advice(code));
	return false;
}

static void stmt_free(void *p)
{
	cat_stmt *s = p;

	sqlite3_finalize(s->s);
	g_free(s);
}

cat_stmt *cat_sql(cat_db *db, const char *text, GError **err)
{
	cat_stmt *s = g_hash_table_lookup(db->kept, text);

	if (s) {
		g_assert(!s->busy);
		s->busy = true;
		s->rc = SQLITE_OK;
		return s;
	}
	s = g_new0(cat_stmt, 1);
	s->db = db;
	if (sqlite3_prepare_v3(db->sql, text, -1, SQLITE_PREPARE_PERSISTENT,
			       &s->s, NULL) != SQLITE_OK) {
		fail(db, err);
		g_free(s);
		return NULL;
	}
	s->busy = true;
	g_hash_table_insert(db->kept, g_strdup(text), s);
	return s;
}

void cat_stmt_end(cat_stmt *s)
{
	if (!s)
		return;
	sqlite3_reset(s->s);
	sqlite3_clear_bindings(s->s);
	s->busy = false;
}

int cat_params(cat_stmt *s)
{
	return sqlite3_bind_parameter_count(s->s);
}

void cat_bind_int(cat_stmt *s, int n, int64_t v)
{
	int rc = sqlite3_bind_int64(s->s, n, v);

	g_assert(rc == SQLITE_OK);
}

void cat_bind_text(cat_stmt *s, int n, const char *v)
{
	int rc = sqlite3_bind_text(s->s, n, v, -1, SQLITE_STATIC);

	g_assert(rc == SQLITE_OK);
}

void cat_bind_known(cat_stmt *s, int n, int64_t v)
{
	if (v)
		cat_bind_int(s, n, v);
	else
		cat_bind_text(s, n, NULL);
}

bool cat_step(cat_stmt *s)
{
	s->rc = sqlite3_step(s->s);
	return s->rc == SQLITE_ROW;
}

bool cat_done(cat_stmt *s, GError **err)
{
	if (s->rc == SQLITE_DONE || s->rc == SQLITE_ROW || s->rc == SQLITE_OK)
		return true;
	return fail(s->db, err);
}

bool cat_run(cat_stmt *s, GError **err)
{
	while (cat_step(s))
		;
	return cat_done(s, err);
}

bool cat_run_again(cat_stmt *s, GError **err)
{
	bool ok = cat_run(s, err);

	sqlite3_reset(s->s);
	sqlite3_clear_bindings(s->s);
	return ok;
}

int64_t cat_int(cat_stmt *s, int column)
{
	return sqlite3_column_int64(s->s, column);
}

const char *cat_text(cat_stmt *s, int column)
{
	const char *t = (const char *)sqlite3_column_text(s->s, column);

	return t ? t : "";
}

bool cat_null(cat_stmt *s, int column)
{
	return sqlite3_column_type(s->s, column) == SQLITE_NULL;
}

bool cat_exec(cat_db *db, const char *sql, GError **err)
{
	if (sqlite3_exec(db->sql, sql, NULL, NULL, NULL) == SQLITE_OK)
		return true;
	return fail(db, err);
}

bool cat_txn_begin(cat_db *db, GError **err)
{
	if (db->depth == 0) {
		db->failed = false;
		if (!cat_exec(db, "BEGIN IMMEDIATE", err))
			return false;
	}
	db->depth++;
	return true;
}

bool cat_txn_end(cat_db *db, bool ok, GError **err)
{
	g_assert(db->depth > 0);
	db->failed |= !ok;
	if (--db->depth > 0)
		return ok;
	if (!db->failed && cat_exec(db, "COMMIT", err))
		return true;
	if (!sqlite3_get_autocommit(db->sql))
		cat_exec(db, "ROLLBACK", NULL);
	return false;
}

int cat_changes(cat_db *db)
{
	return sqlite3_changes(db->sql);
}

static int64_t one_int(cat_db *db, const char *sql)
{
	g_autoptr(cat_stmt) s = cat_sql(db, sql, NULL);

	return s && cat_step(s) ? cat_int(s, 0) : -1;
}

int64_t cat_data_version(cat_db *db)
{
	return one_int(db, "PRAGMA data_version");
}

int64_t cat_policy_version(cat_db *db)
{
	return one_int(db, "SELECT value FROM meta WHERE key = 'policy'");
}

/* The first of several lines that says something: "*** in database main ***"
 * does not. */
static void damaged(const cat_db *db, const char *found, GError **err)
{
	g_auto(GStrv) lines = g_strsplit(found, "\n", 3);
	const bool title = lines[0] && lines[1] && *lines[0] == '*';

	g_set_error(err, CAT_ERROR, CAT_ERROR_DB,
		    "%s is damaged: %s" ADVICE_DAMAGED, db->path,
		    lines[0] ? lines[title] : "");
}

static bool first_row_is(cat_db *db, const char *sql, const char *want,
			 GError **err)
{
	g_autoptr(cat_stmt) s = cat_sql(db, sql, err);

	if (!s)
		return false;
	if (!cat_step(s))
		return cat_done(s, err);
	if (want && !strcmp(cat_text(s, 0), want))
		return true;
	damaged(db, cat_text(s, 0), err);
	return false;
}

bool cat_check(cat_db *db, GError **err)
{
	return first_row_is(db, "PRAGMA integrity_check", "ok", err) &&
	       first_row_is(db, "PRAGMA foreign_key_check", NULL, err);
}

static cat_db *db_new(const char *path, int flags, GError **err)
{
	g_autoptr(cat_db) db = g_new0(cat_db, 1);

	db->path = g_strdup(path);
	db->kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					 stmt_free);
	if (sqlite3_open_v2(path, &db->sql, flags | SQLITE_OPEN_READWRITE |
			    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
			    NULL) != SQLITE_OK) {
		fail(db, err);
		return NULL;
	}
	sqlite3_busy_timeout(db->sql, BUSY_MS);
	if (!cat_exec(db, "PRAGMA journal_mode = WAL;"
			  "PRAGMA synchronous = FULL;"
			  "PRAGMA foreign_keys = ON;"
			  "PRAGMA trusted_schema = OFF;"
			  "PRAGMA temp_store = MEMORY;"
			  "PRAGMA cache_size = -16384;", err))
		return NULL;
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return g_steal_pointer(&db);
}

static cat_db *migrated(cat_db *made, GError **err)
{
	g_autoptr(cat_db) db = made;
	g_autoptr(GError) bad = NULL;

	if (!db)
		return NULL;
	if (!cat_migrate(db, &bad)) {
		if (g_error_matches(bad, CAT_ERROR, CAT_ERROR_VERSION))
			g_prefix_error(&bad, "%s: ", db->path);
		g_propagate_error(err, g_steal_pointer(&bad));
		return NULL;
	}
	return g_steal_pointer(&db);
}

cat_db *cat_open(const char *path, GError **err)
{
	return migrated(db_new(path, SQLITE_OPEN_CREATE, err), err);
}

cat_db *cat_open_version(const char *path, int version, GError **err)
{
	g_autoptr(cat_db) db = db_new(path, SQLITE_OPEN_CREATE, err);

	if (!db || !cat_migrate_to(db, version, err))
		return NULL;
	return g_steal_pointer(&db);
}

cat_db *cat_open_existing(const char *path, GError **err)
{
	if (!g_file_test(path, G_FILE_TEST_EXISTS))
		return NULL;
	return migrated(db_new(path, 0, err), err);
}

void cat_close(cat_db *db)
{
	int rc;

	if (!db)
		return;
	g_hash_table_unref(db->kept);
	rc = sqlite3_close(db->sql);
	g_assert(rc == SQLITE_OK);
	g_free(db->path);
	g_free(db);
}
