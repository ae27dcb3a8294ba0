/* dec_heard.h - a sink that keeps what a decoder gives it, and checks that
 * blocks of a stream rise and never overlap. */
#pragma once
#include <glib.h>

#include "decoder/dec.h"
#include "tests/support/sender.h"

enum { HEARD_STREAMS = 1024 };

typedef struct heard_block {
	pcm_block b;		/* pcm points nowhere */
	int16_t first, last;
} heard_block;

typedef struct heard {
	GArray *pcm;		/* of int16_t, all streams in turn */
	GArray *blocks;		/* of heard_block */
	GString *log;		/* a line per block and event */
	uint64_t events[16];	/* by dec_event_kind */
	dec_event last[16];
	uint64_t gap_packets;	/* of all DEC_GAP */
	unsigned reports;
	pcm_report report;
	int64_t end[HEARD_STREAMS];	/* timestamp, by stream */
	bool begun[HEARD_STREAMS];
} heard;

extern const dec_sink heard_sink;	/* its user is a heard */

void heard_init(heard *h);
void heard_clear(heard *h);
/* Samples of one kind. */
uint64_t heard_frames(const heard *h, pcm_kind kind);
/* Asserts that the blocks follow each other without a hole. */
void heard_joined(const heard *h);

/* A call whose two parties are described. */
typedef struct dec_fix {
	heard h;
	sender a, b;		/* caller and callee */
	dec_call *c;
} dec_fix;

/* Neither party is described yet; `suite` NULL for plain RTP. */
void dec_fix_begin(dec_fix *f, const char *suite);
void dec_fix_describe(dec_fix *f, const sender *s, bool answer,
		      uint32_t serial, uint32_t tag);
/* Offer by `a`, answer by `b`. */
void dec_fix_agree(dec_fix *f);
/* Both, with plain RTP; the first stream of the caller is number 0. */
void dec_fix_plain(dec_fix *f);
void dec_fix_end(dec_fix *f);

/* A packet of 20 ms of mu-law, each octet `tone`. */
pkt dec_fix_speak(sender *s, uint8_t tone);
dec_fate dec_fix_say(dec_fix *f, sender *s, uint8_t tone);
void dec_fix_give(dec_fix *f, const pkt *p);
/* Checks that the fates add up. */
dec_totals dec_fix_totals(const dec_fix *f);
dec_stream_totals dec_fix_stream(const dec_fix *f, uint32_t n);
