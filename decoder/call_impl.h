/* call_impl.h - internals of a dec_call, for the three files that share it:
 * call.c keeps time and the held packets, media.c opens RTP, control.c RTCP. */
#pragma once
#include "decoder/dec.h"
#include "decoder/hold.h"
#include "decoder/search.h"

enum {
	DEC_PACKET_MAX = 1 << 16,
	DEC_TURNS_MAX = 64,	/* how often one look at the held packets may
				 * start over: odd packets could make it
				 * endless */
};

/* Packets of one SSRC that left the hold unopened. */
typedef struct dec_unopened {
	uint32_t ssrc;
	uint8_t side, media;
	dec_cause cause;
	clk_mono at;		/* of the first */
	uint64_t packets;
} dec_unopened;

struct dec_call {
	dec_out out;
	dec_keyring ring;
	dec_hold hold;
	dec_search search;
	GPtrArray *sources;	/* of dec_source */
	GArray *unopened;	/* of dec_unopened */
	dec_totals totals;
	clk_mono now;
	bool unlocked;		/* a key or counter was just found: held packets
				 * may open now */
	bool anew;		/* look at the held packets from the start */
	unsigned turns;		/* how often that was asked for */
	uint8_t *clear;		/* DEC_PACKET_MAX octets; NULL when not in
				 * use */
};

/* One packet, held before or not. DEC_HELD if nothing opens it. */
dec_fate dec_call_media(dec_call *c, const pkt *p);
dec_fate dec_call_control(dec_call *c, const pkt *p);

/* The source with this SSRC, side and m= line; NULL if there is none. */
dec_source *dec_call_source(const dec_call *c, uint32_t ssrc, uint8_t side,
			    uint8_t media);
/* The same, created if need be, which sends under `lock` from now on. NULL if
 * the call has too many. */
dec_source *dec_call_lock(dec_call *c, uint32_t ssrc, uint8_t side,
			  uint8_t media, dec_lock lock);
