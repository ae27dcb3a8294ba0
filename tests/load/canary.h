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
/* In the environment or the command line of a process or what it started. */
bool canary_shown(const canary *c, pid_t p);
/* In their memory, as it is now. */
bool canary_alive(const canary *c, pid_t p);
/* In the cores that gcore makes of them, below `dir`; -1: it makes none. */
int canary_core(const canary *c, pid_t p, const char *dir);
/* A child with a key of this call in plain sight and nothing hidden, in `dir`:
 * who looks into cores sees it. Kill it and wait for it. */
pid_t canary_careless(unsigned call, const char *dir);
/* Whoever is started from now on may leave a core as large as it likes. */
void canary_allow_cores(void);
/* A process, or one that it started, may still; it could allow itself to when
 * only the soft limit is 0. */
bool canary_may_dump(pid_t p);
/* Lets a child crash: true when it left a core. */
bool canary_dumps(pid_t p);
