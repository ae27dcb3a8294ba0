/* alarm_watch.h - the alarms of all roles of a host: their history, the hook,
 * and what no single role can see: roles that are gone, disks, the clock, our
 * certificate. MAIN of `edgetape run`, or of `edgetape alarms watch`. */
#pragma once
#include "core/alarm.h"
#include "core/conf.h"

typedef struct alarm_watch alarm_watch;

/* Looks about every second from the default main context. `conf` is lent. */
alarm_watch *alarm_watch_new(const conf *c);
void alarm_watch_free(alarm_watch *w);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(alarm_watch, alarm_watch_free)
/* Of the supervisor: this role is (not) as it should be. NULL text: it is. */
void alarm_watch_role(alarm_watch *w, const char *role, const char *text);

/* Every alarm that is set in the files of roles that run. False: no role runs,
 * or its files may not be read, so that nothing is known about alarms. */
typedef void alarm_each(void *user, const alarm_line *l);
bool alarm_files_read(const char *run, alarm_each *each, void *user,
		      GError **err);
/* DIR/alarms.log beside the catalog; free it. */
char *alarm_history_path(const conf *c);
/* The older file and then this one. */
void alarm_history_read(const char *path, alarm_each *each, void *user);
