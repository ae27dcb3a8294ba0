/* peer_io.h - what a sender's frames ask and what they get: the contract of
 * docs/front-end-contract.md, however the octets came. MAIN, all of it. */
#pragma once
#include "signaling_tap/hep3.h"
#include "signaling_tap/latency.h"
#include "signaling_tap/sender.h"
#include "signaling_tap/tap.h"

typedef struct tap_conn tap_conn;

/* What a server lends its connections. */
typedef struct tap_conn_host {
	tap_calls *calls;
	const char *const *allow;
	const char *plain_key;	/* of frames that come in clear; NULL: none */
	unsigned deadline_ms;
	unsigned handshake_ms;
	uint16_t late_status;
	tap_latency *latency;	/* of verdicts over TCP */
	const tap_rounds *rounds;
	void *user;
	/* The connection is over and frees itself when this returns. `why` is
	 * NULL when the peer closed it in good order. */
	void (*closed)(void *user, tap_conn *c, const char *why);
	/* The peer was not let in. */
	void (*refused)(void *user, const char *peer, const char *subject,
			const char *why);
	/* The time that a message came with was not believed: the clock of
	 * that peer is so far before ours. */
	void (*skewed)(void *user, const char *name, int64_t ahead_ns);
} tap_conn_host;

/* Who sends. */
typedef struct tap_peer {
	const tap_conn_host *host;
	char *name;		/* what its frames say, or its certificate, or
				 * its address */
	bool secure;		/* by TLS: it is obeyed, and needs no key */
	GByteArray *out;	/* answers to be sent; NULL: none are */
	unsigned verdicts;	/* of them, since the latest sending */
	clk_mono heard;		/* its last whole frame; 0 before the first */
	tap_sender clock;
} tap_peer;

/* One whole frame. Its answer, if any, is appended to `p->out`. */
void tap_peer_frame(tap_peer *p, const tap_frame *f, clk_mono came);
/* One frame that came alone, from a plain datagram. */
void tap_peer_datagram(const tap_conn_host *host, span frame,
		       const char *from);
