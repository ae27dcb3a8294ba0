/* canary.h - looks for the keys of calls where none may stand: raw, in hex, and
 * in base64 however it falls into groups of three octets. */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "core/span.h"

typedef struct canary canary;

/* The keys of both parties of calls first .. first + calls (load_key()). */
canary *canary_new(unsigned first, unsigned calls);
void canary_free(canary *c);
bool canary_in(const canary *c, span text);
/* How many files below `dir` have one; each is told as a TAP comment. */
unsigned canary_files(const canary *c, const char *dir);
/* In the environment or the command line of a process. */
bool canary_shown(const canary *c, pid_t p);
/* In its memory, as it is now. */
bool canary_alive(const canary *c, pid_t p);
/* In the core that gcore makes of it, below `dir`; -1: it makes none. */
int canary_core(const canary *c, pid_t p, const char *dir);
