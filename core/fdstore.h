/* fdstore.h - descriptors that outlive the process that opened them: given to
 * the service manager for keeping, and given back by it to the next process.
 *
 * The protocol is systemd's (sd_notify(3), FDSTORE=1; sd_listen_fds(3)). It is
 * spoken by hand: the library that does it would bring three decompressors and
 * a cipher library into a process that reads hostile packets. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* ---- who gives ---- */

typedef struct fdstore fdstore;

/* MAIN, once: takes the descriptors and the manager's address out of the
 * environment. Never NULL; without a manager nothing is kept. */
fdstore *fdstore_open(void);
/* The descriptor that the manager gave back under this name, or -1. The caller
 * closes it; the manager still keeps its own. */
int fdstore_take(fdstore *s, const char *name);
/* The first one not taken yet; its name is lent. -1: there is none left. */
int fdstore_take_next(fdstore *s, const char **name);
/* The manager gets a copy. False when there is none, or it does not listen. */
bool fdstore_keep(fdstore *s, const char *name, int fd);
/* The manager closes its copies of that name. */
void fdstore_forget(fdstore *s, const char *name);
/* Of all names: what it gave back, and what it got since. */
void fdstore_forget_all(fdstore *s);
/* Tells the manager how we are: "READY=1", "WATCHDOG=1", "STOPPING=1". */
void fdstore_say(fdstore *s, const char *state);
/* Closes what was given back and not taken. */
void fdstore_free(fdstore *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdstore, fdstore_free)

/* ---- who keeps, where systemd does not ---- */

typedef struct fdkeeper fdkeeper;

/* MAIN. `above` (lent; NULL: none) is our own manager: what it gave back is
 * kept here, and it keeps what is kept here, for the keeper after us. NULL: no
 * socket. */
fdkeeper *fdkeeper_new(fdstore *above);
/* Readable when the process has something to say. */
int fdkeeper_fd(const fdkeeper *k);
/* Takes all that `pid` has said; others are not heard. */
void fdkeeper_hear(fdkeeper *k, pid_t pid);
/* Descriptors that are kept now. */
unsigned fdkeeper_count(const fdkeeper *k);
/* The process's environment: ours, and what it must know of the keeper. Lent
 * until the next call. */
char **fdkeeper_environment(fdkeeper *k);
/* In the child, between fork and exec: the descriptors become 3, 4, ... and
 * the environment names their owner. No allocation. */
void fdkeeper_hand_over(fdkeeper *k);
void fdkeeper_free(fdkeeper *k);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdkeeper, fdkeeper_free)
