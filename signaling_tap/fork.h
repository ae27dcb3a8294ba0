/* fork.h - the branches of one call: each is the callee's tag (RFC 3261 12.1,
 * 16.7). MAIN, all of it. */
#pragma once
#include "signaling_tap/dialog.h"

#define TAP_FORK(c, i) (&g_array_index((c)->forks, tap_fork, i))

/* Lent until another one is added; NULL when there is none. */
tap_fork *tap_fork_find(tap_call *c, span tag);
/* Adds it; NULL for an empty tag and when there are too many, which counts. */
tap_fork *tap_fork_get(tap_call *c, span tag);
/* Something was heard of it and it was not lost. */
bool tap_fork_lives(const tap_fork *f);
bool tap_fork_answered(const tap_fork *f);
/* Any fork but `but` of which that is true. */
bool tap_fork_any(const tap_call *c, bool (*is)(const tap_fork *),
		  const tap_fork *but);
/* The message's fork comes to `state` and that is told; never backwards. */
void tap_fork_to(tap_call *c, const tap_msg *m, rec_state state);
/* It is not the one that answered; told if it had been heard of. */
void tap_fork_lose(tap_call *c, const tap_msg *m, tap_fork *f);
/* The call is tried again, and lost forks are forgotten: some use their tag
 * again. */
void tap_fork_forgive(tap_call *c);
