#include "catalog/db.h"

/* What another version of the program reads must not change: a step that was
 * released stays as it is, and only new ones are added behind it. Times are
 * seconds since 1970 UTC, in `call` and its children milliseconds. */
static const char *const steps[] = {
	/* 1: people, rules, lists */
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"INSERT INTO meta VALUES ('policy', 1);"
	"CREATE TABLE person ("
	"  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,"
	"  name TEXT NOT NULL, site TEXT NOT NULL,"
	"  since INTEGER NOT NULL, until INTEGER);"
	"CREATE TABLE identity ("
	"  id INTEGER PRIMARY KEY,"
	"  person INTEGER NOT NULL REFERENCES person,"
	"  value TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER);"
	"CREATE INDEX identity_value ON identity (value);"
	"CREATE INDEX identity_person ON identity (person);"
	"CREATE UNIQUE INDEX identity_now ON identity (value)"
	"  WHERE until IS NULL;"
	"CREATE TABLE member ("
	"  id INTEGER PRIMARY KEY,"
	"  person INTEGER NOT NULL REFERENCES person,"
	"  grp TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER);"
	"CREATE INDEX member_person ON member (person);"
	"CREATE INDEX member_grp ON member (grp);"
	"CREATE TABLE rule ("
	"  id INTEGER PRIMARY KEY, name TEXT NOT NULL, spec TEXT NOT NULL,"
	"  since INTEGER NOT NULL, until INTEGER);"
	"CREATE UNIQUE INDEX rule_now ON rule (name) WHERE until IS NULL;"
	"CREATE TABLE list ("
	"  list TEXT NOT NULL, value TEXT NOT NULL,"
	"  PRIMARY KEY (list, value)) WITHOUT ROWID;"
	"INSERT INTO list VALUES ('emergency', '112'), ('emergency', '911'),"
	"  ('emergency', '999'), ('emergency', '000'), ('emergency', '110');",

	/* 2: the ledger */
	"CREATE TABLE address ("
	"  id INTEGER PRIMARY KEY, value TEXT NOT NULL UNIQUE);"
	"CREATE TABLE call ("
	"  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
	"  begun INTEGER NOT NULL, answered INTEGER, ended INTEGER,"
	"  duration INTEGER NOT NULL DEFAULT 0,"
	"  outcome INTEGER NOT NULL DEFAULT 0,"
	"  finish INTEGER NOT NULL DEFAULT 0, status INTEGER,"
	"  call_id TEXT, source TEXT, conference TEXT,"
	"  caller TEXT, caller_name TEXT, callee TEXT, callee_name TEXT,"
	"  cause TEXT, reason TEXT, rule TEXT, mode TEXT, keep INTEGER,"
	"  keep_until INTEGER, hold INTEGER NOT NULL DEFAULT 0,"
	"  sidecar TEXT);"
	"CREATE INDEX call_time ON call (begun, outcome, duration, id);"
	"CREATE INDEX call_outcome ON call (outcome, begun);"
	"CREATE INDEX call_duration ON call (duration);"
	"CREATE INDEX call_call_id ON call (call_id);"
	/* who took part in a call ('p') and to whom it belongs ('o') */
	"CREATE TABLE party ("
	"  address INTEGER NOT NULL REFERENCES address,"
	"  begun INTEGER NOT NULL,"
	"  call INTEGER NOT NULL REFERENCES call ON DELETE CASCADE,"
	"  role TEXT NOT NULL CHECK (role IN ('p', 'o')),"
	"  PRIMARY KEY (address, begun, call, role)) WITHOUT ROWID;"
	"CREATE INDEX party_call ON party (call, role);"
	"CREATE TABLE gap ("
	"  call INTEGER NOT NULL REFERENCES call ON DELETE CASCADE,"
	"  side INTEGER NOT NULL, cause TEXT NOT NULL, at INTEGER NOT NULL,"
	"  length INTEGER NOT NULL, packets INTEGER NOT NULL);"
	"CREATE INDEX gap_call ON gap (call);"
	"CREATE TABLE file ("
	"  call INTEGER NOT NULL REFERENCES call ON DELETE CASCADE,"
	"  name TEXT NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL,"
	"  channels INTEGER NOT NULL);"
	"CREATE INDEX file_call ON file (call);",

	/* 3: the audit log; the database itself refuses to change it */
	"CREATE TABLE audit ("
	"  seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,"
	"  actor TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL,"
	"  reason TEXT NOT NULL, hash TEXT NOT NULL);"
	"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN"
	"  SELECT RAISE(ABORT, 'the audit log is append only'); END;"
	"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN"
	"  SELECT RAISE(ABORT, 'the audit log is append only'); END;",

	/* 4: how long calls are kept. `hold` of a call counts its holds;
	 * `expired` is when its deletion was decided, `removed` when its files
	 * were gone. Sites get a history */
	"ALTER TABLE call ADD COLUMN class TEXT;"
	"ALTER TABLE call ADD COLUMN expired INTEGER;"
	"ALTER TABLE call ADD COLUMN removed INTEGER;"
	"CREATE INDEX call_keep ON call (keep_until)"
	"  WHERE removed IS NULL AND sidecar IS NOT NULL;"
	"CREATE TABLE hold ("
	"  id INTEGER PRIMARY KEY,"
	"  call INTEGER NOT NULL REFERENCES call ON DELETE CASCADE,"
	"  matter TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER);"
	"CREATE UNIQUE INDEX hold_now ON hold (call, matter)"
	"  WHERE until IS NULL;"
	"INSERT INTO hold (call, matter, since)"
	"  SELECT id, 'hold', begun / 1000 FROM call WHERE hold;"
	"CREATE TABLE stay ("
	"  id INTEGER PRIMARY KEY,"
	"  person INTEGER NOT NULL REFERENCES person,"
	"  site TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER);"
	"CREATE INDEX stay_person ON stay (person);"
	"INSERT INTO stay (person, site, since, until)"
	"  SELECT id, site, since, until FROM person WHERE site <> '';",

	/* 5: internal, external, federated or pstn */
	"ALTER TABLE call ADD COLUMN scope TEXT;",

	/* 6: what capture counted for a call */
	"CREATE TABLE count ("
	"  call INTEGER NOT NULL REFERENCES call ON DELETE CASCADE,"
	"  what TEXT NOT NULL, packets INTEGER NOT NULL,"
	"  PRIMARY KEY (call, what)) WITHOUT ROWID;",

	/* 7: calls are sought by scope */
	"CREATE INDEX call_scope ON call (scope, begun);",

	/* 8: what links calls (cat_link_kind), and whether an announcement was
	 * expected */
	"ALTER TABLE call ADD COLUMN announce INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX call_announce ON call (begun) WHERE announce;"
	"CREATE TABLE link ("
	"  kind INTEGER NOT NULL, value TEXT NOT NULL,"
	"  begun INTEGER NOT NULL,"
	"  call INTEGER NOT NULL REFERENCES call ON DELETE CASCADE,"
	"  PRIMARY KEY (kind, value, begun, call)) WITHOUT ROWID;"
	"CREATE INDEX link_call ON link (call);"
	"INSERT INTO link SELECT 0, conference, begun, id FROM call"
	"  WHERE conference <> '';",

	/* 9: calls are found by how their names end, as tables show them */
	"CREATE INDEX call_tail ON call (substr(name, -8));",

	/* 10: when no tap listened */
	"CREATE TABLE away ("
	"  began INTEGER NOT NULL, ended INTEGER NOT NULL,"
	"  why TEXT NOT NULL, PRIMARY KEY (began, ended)) WITHOUT ROWID;",
};

