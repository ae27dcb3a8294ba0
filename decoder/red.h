/* red.h - redundant audio data (RFC 2198; MS-RTPRAD sends one older block). */
#pragma once
#include "decoder/rtp.h"

enum { DEC_RED_MAX = 8 };

typedef struct dec_red_block {
	uint8_t pt;
	uint16_t back;		/* timestamp units before the packet's own */
	span payload;
} dec_red_block;

typedef struct dec_red {
	size_t n;		/* the last block is the primary one */
	dec_red_block block[DEC_RED_MAX];
} dec_red;

MUST_CHECK dec_verdict dec_red_parse(span in, dec_red *out);
