/* stamp.h - the times that logs write. Pure. */
#pragma once
#include "core/clock.h"
#include "core/span.h"

/* A time at the front of `in`, which is eaten:
 *
 *	2015-05-14T12:11:26.344Z  2015/05/14 12:11:26,344  or +02:00 behind it
 *	05/14/2015-12:11:26.344   05/14/2015|12:11:26.344  month first
 *	### 1431605486.344        seconds since 1970
 *
 * Without a zone it is UTC. Digits behind the ninth decimal are dropped. On
 * failure nothing moves. */
MUST_CHECK bool tap_stamp_get(span *in, clk_wall *out);
/* The first time in a line; `before` is what precedes it. */
MUST_CHECK bool tap_stamp_find(span line, clk_wall *out, span *before);
