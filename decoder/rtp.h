/* rtp.h - the fixed header of an RTP packet (RFC 3550 5.1, 5.3.1). */
#pragma once
#include "core/span.h"

typedef enum dec_verdict {
	DEC_OK,
	DEC_SHORT,	/* ends before its own lengths say so */
	DEC_BAD,	/* contains something impossible */
} dec_verdict;

typedef struct dec_rtp {
	uint8_t pt;		/* 0..127 */
	bool marker;
	bool padded;		/* the last octet of the plain text counts the
				 * padding */
	uint8_t csrcs;		/* contributors, 0..15 */
	uint16_t seq;
	uint32_t ts;
	uint32_t ssrc;
	uint32_t csrc;		/* the first contributor: the loudest, in
				 * MS-RTP; 0 when there is none */
	size_t head;		/* octets before the payload */
} dec_rtp;

/* The header only: what follows may still be encrypted. */
MUST_CHECK dec_verdict dec_rtp_parse(span in, dec_rtp *out);

/* The payload of an unencrypted packet, without padding. */
MUST_CHECK dec_verdict dec_rtp_payload(const dec_rtp *h, span clear,
				       span *payload);
