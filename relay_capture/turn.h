/* turn.h - what a payload on one of the relay's legs is, and what it
 * contains. */
#pragma once
#include "relay_capture/stunmsg.h"

typedef enum relay_what {
	RELAY_WHAT_MEDIA,	/* RTP or RTCP */
	RELAY_WHAT_CHECK,	/* ICE connectivity check with a USERNAME */
	RELAY_WHAT_CONTROL,	/* other STUN or TURN */
	RELAY_WHAT_OTHER,	/* nothing that we know */
	RELAY_WHAT_BAD,		/* begins like one of ours and contradicts it */
} relay_what;

typedef enum relay_wrap {
	RELAY_WRAP_NONE,
	RELAY_WRAP_SEND,	/* client to relay; `peer` is the addressee */
	RELAY_WRAP_DATA,	/* relay to client; `peer` is the sender */
	RELAY_WRAP_CHANNEL,	/* either way; `channel` */
} relay_wrap;

/* What a control message says about the allocation of the client that sends or
 * receives it. */
typedef enum relay_news {
	RELAY_NEWS_NONE,
	RELAY_NEWS_RELAYED,	/* relay to client: `peer` is the relayed
				 * address */
	RELAY_NEWS_PEER,	/* client to relay: it will talk to `peer` */
} relay_news;

typedef struct relay_unit {
	uint8_t what;		/* relay_what */
	uint8_t wrap;		/* relay_wrap, the outermost */
	uint8_t news;		/* relay_news, of control */
	uint16_t channel;
	bool session;		/* FF10 multiplexing (MS-TURN 2.2.3) */
	uint64_t session_id;
	net_addr peer;
	span inner;		/* RTP, RTCP, or the check */
	span username;		/* of a check */
} relay_unit;

/* Everything in one UDP payload, or in one message of a TCP stream; `stream`
 * allows RFC 4571 lengths before the media. */
void relay_turn_peel(span in, bool stream, relay_unit *out);
