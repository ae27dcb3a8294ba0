/* stats_watch.h - capture's account of each interface and interval. */
#pragma once
#include "core/conf.h"

/* Prints what became of the packets of each interval of at least `seconds`, as
 * text or as a JSON object a line; 0 `times`: until it is interrupted. The exit
 * status: 1 when capture is not there, or not any more. */
int stats_watch(const conf *c, unsigned seconds, unsigned times, bool json);
