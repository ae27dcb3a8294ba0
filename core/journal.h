/* journal.h - the call journal: framing, pure. docs/journal.md is the contract.
 *
 *	file   = header record*
 *	header = "ETJ1" version:16 kind:16 id:128 boot:128
 *		 mono:64 wall:64 crc:32
 *	record = length:32 type:16 flags:16 mono:64 wall:64 crc:32 payload
 *
 * All integers are big-endian. `crc` is the CRC-32 of IEEE 802.3 over the
 * record from `length` on, the crc field left out. A record that is cut or
 * does not check ends the file: nothing after it is believed. */
#pragma once
#include "core/clock.h"
#include "core/put.h"
#include "core/span.h"

enum {
	JRN_VERSION = 1,
	JRN_HEADER = 60,	/* octets */
	JRN_FRAME = 28,		/* octets before the payload */
	JRN_PAYLOAD_MAX = 1 << 20,
};

typedef enum jrn_kind {
	JRN_SESSION = 1,
	JRN_MEDIA = 2,
} jrn_kind;

typedef enum jrn_type {
	/* session */
	JRN_BEGIN = 1,
	JRN_FACT,
	JRN_DECISION,
	JRN_HALF,
	JRN_KEYS,
	JRN_STATE,
	JRN_MARK,
	JRN_END,
	/* media */
	JRN_PACKET = 32,
	JRN_FLOW,	/* counts for one path, on closing and now and then */
	JRN_LOSS,	/* packets that capture knows it lost */
	JRN_CLOSE,	/* capture has finished with the call */
	JRN_TALLY,	/* what capture did for the call; comes with the
			 * flows */
	JRN_WATCH,	/* since when capture has missed nothing */
} jrn_type;

typedef enum jrn_verdict {
	JRN_OK,
	JRN_SHORT,	/* cut off: a torn tail, or still being written */
	JRN_BAD,	/* the crc is wrong */
} jrn_verdict;

typedef struct jrn_header {
	uint16_t kind;		/* jrn_kind */
	uint8_t id[16];		/* random, one per file */
	uint8_t boot[16];	/* the kernel's boot id; zero in a replay */
	clk_both at;		/* when the file was begun */
} jrn_header;

typedef struct jrn_rec {
	uint16_t type;		/* jrn_type; an unknown one is skipped */
	uint16_t flags;		/* 0 in version 1 */
	clk_both at;
	span payload;		/* points into the input */
} jrn_rec;

void jrn_header_put(put *o, const jrn_header *h);
MUST_CHECK jrn_verdict jrn_header_next(span *in, jrn_header *out);

/* One whole record. Its payload goes on with `more`, so that a packet is not
 * copied to be framed; most have an empty span there. */
void jrn_rec_put(put *o, const jrn_rec *r, span more);
/* On JRN_OK `in` has moved past the record; otherwise it has not moved. */
MUST_CHECK jrn_verdict jrn_rec_next(span *in, jrn_rec *out);
