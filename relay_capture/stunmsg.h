/* stunmsg.h - STUN messages (RFC 5389), including Microsoft's dialect (MS-TURN,
 * MS-ICE2). */
#pragma once
#include "relay_capture/frame.h"

enum { RELAY_STUN_COOKIE = 0x2112a442 };	/* RFC 5389 6 */

/* Method and class as on the wire. 0004 and 0006 mean something else in RFC
 * 5766, whose messages have no MS-TURN cookie. */
enum {
	RELAY_STUN_CHECK = 0x0001,
	RELAY_STUN_CHECK_OK = 0x0101,
	RELAY_STUN_ALLOCATE_OK = 0x0103,
	RELAY_STUN_MS_SEND = 0x0004,
	RELAY_STUN_MS_DATA = 0x0115,
	RELAY_STUN_MS_ACTIVE = 0x0006,
	RELAY_STUN_PERMIT = 0x0008,
	RELAY_STUN_BIND = 0x0009,
	RELAY_STUN_SEND = 0x0016,
	RELAY_STUN_DATA = 0x0017,
};

enum {
	RELAY_ATTR_MAPPED = 0x0001,
	RELAY_ATTR_USERNAME = 0x0006,
	RELAY_ATTR_CHANNEL = 0x000c,
	RELAY_ATTR_MS_COOKIE = 0x000f,
	RELAY_ATTR_MS_DESTINATION = 0x0011,
	RELAY_ATTR_PEER = 0x0012,	/* MS-TURN: Remote Address, plain */
	RELAY_ATTR_DATA = 0x0013,
	RELAY_ATTR_RELAYED = 0x0016,
};

typedef struct relay_stun {
	uint16_t type;
	bool ms;	/* MS-TURN: has the cookie, attributes not padded */
	span id;	/* 16 octets: RFC 5389's cookie and id */
	span attrs;
} relay_stun;

typedef struct relay_attr {
	uint16_t type;
	span value;
} relay_attr;

/* The message with which `in` begins; `in` is left with what follows. FOREIGN
 * if this is no STUN message of either dialect. */
MUST_CHECK relay_verdict relay_stun_get(span *in, relay_stun *out);
/* The next attribute; `padded` is false in MS-TURN. */
MUST_CHECK relay_verdict relay_attr_next(span *in, bool padded,
					 relay_attr *out);
/* The first attribute of this type; RELAY_FOREIGN if there is none. */
MUST_CHECK relay_verdict relay_attr_find(const relay_stun *m, uint16_t type,
					 span *value);
/* Value of an address attribute, XORed with the message's id if `x`. */
MUST_CHECK relay_verdict relay_attr_addr(span value, const relay_stun *m,
					 bool x, net_addr *out);
/* USERNAME of an ICE check without trailing zeros; in RFC style, with the other
 * attributes padded or not. */
MUST_CHECK relay_verdict relay_stun_username(const relay_stun *m, span *out);
/* Splits it into the receiver's and the sender's half. RFC 5245 7.1.2.3:
 * "to:from"; draft-ietf-mmusic-ice-06 as Lync writes it: "to:1:from:1", with
 * halves of equal length. */
MUST_CHECK relay_verdict relay_username_split(span name, span *to, span *from);
