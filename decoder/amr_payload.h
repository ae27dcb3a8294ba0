/* amr_payload.h - the RTP payload of AMR and AMR-WB (RFC 4867). */
#pragma once
#include "decoder/bits.h"

enum {
	DEC_AMR_FRAMES = 24,	/* in a packet: 480 ms */
	DEC_AMR_OCTETS = 61,	/* of a frame, its type octet included */
	DEC_AMR_LOST = 14,	/* AMR-WB only */
	DEC_AMR_NO_DATA = 15,
};

typedef struct dec_amr_format {
	bool wide;	/* AMR-WB */
	bool aligned;	/* octet-align=1; otherwise without any padding */
} dec_amr_format;

typedef struct dec_amr_payload {
	dec_amr_format format;
	unsigned frames;
	unsigned next;	/* the one that dec_amr_next() returns next */
	struct {
		uint8_t type;	/* FT */
		bool good;	/* Q */
	} toc[DEC_AMR_FRAMES];
	dec_bits bits;	/* of the frames not taken yet */
} dec_amr_payload;

/* False if the table of contents or the length is wrong. */
MUST_CHECK bool dec_amr_parse(span in, dec_amr_format format,
			      dec_amr_payload *out);
/* The next frame in storage format (5.3): an octet with FT and Q, then the
 * bits, padded with zeros. False if there are no more. */
MUST_CHECK bool dec_amr_next(dec_amr_payload *p,
			     uint8_t to[static DEC_AMR_OCTETS]);
/* The fields of that first octet. */
static inline uint8_t dec_amr_type(uint8_t head)
{
	return head >> 3 & 15;
}

static inline bool dec_amr_good(uint8_t head)
{
	return head >> 2 & 1;
}
