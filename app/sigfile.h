/* sigfile.h - the SIP messages of a text log, in order: each follows a line
 * "### <unix time> <note>"; or it is a trace of a Lync or Skype for Business
 * server or client, or another log with messages and their times. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "core/clock.h"
#include "core/span.h"

typedef struct sigfile sigfile;

/* NULL without an error if it is a capture: then `capture` is set. */
sigfile *sigfile_open(const char *path, bool *capture, GError **err);
/* `message` is lent until the next call. False at the end. */
bool sigfile_next(sigfile *f, clk_both *at, span *message);
/* At the end: what went wrong, a sentence each; the array owns them. */
void sigfile_tell(const sigfile *f, GPtrArray *troubles);
void sigfile_free(sigfile *f);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sigfile, sigfile_free)