int cat_schema_version(void)
{
	return (int)G_N_ELEMENTS(steps);
}

static int version_of(cat_db *db)
{
	g_autoptr(cat_stmt) s = cat_sql(db, "PRAGMA user_version", NULL);

	return s && cat_step(s) ? (int)cat_int(s, 0) : -1;
}

static bool step_apply(cat_db *db, int n, GError **err)
{
	g_autofree char *done = g_strdup_printf("PRAGMA user_version = %d",
						n + 1);

	return cat_exec(db, steps[n], err) && cat_exec(db, done, err);
}

bool cat_migrate_to(cat_db *db, int version, GError **err)
{
	bool ok = true;
	int n;

	if (!cat_txn_begin(db, err))
		return false;
	/* Inside the transaction: another process may be doing the same. */
	for (n = version_of(db); ok && n >= 0 && n < version; n++)
		ok = step_apply(db, n, err);
	return cat_txn_end(db, ok && n >= 0, err);
}

bool cat_migrate(cat_db *db, GError **err)
{
	int n = version_of(db);

	if (n == cat_schema_version())
		return true;
	if (n > cat_schema_version()) {
		g_set_error(err, CAT_ERROR, CAT_ERROR_VERSION,
			    "the catalog has version %d and this edgetape "
			    "knows %d: run the newer edgetape", n,
			    cat_schema_version());
		return false;
	}
	if (cat_migrate_to(db, cat_schema_version(), err))
		return true;
	g_prefix_error(err, "bringing the catalog up to date: ");
	return false;
}
