/* fdstore.h - descriptors that outlive the process that opened them: the
 * service manager keeps them and gives them to the next process.
 *
 * The protocol is systemd's (sd_notify(3), FDSTORE=1; sd_listen_fds(3)). It is
 * implemented here because the library for it would bring three decompressors
 * and a cipher library into a process that reads hostile packets. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* ---- the process that gives ---- */

typedef struct fdstore fdstore;

/* MAIN, once. Takes the descriptors and the manager's address from the
 * environment. Never NULL; without a manager nothing is kept. */
fdstore *fdstore_open(void);
/* The descriptor that the manager returned under this name, or -1. The caller
 * closes it; the manager still has its own copy. */
int fdstore_take(fdstore *s, const char *name);
/* The first one not taken yet, with its name (owned by the store); -1 if there
 * is none left. */
int fdstore_take_next(fdstore *s, const char **name);
/* The manager gets a copy. False if there is no manager, or it does not
 * listen. */
bool fdstore_keep(fdstore *s, const char *name, int fd);
/* The manager closes its copies of that name. */
void fdstore_forget(fdstore *s, const char *name);
/* All names: those the manager returned, and those it has got since. */
void fdstore_forget_all(fdstore *s);
/* Tells the manager our state: "READY=1", "WATCHDOG=1", "STOPPING=1". */
void fdstore_say(fdstore *s, const char *state);
/* Closes what was returned and not taken. */
void fdstore_free(fdstore *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdstore, fdstore_free)

/* ---- the process that keeps, in systemd's place ---- */

typedef struct fdkeeper fdkeeper;

/* MAIN. `above` (borrowed; may be NULL) is our own manager. What it returned is
 * kept here, and it keeps what is kept here, for the keeper after us. NULL: no
 * socket. */
fdkeeper *fdkeeper_new(fdstore *above);
/* Readable when the process has sent something. */
int fdkeeper_fd(const fdkeeper *k);
/* Takes everything that `pid` has sent; other senders are ignored. */
void fdkeeper_hear(fdkeeper *k, pid_t pid);
/* The number of descriptors kept now. */
unsigned fdkeeper_count(const fdkeeper *k);
/* The process's environment: ours, and what it must know about the keeper.
 * Valid until the next call. */
char **fdkeeper_environment(fdkeeper *k);
/* In the child, between fork and exec: the descriptors become 3, 4, ... and
 * the environment names their owner. No allocation. */
void fdkeeper_hand_over(fdkeeper *k);
void fdkeeper_free(fdkeeper *k);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdkeeper, fdkeeper_free)
