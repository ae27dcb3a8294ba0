/* confine.h - gives up for good what a role does not need: privileges, system
 * calls (seccomp), and files (Landlock, where the kernel has it). */
#pragma once
#include <glib.h>
#include <stdbool.h>

#define CONFINE_ERROR (confine_error_quark())
typedef enum confine_error {
	CONFINE_ERROR_SECCOMP,
	CONFINE_ERROR_LANDLOCK,
	CONFINE_ERROR_PATH,	/* an allowed path cannot be opened */
} confine_error;
GQuark confine_error_quark(void);

typedef struct confine_plan {
	bool network;		/* may make sockets */
	bool files;		/* no restriction of files; `read`, `write`
				 * unused */
	/* Directories or files, NULL at the end; everything below them is
	 * included. A missing path is ignored in `read` and an error in
	 * `write`. */
	const char *const *read;
	const char *const *write;
} confine_plan;

/* MAIN. Call it after everything privileged is open and before the first byte
 * from outside is read; threads created later inherit it. Open files stay open.
 * A confined process cannot start a program, trace another process or gain a
 * privilege. After a failure it may be partly confined and must end. */
bool confine(const confine_plan *p, GError **err);
/* Whether this kernel can restrict files at all. */
bool confine_has_landlock(void);
