/* track.h - puts one source's packets in order, and counts what is missing. */
#pragma once
#include "decoder/voice.h"

typedef struct dec_track dec_track;

/* `out` must outlive it. */
dec_track *dec_track_new(dec_out *out, const dec_origin *from, clk_mono at);
void dec_track_free(dec_track *t);

/* An authentic packet whose index was not given before. DEC_MEDIA, or DEC_LATE
 * if it is too late for its place. */
dec_fate dec_track_packet(dec_track *t, const dec_item *item);
/* A packet of that index came and could not be opened. */
void dec_track_unopened(dec_track *t, uint64_t index);
/* When something is due even if no packet comes; INT64_MAX for never. */
int64_t dec_track_due(const dec_track *t);
void dec_track_run(dec_track *t, clk_mono now);
/* Plays everything that waits: no packet will come or, after a restart, none of
 * the old numbering. */
void dec_track_finish(dec_track *t);
void dec_track_restart(dec_track *t, clk_mono at);
dec_voice *dec_track_voice(dec_track *t);
