/* armlog.h - what the tap has told capture, in memory that capture's
 * supervisor and all its workers share: a new worker knows the calls in
 * progress before it reads the first packet. No key is in it. */
#pragma once
#include <glib.h>

#include "core/span.h"

typedef struct armlog armlog;

/* SUPERVISOR, before the first worker is forked. NULL: no memory. */
armlog *armlog_new(void);
/* WORKER. A message as the tap sent it. The last one of each call and side is
 * kept; the end of a call removes all of it. When there is no room the message
 * is not kept: the tap tells it again when it meets a new worker. */
void armlog_add(armlog *l, span message);
/* WORKER. All that is kept, in the order in which it came. */
void armlog_each(const armlog *l, void (*message)(void *, span), void *user);
void armlog_free(armlog *l);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(armlog, armlog_free)
