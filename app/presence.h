/* presence.h - when no tap listened. The time of each sign of life is in a file
 * that outlives the process and the host; the next sign shows how long there
 * was none. MAIN, all of it. */
#pragma once
#include <glib.h>

#include "core/clock.h"

typedef struct presence presence;

/* Nobody listened from `from` to `to`. */
typedef struct presence_gap {
	clk_wall from, to;
	bool hung;		/* the process was there, and did nothing */
} presence_gap;

enum {
	PRESENCE_HUNG_S = 3,	/* between two signs of life of one process */
};

/* The file beside the catalog. Free it. */
char *presence_path(const char *catalog);
/* The last sign of life that any tap gave; false if there is none. */
bool presence_last(const char *path, clk_wall *at);
/* `path` is made if it is not there. Never NULL; what cannot be read or written
 * is logged. True in `*away`: an earlier process gave its last sign of life at
 * `gap->from`. */
presence *presence_open(const char *path, clk_both now, bool *away,
			presence_gap *gap);
void presence_close(presence *p);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(presence, presence_close)
/* About once a second. True: the one before is too long ago. */
bool presence_beat(presence *p, clk_both now, presence_gap *gap);
