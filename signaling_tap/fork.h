/* fork.h - the forks of one call, each identified by the callee's tag (RFC 3261
 * 12.1, 16.7). MAIN, all of it. */
#pragma once
#include "signaling_tap/dialog.h"

#define TAP_FORK(c, i) (&g_array_index((c)->forks, tap_fork, i))

/* Valid until another one is added; NULL if there is none. */
tap_fork *tap_fork_find(tap_call *c, span tag);
/* Adds it. NULL for an empty tag, and (counted) if there are too many. */
tap_fork *tap_fork_get(tap_call *c, span tag);
/* It has been heard of, and has not failed. */
bool tap_fork_lives(const tap_fork *f);
bool tap_fork_answered(const tap_fork *f);
/* Any fork except `but` for which this is true. */
bool tap_fork_any(const tap_call *c, bool (*is)(const tap_fork *),
		  const tap_fork *but);
/* Moves the message's fork on to `state` and reports it; never backwards. */
void tap_fork_to(tap_call *c, const tap_msg *m, rec_state state);
/* Another fork answered, or this one failed; reported if it had been heard
 * of. */
void tap_fork_lose(tap_call *c, const tap_msg *m, tap_fork *f);
/* The call is tried again: forgets failed forks, because some phones reuse
 * their tag. */
void tap_fork_forgive(tap_call *c);
