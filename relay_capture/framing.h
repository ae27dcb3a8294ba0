/* framing.h - where messages begin and end in the TCP stream of a relay: TURN
 * (RFC 5766), MS-TURN with its pseudo-TLS, RFC 4571. Pure. */
#pragma once
#include "core/span.h"

enum {
	RELAY_MESSAGE_MAX = 28672,	/* with what frames it */
	RELAY_UNIT_HEAD = 4,		/* of MS-TURN's units */
};

typedef enum relay_framing {
	RELAY_FRAMING_UNKNOWN,
	RELAY_FRAMING_TURN,	/* STUN and ChannelData, RFC 5766 */
	RELAY_FRAMING_MS,	/* MS-TURN over TCP */
	RELAY_FRAMING_RFC4571,
	RELAY_FRAMING_FOREIGN,	/* TLS or the like */
} relay_framing;

typedef enum relay_fit {
	RELAY_FIT,
	RELAY_FIT_LATER,	/* more octets will tell */
	RELAY_FIT_NONE,
} relay_fit;

/* A message at the beginning of some octets. */
typedef struct relay_cut {
	size_t head;		/* octets of framing in front of it */
	size_t len;		/* with these; the same: there is no message */
	size_t all;		/* with padding */
	bool data;		/* a piece of the stream that MS-TURN carries */
} relay_cut;

/* Where the reading of one stream stands; all zero at its beginning. */
typedef struct relay_reader {
	uint8_t framing;	/* relay_framing */
	bool lost;		/* where a message begins is not known */
	bool proven;		/* the framing is */
	uint8_t in_a_row;	/* messages since one was found; at most as
				 * many as prove it */
	uint32_t useless;	/* octets since the last message */
} relay_reader;

/* The next message of a stream, or with no message (len as head) what is
 * between two. What is before it, of no use, leaves `in`. NONE: this is not
 * how it is framed; where messages begin again will be searched from the next
 * call on. After too much of that the framing is FOREIGN. */
relay_fit relay_reader_next(relay_reader *r, span *in, relay_cut *out);
/* The same in what MS-TURN's data units carry, an RFC 4571 stream, which they
 * may split anywhere. `fresh`: `in` is a unit's beginning. As long as that is
 * not proven, what has no length in front is a message up to its end. */
relay_fit relay_reader_next_data(relay_reader *r, span *in, bool fresh,
				 relay_cut *out);
/* Octets are missing. */
void relay_reader_lose(relay_reader *r);
