/* rights.h - the user and the capabilities that a process runs with. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#define RIGHTS_ERROR (rights_error_quark())
typedef enum rights_error {
	RIGHTS_ERROR_USER,	/* there is no such user */
	RIGHTS_ERROR_DROP,
} rights_error;
GQuark rights_error_quark(void);

/* MAIN, before any thread. Becomes `user` (unless NULL, or not started as root)
 * and gives up every capability, for itself and its children. With `raw`,
 * CAP_NET_RAW is kept if it was there, and inherited by children. After a
 * failure the process must end. */
bool rights_become(const char *user, bool raw, GError **err);
/* Between fork and exec: the child does not inherit CAP_NET_RAW. */
void rights_keep_from_child(void);
/* No core dump of this process or its children contains its memory: the kernel
 * writes none, and one made by a debugger has little more than registers
 * (coredump_filter, core(5)). Call it before rights_become(). */
void rights_hide_memory(void);
/* Creates a directory and those above it; if root creates them, they belong to
 * `user`. An existing one is not changed. */
bool rights_mkdir(const char *dir, const char *user, GError **err);
