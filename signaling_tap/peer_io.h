/* peer_io.h - what a sender's frames ask for and get: the contract of
 * docs/front-end-contract.md, however the octets arrived. MAIN, all of it. */
#pragma once
#include "signaling_tap/hep3.h"
#include "signaling_tap/latency.h"
#include "signaling_tap/sender.h"
#include "signaling_tap/tap.h"

typedef struct tap_conn tap_conn;

/* What a server shares with its connections. */
typedef struct tap_conn_host {
	tap_calls *calls;
	const char *const *allow;
	const char *plain_key;	/* of unencrypted frames; NULL: none */
	unsigned deadline_ms;
	unsigned handshake_ms;
	uint16_t late_status;
	tap_latency *latency;	/* of verdicts over TCP */
	const tap_rounds *rounds;
	void *user;
	/* The connection has ended and frees itself when this returns. `why` is
	 * NULL if the peer closed it properly. */
	void (*closed)(void *user, tap_conn *c, const char *why);
	/* The peer was refused. */
	void (*refused)(void *user, const char *peer, const char *subject,
			const char *why);
	/* The time in a message was not believed: that peer's clock is this far
	 * ahead of ours. */
	void (*skewed)(void *user, const char *name, int64_t ahead_ns);
} tap_conn_host;

/* A sender. */
typedef struct tap_peer {
	const tap_conn_host *host;
	char *name;		/* from its frames, or its certificate, or its
				 * address */
	bool secure;		/* over TLS: it obeys verdicts, and needs no
				 * key */
	GByteArray *out;	/* answers to send; NULL: none are sent */
	unsigned verdicts;	/* of them, since they were last sent */
	clk_mono heard;		/* its last complete frame; 0 before the
				 * first */
	clk_mono since;		/* what is read now did not come before */
	tap_sender clock;
} tap_peer;

/* One complete frame. Its answer, if any, is appended to `p->out`. */
void tap_peer_frame(tap_peer *p, const tap_frame *f, clk_mono came);
/* One frame from an unencrypted datagram. */
void tap_peer_datagram(const tap_conn_host *host, span frame,
		       const char *from);
