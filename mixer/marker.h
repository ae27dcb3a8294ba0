/* marker.h - the timeline of a recording: what the mixer is told about (marks),
 * and what it reports (markers). docs/timeline.md. */
#pragma once
#include <stdint.h>

#include "core/clock.h"

typedef enum mix_kind {
	/* handed in by mix_call_mark() */
	MIX_HOLD,
	MIX_TRANSFER,
	MIX_PAUSE,
	MIX_EARLY,		/* media from before the answer */
	MIX_DTMF,
	MIX_TAG,
	MIX_GAP,		/* known loss; text is the one cause */
	MIX_STATE,		/* answered, transferred, codec: text says */
	/* found while mixing */
	MIX_SPEECH,		/* a stream is heard */
	MIX_CONCEALED,
	MIX_COMFORT,
	MIX_UNDECODABLE,
	MIX_TONE,		/* of a key, heard and taken out */
	MIX_SPEAKER,		/* who of several speaks: text */
	MIX_HOLE,		/* nothing was received inside a stream */
	MIX_LATE,		/* came after its place had been written */
	MIX_STEP,		/* the network's delay changed; sound
				 * continues */
	MIX_ANCHOR,		/* the sender's clock jumped; placed anew */
	MIX_KINDS
} mix_kind;

typedef enum mix_edge {
	MIX_AT,			/* lasts `length` (0: an instant) */
	MIX_ON,			/* lasts until the MIX_OFF of the same kind and
				 * side */
	MIX_OFF,
} mix_edge;

typedef struct mix_mark {
	uint8_t kind;		/* mix_kind */
	uint8_t edge;		/* mix_edge */
	uint8_t side;		/* call_side; CALL_UNKNOWN: both */
	clk_mono at;
	clk_mono told;		/* when it was known, if later than `at`; 0: at
				 * once. Samples that may have been written by
				 * then do not change */
	int64_t length;		/* ns */
	const char *text;	/* lent; one cause, a digit, ...; or NULL */
	/* MIX_DTMF, of a key that came in a stream: */
	uint8_t volume;		/* -dBm0 of its tone */
	uint32_t stream;	/* as in pcm_block */
	uint32_t clock;		/* of `ts`; 0: only `at` is known */
	int64_t ts;		/* where it begins */
} mix_mark;

/* One line of the timeline. */
typedef struct mix_marker {
	uint8_t kind;
	uint8_t side;
	int64_t at;		/* ns since the recording's begin */
	int64_t length;		/* ns */
	char text[48];
} mix_marker;

const char *mix_kind_name(mix_kind k);
