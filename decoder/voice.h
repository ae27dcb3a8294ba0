/* voice.h - turns the payloads of one source, in order, into sound on its
 * clock.
 *
 * Owns the codecs, the clock, concealment, RED, comfort noise and telephone
 * events. Of sequence numbers it knows only how many are missing. */
#pragma once
#include "decoder/cn.h"
#include "decoder/dtmf.h"
#include "decoder/out.h"
#include "decoder/queue.h"

typedef struct dec_voice dec_voice;

/* `out` must outlive it. */
dec_voice *dec_voice_new(dec_out *out, const dec_origin *from, clk_mono at);
void dec_voice_free(dec_voice *v);

/* The next packet, before which `missing` ones never came, for `cause`. The
 * items from `item` on are in the queue: later ones may repair the hole. */
void dec_voice_play(dec_voice *v, const dec_item *item, const dec_item *queued,
		    uint64_t missing, dec_cause cause);
/* When comfort noise or the end of a key press is due though nothing came
 * (INT64_MAX for never), and the function that handles all that is due. */
int64_t dec_voice_due(const dec_voice *v);
void dec_voice_run(dec_voice *v, clk_mono now);
/* The source restarted: a new stream number. */
void dec_voice_restart(dec_voice *v, clk_mono at);
/* Nothing more will come. */
void dec_voice_finish(dec_voice *v);

dec_stream_totals *dec_voice_totals(const dec_voice *v);
/* An RTP timestamp near now on the stream's extended clock. False before the
 * first sound. */
MUST_CHECK bool dec_voice_extend(const dec_voice *v, uint32_t ts, int64_t *ext);
/* The origin changed its key. */
void dec_voice_keyed(dec_voice *v, const dec_origin *from, clk_mono at);
