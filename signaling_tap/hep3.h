/* hep3.h - HEP3 frames and our chunks in them: docs/front-end-contract.md.
 *
 *	frame = "HEP3" length:16 chunk*          length counts all of it
 *	chunk = vendor:16 type:16 length:16 value    length counts all of it
 */
#pragma once
#include "core/clock.h"
#include "core/put.h"

enum {
	TAP_HEP_HEAD = 6,
	TAP_HEP_MAX = 65535,
	TAP_HEP_VENDOR = 0x4554,	/* "ET" */
	TAP_HEP_VERSION = 1,		/* of the contract */
};

typedef enum tap_hep_verdict {
	TAP_HEP_OK,
	TAP_HEP_SHORT,	/* more bytes are needed */
	TAP_HEP_BAD,	/* the stream cannot be parsed any further */
} tap_hep_verdict;

typedef enum tap_hep_kind {
	TAP_HEP_COPY,		/* plain HEP3 copy: nobody waits */
	TAP_HEP_REQUEST,
	TAP_HEP_VERDICT,
	TAP_HEP_HEARTBEAT,
	TAP_HEP_HEARTBEAT_ANSWER,
} tap_hep_kind;

enum tap_hep_flag {
	TAP_HEP_OBSERVE = 1,	/* request: the answer will not be obeyed */
	TAP_HEP_RECORDED = 2,	/* verdict: the call is being recorded */
	TAP_HEP_LATE = 4,	/* verdict: our own deadline had passed */
};

typedef struct tap_chunk {
	uint16_t vendor, type;
	span value;
} tap_chunk;

/* A parsed frame. Numbers are 0 and texts empty if their chunk is missing.
 * Texts point into the frame. */
typedef struct tap_frame {
	uint8_t protocol;	/* generic 0x0b; 1 is SIP */
	uint32_t seconds, micros;	/* generic 9 and 0xa */
	span key;		/* generic 0xe */
	span payload;		/* generic 0xf */
	bool compressed;	/* there was a generic 0x10 (compressed)
				 * instead */
	uint16_t version;
	uint8_t kind;		/* tap_hep_kind */
	uint64_t id;
	uint16_t deadline_ms;
	uint8_t verdict;	/* tap_verdict */
	uint16_t status;
	span reason;
	uint32_t body_at;	/* where the body begins in the payload */
	span name;		/* of the Front End */
	uint32_t flags;
} tap_frame;

/* Cuts one complete frame, with its head, off a stream. */
MUST_CHECK tap_hep_verdict tap_hep_cut(span *in, span *frame);
/* The next chunk of what follows the frame's head; SHORT at the end. */
MUST_CHECK tap_hep_verdict tap_chunk_next(span *in, tap_chunk *out);
/* Parses a complete frame. A known chunk of the wrong size is BAD. */
MUST_CHECK tap_hep_verdict tap_frame_read(span frame, tap_frame *out);
/* Writes the chunks whose members are not zero; sets `o->full` if they exceed
 * the buffer or 65,535 octets. */
void tap_frame_put(put *o, const tap_frame *f);
