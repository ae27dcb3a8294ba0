/* rtcp.h - unencrypted RTCP (RFC 3550 6; RFC 5506 allows single packets, MS-RTP
 * 2.2.11 puts profile extensions after the report blocks). */
#pragma once
#include "decoder/rtp.h"

enum {
	DEC_RTCP_SR = 200,
	DEC_RTCP_RR = 201,
	DEC_RTCP_SDES = 202,
	DEC_RTCP_BYE = 203,
};

/* One packet of a compound. */
typedef struct dec_rtcp {
	uint8_t type;
	uint8_t count;		/* report blocks, chunks or sources */
	span body;		/* after the four octets of the header */
} dec_rtcp;

/* Cuts the next packet off; false at the end or if its length is wrong. */
MUST_CHECK bool dec_rtcp_next(span *in, dec_rtcp *out);

typedef struct dec_sr {
	uint32_t ssrc;
	uint64_t ntp;		/* 32.32 */
	uint32_t ts;
	uint32_t packets, octets;
} dec_sr;

MUST_CHECK bool dec_rtcp_sr(const dec_rtcp *p, dec_sr *out);
/* The i-th source of a BYE; false after the last. */
MUST_CHECK bool dec_rtcp_bye(const dec_rtcp *p, unsigned i, uint32_t *ssrc);
