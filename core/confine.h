/* confine.h - a role gives up, for good, what it does not need: privileges,
 * system calls (seccomp), and files (Landlock, where the kernel has it). */
#pragma once
#include <glib.h>
#include <stdbool.h>

#define CONFINE_ERROR (confine_error_quark())
typedef enum confine_error {
	CONFINE_ERROR_SECCOMP,
	CONFINE_ERROR_LANDLOCK,
	CONFINE_ERROR_PATH,	/* a path to be allowed cannot be opened */
} confine_error;
GQuark confine_error_quark(void);

typedef struct confine_plan {
	bool network;		/* may make sockets */
	bool files;		/* no rule for files; `read`, `write` unused */
	/* Directories or files, NULL at the end; all below them counts. What
	 * does not exist is passed over in `read` and an error in `write`. */
	const char *const *read;
	const char *const *write;
} confine_plan;

/* MAIN, after everything privileged is open and before the first byte from
 * outside is read; all threads made later inherit it. Files that are open stay
 * open. Nobody confined can start a program, trace another process or gain a
 * privilege. On failure the process may be confined in part: it must end. */
bool confine(const confine_plan *p, GError **err);
/* Whether this kernel can confine by files at all. */
bool confine_has_landlock(void);
