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

/* MAIN, before any thread. Becomes `user` (NULL, or not started as root:
 * stays who it is) and gives up every capability, for itself and for what it
 * starts; with `raw` CAP_NET_RAW is kept, if it was there, and handed to what
 * is started. On failure the process must end. */
bool rights_become(const char *user, bool raw, GError **err);
/* Between fork and exec: what is started is not handed CAP_NET_RAW. */
void rights_keep_from_child(void);
/* No core of this process, or of what it starts, holds its memory: neither the
 * kernel writes one, nor has one that a debugger makes more than registers in
 * it (coredump_filter, core(5)). Before rights_become(). */
void rights_hide_memory(void);
/* Makes a directory, that of `user` when root makes it. What exists stays as
 * it is. */
bool rights_mkdir(const char *dir, const char *user, GError **err);
