/* render_impl.h - the insides of a render, for the files that share it:
 * render.c makes the steps and the end, render_call.c begins and ends the thing
 * itself, render_take.c takes the journal in, hear.c what is heard, recording.c
 * names it. */
#pragma once
#include <stdatomic.h>

#include "app/render.h"

struct render_call {
	const render_config *cfg;
	render_config own_cfg;	/* what `cfg` points to in a second render */
	char *dir;
	follow *follow;
	captured *captured;
	story *story;
	dec_call *dec;
	mix_call *mix;		/* from the answer on */
	video *video;		/* NULL: none is wanted */
	clk_mono begin;		/* of the recording */
	clk_mono last_media;	/* capture time of the last sound */
	clk_mono last_record, last_packet;
	clk_mono silent_from;	/* while media is due: none came since */
	clk_mono now;		/* of the last step, as all of the above on the
				 * journal's clock */
	unsigned on_hold;	/* bit 1 << side: who holds the call */
	bool closed;		/* capture is done with the call */
	bool late_keys;		/* some came after the first packet */
	bool answered;		/* the mixer has been told */
	bool behind;		/* the journal has more than was taken in */
	bool looked;		/* for new files, in this step */
	bool own;		/* its files are there and have names */
	bool held;		/* packets waited for a key */
	bool settled;		/* the journal will not grow any more */
	bool late;		/* one came from before `passed` */
	clk_mono upto;		/* of the last step */
	clk_mono told_end;	/* of the step that took the call's end; 0: none
				 * did */
	clk_mono passed;	/* the decoder was told that nothing from
				 * before it will come */
	clk_mono mixed;		/* so far the mixer was told to go */
	clk_mono born;		/* when this reading of the journal began */
	uint32_t rate;		/* Hz that a codec carried later on, or 0 */
	GArray *forks;		/* of the streams, by number: render_fork */
	unsigned steps;
	uint32_t hash;		/* of the call's name */
	uint32_t news;		/* of reach_told(), when none was waiting */
	clk_mono pressed[2];	/* where the key that is down went down */
	clk_mono bye[2];	/* the side's last RTCP BYE */
	render_result result;
};

/* Into the decoder, with all codecs, or out of it. */
static inline void render_cross(const render_call *r)
{
	_Atomic uint64_t *p = r->cfg->pulse;

	if (p)
		atomic_store_explicit(
			p, atomic_load_explicit(p, memory_order_relaxed) + 1,
			memory_order_relaxed);
}

/* The fork whose key opened a stream. */
typedef struct render_fork {
	char branch[128];	/* To-tag, or "" */
	bool out;		/* it lost: the stream is left out */
} render_fork;

/* render_take.c. The recording begins when the call is answered, or where early
 * media is wanted with the first answer to an offer. A journal without that
 * record begins with whatever comes first. False: there will be no files. */
bool render_begin(render_call *r, clk_both at, GError **err);
/* Sound from before the answer is wanted: of all calls, or by a rule of this
 * one. */
bool render_early_media(const render_call *r);
/* What the journal has from before `horizon`, a step's worth at most: then
 * r->behind is set. `whole`: it will not grow, and is taken as it is. */
bool render_take(render_call *r, clk_mono horizon, bool whole, GError **err);
/* Of the processor, for the next records. For the first ones of a step its
 * worker has set it. */
void render_limit_time(const render_call *r, bool on);

/* hear.c: the decoder's word and the officers', to the mixer. */
extern const dec_sink render_ears;
void render_control(render_call *r, const story_control *c);
/* No media at all in this time, on which the call went on. */
void render_stopped(render_call *r, clk_mono from, clk_mono to);
/* What no capture saw, up to the end: gaps of both sides, unless the decoder
 * has told of them, and then their cause. */
void render_aways(render_call *r, clk_mono end);
/* The call is answered: what was heard so far came before. */
void render_early(render_call *r);

/* What the signalling told of forks: their streams go, or come back. */
void render_forks(render_call *r, clk_mono at);

/* render_call.c. From the journal's start, into the same files, in the steps to
 * come. */
void render_anew(render_call *r);

/* recording.c */
mix_call *render_open(render_call *r, GError **err);
/* NAME.json beside NAME.wav, also when NAME had to become NAME-2. */
void render_name_sidecar(render_call *r);
