/* holding.h - the files that there are of a call: its journal, its recordings
 * and what says what they are. */
#pragma once
#include "catalog/ledger.h"
#include "core/conf.h"

typedef struct holding_file {
	char *path;
	char *sha256;	/* as recorded; NULL: not known */
} holding_file;

typedef struct holding {
	char *journal;		/* directory */
	char *sidecar;		/* NULL: none */
	GArray *files;		/* of holding_file: sound, pictures, video */
} holding;

/* What the ledger and the sidecar name, whether it is there or not. */
holding *holding_new(const conf *c, const cat_entry *e);
/* What `play` and `export` say if there is no sound, or none in `format` (NULL:
 * in any). */
void holding_absent(const cat_entry *e, const char *format, const char *what,
		    GError **err);
void holding_free(holding *h);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(holding, holding_free)
/* All of it, the sidecar last; false if something is left. A missing file
 * counts as removed. */
bool holding_remove(const holding *h, GError **err);

/* The matters for which a call is held are in its journal too, one per line,
 * because the database may be lost. NULL: none. Free it. */
char *holding_matters(const holding *h);
bool holding_matters_set(const holding *h, const char *lines, GError **err);
