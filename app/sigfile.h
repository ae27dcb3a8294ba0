/* sigfile.h - the SIP messages of a file, in its order: a text log in which
 * each message follows a line "### <unix time> <note>", or a capture with SIP
 * or HEP3 over UDP or TCP. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "core/clock.h"
#include "core/span.h"

typedef struct sigfile sigfile;

sigfile *sigfile_open(const char *path, GError **err);
/* `message` is lent until the next call. False at the end. */
bool sigfile_next(sigfile *f, clk_both *at, span *message);
/* Messages given so far. */
unsigned sigfile_count(const sigfile *f);
/* One sentence when the file is damaged, else NULL; known at the end. */
const char *sigfile_trouble(const sigfile *f);
void sigfile_free(sigfile *f);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sigfile, sigfile_free)
