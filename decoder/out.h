/* out.h - what the parts of a decoder share: the sink, the payload map, one
 * PCM buffer, and the books of each stream. */
#pragma once
#include "decoder/codec.h"
#include "decoder/dec.h"
#include "decoder/ptmap.h"

typedef struct dec_out {
	dec_config config;
	dec_sink sink;
	void *user;
	dec_ptmap map;
	GPtrArray *streams;	/* of dec_stream_totals, by number */
	dec_pcm *pcm;		/* what was decoded last; NULL at rest */
	clk_mono released;	/* of what is being played */
} dec_out;

/* What a stream number stands for. */
typedef struct dec_origin {
	uint32_t ssrc;
	uint8_t side, media;
	bool encrypted;
	const char *suite;
	uint32_t key_serial, key_tag;	/* as dec_stream_totals has them */
	uint8_t mki;
	const char *branch;	/* To-tag of the fork whose key it is, or "" */
} dec_origin;

/* Whose key it is now, into the books. */
void dec_out_origin(dec_stream_totals *t, const dec_origin *from);
/* A new stream number; its books are lent until the decoder goes. Tells the
 * sink. */
dec_stream_totals *dec_out_stream(dec_out *o, const dec_origin *from,
				  clk_mono at);

/* Fills in what the stream's books know, and tells the sink. */
void dec_out_event(dec_out *o, const dec_stream_totals *t, dec_event e);
