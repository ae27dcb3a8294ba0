/* sigwire.h - the SIP messages in captured frames: SIP or HEP3 over UDP, TCP or
 * TLS. One for all captures of a replay, so that a stream may go from one file
 * to the next. */
#pragma once
#include <glib.h>

#include "core/clock.h"
#include "signaling_tap/keylog.h"

typedef struct sigwire sigwire;

/* `keys` outlives it; NULL: TLS stays closed. Free with sigwire_free(). */
sigwire *sigwire_new(const tap_keylog *keys);
void sigwire_free(sigwire *w);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sigwire, sigwire_free)
/* Then take the messages, all of them, while the frame is there. */
void sigwire_frame(sigwire *w, int link, span frame, clk_both at);
/* Lent until the next call. */
bool sigwire_next(sigwire *w, clk_both *at, span *message);
/* At the end: what went wrong, a sentence each; the arrays own them. `notes`
 * are what may be meant so: TLS of others, for one. */
void sigwire_tell(const sigwire *w, GPtrArray *troubles, GPtrArray *notes);
