/* alarm_hook.h - starts the administrator's program for each alarm: one at a
 * time, with a time limit, never through a shell. MAIN. */
#pragma once
#include "core/alarm.h"

typedef struct alarm_hook alarm_hook;

/* `program` must outlive it; NULL or "": no program is started. */
alarm_hook *alarm_hook_new(const char *program);
/* What still waits is dropped. */
void alarm_hook_free(alarm_hook *h);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(alarm_hook, alarm_hook_free)
/* Texts that others chose (names of calls, of peers) go into the environment:
 * EDGETAPE_ALARM, _EVENT (set, over), _SEVERITY, _ROLE, _ABOUT, _TEXT and
 * _TIME. */
void alarm_hook_tell(alarm_hook *h, const alarm_line *l);
