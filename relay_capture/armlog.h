/* armlog.h - what the tap has told capture about calls, in memory shared by
 * capture's supervisor and its workers, so that a new worker knows the calls in
 * progress before it reads the first packet. It contains no key. */
#pragma once
#include <glib.h>

#include "core/clock.h"
#include "core/fdstore.h"
#include "core/span.h"

typedef struct relay_armlog relay_armlog;

/* SUPERVISOR, before the first worker is forked. Room for `bytes` of messages
 * about calls in progress, allocated as it is used. NULL: no memory. */
relay_armlog *relay_armlog_new(size_t bytes);
/* SUPERVISOR. The service manager keeps it for the next supervisor; NULL: there
 * is none, or it is of another version. */
bool relay_armlog_keep(const relay_armlog *l, fdstore *with);
relay_armlog *relay_armlog_adopt(size_t bytes, fdstore *from);
/* WORKER. A message as the tap sent it. The last one for each call and side is
 * kept; the end of a call removes all of its messages. False if there is no
 * room: the tap then tells the next worker itself, a little later. */
MUST_CHECK bool relay_armlog_add(relay_armlog *l, span message);
/* WORKER. All messages kept, in the order in which they came, except those of
 * calls that ended before `since`. */
void relay_armlog_each(const relay_armlog *l, clk_mono since,
		       void (*message)(void *, span), void *user);
void relay_armlog_free(relay_armlog *l);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(relay_armlog, relay_armlog_free)
