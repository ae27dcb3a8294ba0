/* sigfile.h - the SIP messages of a file, in its order. The file is a capture
 * with SIP or HEP3 over UDP, TCP or TLS; a text log in which each message
 * follows a line "### <unix time> <note>"; a trace of a Lync or Skype for
 * Business server or client; or another log of messages that tells their
 * times. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "core/clock.h"
#include "signaling_tap/keylog.h"

typedef struct sigfile sigfile;

/* `keys` outlives it; NULL: TLS stays closed. */
sigfile *sigfile_open(const char *path, const tap_keylog *keys, GError **err);
/* `message` is lent until the next call. False at the end. */
bool sigfile_next(sigfile *f, clk_both *at, span *message);
/* Messages given so far. */
unsigned sigfile_count(const sigfile *f);
/* What went wrong, known at the end, one sentence each (owned by the array).
 * `notes` are what may be meant so: TLS of others, for one. */
void sigfile_tell(const sigfile *f, GPtrArray *troubles, GPtrArray *notes);
void sigfile_free(sigfile *f);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sigfile, sigfile_free)
