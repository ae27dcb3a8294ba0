/* tap_talk.h - short conversations of Alice and Bob, and what is told. */
#pragma once
#include "tests/support/tap_script.h"

#define SDP(user, port) \
	"v=0\no=- " user " 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\n" \
	"t=0 0\nm=audio " port " RTP/SAVP 0\n" \
	"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" \
	"WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^31\n" \
	"a=candidate:1 1 UDP 9 192.0.2.1 " port " typ host\n"
#define RELAY "a=candidate:2 1 UDP 1 203.0.113.9 5000 typ relay " \
	      "raddr 192.0.2.1 rport 4000\n"
#define OFFER SDP("10", "4000") RELAY
#define ANSWER SDP("20", "5000") RELAY

typedef struct talk {
	tap_script *s;
	const char *id;		/* the Call-ID of what is said next */
} talk;

talk talk_new(const struct ice_plan *plan, uint16_t no_relay);
void talk_free(talk *t);
/* One message: "INVITE sip:bob@x" or "200 OK". `from` and `to` are tags; ""
 * leaves the tag out; one with a 'b' is Bob's. `more` are header lines. */
void say(talk *t, const char *start, const char *from, const char *to,
	 const char *cseq, const char *more, const char *body);
/* Exactly that was told since the last time, facts aside: the facts of every
 * call have tests of their own. */
void told(talk *t, const char *want);

#define BEGIN "1 begin c1\n1 decision 1\n"
#define HALF1 "half 1 caller offer branch=\n"
#define H "1 "

/* The first INVITE and an answer from branch `b`. */
void call_up(talk *t);
