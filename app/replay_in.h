/* replay_in.h - all inputs of a replay as one sequence in the order of time:
 * SIP messages of logs and captures, frames of captures. */
#pragma once
#include "app/replay.h"

typedef struct replay_in replay_in;

typedef enum replay_what {
	REPLAY_END,
	REPLAY_MESSAGE,
	REPLAY_FRAME,
} replay_what;

typedef struct replay_item {
	clk_both at;
	span bytes;		/* lent until the next call */
	int link;		/* of a frame */
} replay_item;

/* NULL when an input cannot be read at all. Free with replay_in_free(). */
replay_in *replay_in_open(const replay_plan *plan, GError **err);
void replay_in_free(replay_in *in);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(replay_in, replay_in_free)
/* Damaged inputs are read as far as they go. */
replay_what replay_in_next(replay_in *in, replay_item *out);
/* Share of the captures that has been read, 0 to 1. */
double replay_in_done(const replay_in *in);
/* At the end: like sigwire_tell(), for all inputs. */
void replay_in_tell(const replay_in *in, GPtrArray *troubles, GPtrArray *notes);
