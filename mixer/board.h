/* board.h - one step of a call: mixes what both parties said and writes it to
 * the files. */
#pragma once
#include "mixer/marks.h"
#include "mixer/sink.h"
#include "mixer/track.h"

typedef struct mix_board mix_board;

/* Opens the files. Everything passed in must outlive it; desk->rate is set.
 * NULL on failure. Free with mix_board_free(). */
mix_board *mix_board_new(const mix_plan *plan, mix_desk *desk,
			 const mix_marks *marks, GError **err);
/* The part files stay. NULL is fine. */
void mix_board_free(mix_board *b);
/* Samples in a step of MIX_QUANTUM_MS, and those made so far. */
size_t mix_board_quantum(const mix_board *b);
int64_t mix_board_made(const mix_board *b);
/* Take and return the memory that steps need. A worker has hundreds of calls
 * but only one of them is in a step; the next one gets the same memory, which
 * is still in the cache. */
void mix_board_wake(mix_board *b);
void mix_board_sleep(mix_board *b);
/* The next n samples, at most a quantum, of the tracks (of mix_track). */
bool mix_board_step(mix_board *b, const GPtrArray *tracks, size_t n,
		    GError **err);
/* No more comes: writes what strips and limiters still hold. */
bool mix_board_rest(mix_board *b, GError **err);
/* What was written can be played from now on. */
bool mix_board_flush(mix_board *b, GError **err);
/* Totals and pictures; the files are complete. */
bool mix_board_seal(mix_board *b, mix_totals *out, GError **err);
/* Instead: mix_board_publish() takes the files away. Returns their name without
 * its ending. */
char *mix_board_drop(mix_board *b);
/* They take their names. */
bool mix_board_publish(mix_board *b, GError **err);
