/* voice_impl.h - internals of a dec_voice, for the files that share it: voice.c
 * keeps the clock, hole.c fills what is missing, sound.c delivers. */
#pragma once
#include "decoder/kinds.h"
#include "decoder/voice.h"

enum { DEC_CHUNK_MS = 20 };	/* of comfort noise or silence */

struct dec_voice {
	dec_out *out;
	dec_origin from;
	dec_stream_totals *totals;
	dec_kinds kinds;
	bool mute;		/* the m= line carries no sound */

	/* The clock, in extended timestamp units. */
	bool started;
	uint32_t clock;		/* units per second */
	int64_t ts;		/* of the last packet that had sound */
	clk_mono at;		/* when it came */
	int64_t next;		/* end of what was played */
	int64_t sounded;	/* end of what went to the sink */
	double jitter;		/* seconds */

	/* The last voice packet. */
	bool voiced;		/* there was one */
	uint8_t pt;
	int64_t units;		/* that it spanned */
	size_t bytes;		/* of its payload */
	bool follows;		/* as pcm_block has it */
	uint32_t talker;	/* the same */

	/* An undecodable packet, whose length the next one will show. */
	bool blind;
	int64_t blind_from;
	clk_mono blind_at;

	bool comfort;
	int64_t comfort_end;	/* timestamp at which it is too long */
	int64_t comfort_due;	/* capture time of the next chunk, ns */
	dec_noise noise;

	dec_press press;
	clk_mono press_at;
};

/* One thing to play. */
typedef struct dec_unit {
	dec_kind *k;
	uint8_t pt;
	int64_t ts;
	span payload;
	uint32_t step;		/* to the next packet, 0 unknown */
	bool follows;		/* the packet before it was played */
	clk_mono at;
} dec_unit;

/* Packets that never came before a unit. */
typedef struct dec_hole {
	uint64_t missing;
	dec_cause cause;
} dec_hole;

/* sound.c */

int64_t dec_voice_units(const dec_voice *v, int64_t ms);
/* Fills in what the stream's books know, and calls the sink. */
void dec_voice_tell(dec_voice *v, dec_event e);
/* Enters the codec's name; a change of it is an event. */
void dec_voice_note(dec_voice *v, dec_kind *k);
void dec_voice_note_codec(dec_voice *v, const dec_unit *u);
/* Delivers the codec's output to the sink; returns how many units it spans. */
int64_t dec_voice_emit(dec_voice *v, const dec_codec *c, pcm_kind kind,
		       int64_t ts, clk_mono at);
/* A stretch of comfort noise or silence at the RTP clock, in short blocks. */
void dec_voice_emit_filled(dec_voice *v, pcm_kind kind, int64_t from,
			   int64_t to, clk_mono at);

/* hole.c */

/* An undecodable packet after which nothing came: as long as the one before. */
void dec_voice_close_blind(dec_voice *v);
/* Fills everything from the end of what was played to the unit. Returns how
 * many packets RED restored. */
uint64_t dec_voice_fill(dec_voice *v, const dec_item *item,
			const dec_item *queued, const dec_unit *u,
			uint64_t missing);

/* voice.c */

void dec_voice_play_unit(dec_voice *v, const dec_unit *u);
