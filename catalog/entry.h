/* entry.h - a ledger row as a statement reads it; private to the room. */
#pragma once
#include "catalog/db.h"
#include "catalog/ledger.h"

/* Of `call c`; cat_entry_read() takes them from column 0 on. */
#define CAT_ENTRY_COLUMNS \
	"c.id, c.name, c.begun, c.answered, c.ended, c.duration, c.outcome," \
	" c.finish, c.status, c.call_id, c.source, c.conference, c.caller," \
	" c.caller_name, c.callee, c.callee_name, c.cause, c.reason, c.rule," \
	" c.mode, c.keep, c.sidecar, c.class, c.hold, c.keep_until, c.expired," \
	" c.scope, c.announce"

cat_entry *cat_entry_read(cat_stmt *s);
/* With its details. */
cat_entry *cat_entry_load(cat_db *db, int64_t id, GError **err);
/* linked.c: stores what the entry says about other calls, its conference
 * included; what was stored before stays. */
bool cat_links_write(cat_db *db, const cat_entry *e, int64_t call,
		     int64_t begun, GError **err);
