/* db.h - statements of one connection; private to the room.
 *
 *	g_autoptr(cat_stmt) s = cat_sql(db, "SELECT ... ?1", err);
 *	if (!s) return false;
 *	cat_bind_text(s, 1, key);
 *	while (cat_step(s)) use(cat_text(s, 0));
 *	return cat_done(s, err);
 *
 * Values are bound, never pasted into the text. */
#pragma once
#include "catalog/cat.h"

typedef struct cat_stmt cat_stmt;

/* Compiled once and kept by the connection. NULL on error. The same text can be
 * in use only once at a time. */
cat_stmt *cat_sql(cat_db *db, const char *text, GError **err);
void cat_stmt_end(cat_stmt *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cat_stmt, cat_stmt_end)
void cat_bind_int(cat_stmt *s, int n, int64_t v);
/* How many values the text has places for. */
int cat_params(cat_stmt *s);
/* NULL text is SQL's NULL. The text must stay valid until the statement
 * ends. */
void cat_bind_text(cat_stmt *s, int n, const char *v);
/* 0 becomes NULL: unknown. */
void cat_bind_known(cat_stmt *s, int n, int64_t v);
/* True: there is a row. */
bool cat_step(cat_stmt *s);
/* False if cat_step() ended with an error. */
bool cat_done(cat_stmt *s, GError **err);
/* Step and done, for statements without rows. */
bool cat_run(cat_stmt *s, GError **err);
/* Runs it, binds it anew: for loops. */
bool cat_run_again(cat_stmt *s, GError **err);
int64_t cat_int(cat_stmt *s, int column);
/* "" for NULL. Valid until the next step. */
const char *cat_text(cat_stmt *s, int column);
bool cat_null(cat_stmt *s, int column);

/* Several statements without values. */
bool cat_exec(cat_db *db, const char *sql, GError **err);
/* BEGIN IMMEDIATE; nests: only the outermost counts. */
bool cat_txn_begin(cat_db *db, GError **err);
/* Commits if `ok`, otherwise rolls back; returns whether it was committed. */
bool cat_txn_end(cat_db *db, bool ok, GError **err);
/* The number of rows changed by the last statement. */
int cat_changes(cat_db *db);
/* Changes whenever another connection has committed. Cheap. */
int64_t cat_data_version(cat_db *db);
/* Increases with every change of users, rules or lists, by which calls are
 * decided. */
int64_t cat_policy_version(cat_db *db);

/* audit.c. "2026-11-21T22:28:00Z". Free it. */
char *cat_time_text(int64_t at);
/* Writes the audit row of such a change, and the new version. */
bool cat_change_note(cat_db *db, const cat_actor *who, int64_t at,
		     const char *action, const char *object, GError **err);

/* migrate.c: brings the file to the version that this program knows. */
bool cat_migrate(cat_db *db, GError **err);
int cat_schema_version(void);	/* the newest */
bool cat_migrate_to(cat_db *db, int version, GError **err);
/* A new database as made by an older edgetape, to test migrations. */
cat_db *cat_open_version(const char *path, int version, GError **err);
