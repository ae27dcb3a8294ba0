/* h264_nal.h - NAL units inside an RTP payload (RFC 6184, RFC 6190). */
#pragma once
#include "core/span.h"

/* Types that matter here (H.264 table 7-1; RFC 6184 5.2; RFC 6190 4.5). */
enum {
	DEC_NAL_SLICE = 1,
	DEC_NAL_IDR = 5,
	DEC_NAL_SPS = 7,
	DEC_NAL_PPS = 8,
	DEC_NAL_PREFIX = 14,	/* from here on: SVC, and what RTP adds */
	DEC_NAL_STAP_A = 24,
	DEC_NAL_FU_A = 28,
	DEC_NAL_PACSI = 30,
};

/* A NAL unit, or the piece of one that a fragment carries. */
typedef struct dec_nal {
	uint8_t head;	/* the octet before it: F, NRI, type */
	span body;	/* after that octet, or the fragment's part of it */
	bool begins, ends;	/* both true for a whole NAL unit */
} dec_nal;

typedef struct dec_nal_reader {
	span in;
	bool packed;	/* inside a STAP-A: each after its length */
} dec_nal_reader;

static inline uint8_t dec_nal_type(uint8_t head)
{
	return head & 31;
}

/* False if the payload is empty or of a kind that packetization modes 0 and 1
 * do not have. */
MUST_CHECK bool dec_nal_open(span payload, dec_nal_reader *out);
/* The next one; false at the end, or if what follows is malformed. */
MUST_CHECK bool dec_nal_next(dec_nal_reader *r, dec_nal *out);
/* RFC 6190 4.9: the decoding order number that a PACSI's body gives the NAL
 * unit after it; false when it gives none. */
MUST_CHECK bool dec_nal_pacsi_don(span body, uint16_t *don);
/* The same for priority_id, which distinguishes layers in MS-H264PF. */
bool dec_nal_pacsi_prid(span body, uint8_t *prid);
/* H.264 7.3.2.1.1 and 7.3.2.2: seq_parameter_set_id of an SPS, or the one to
 * which a PPS refers; false when malformed. */
MUST_CHECK bool dec_nal_sps_id(uint8_t type, span body, unsigned *id);
