/* conn_io.h - one connection of a Front End: bytes in, frames cut, verdicts
 * out. Its memory is bounded: it stops reading while its answers pile up. */
#pragma once
#include "signaling_tap/tls_io.h"

enum {
	TAP_CONN_IN = 65535 + 16384,	/* a frame less one octet, a record */
	TAP_CONN_OUT = 256 * 1024,	/* above it nothing more is read */
	TAP_CONN_RECORD = 16384,	/* of TLS, at most */
	TAP_CONN_SHAKE_S = 10,		/* for the handshake */
};

typedef struct tap_conn tap_conn;

/* What a server lends its connections. */
typedef struct tap_conn_host {
	tap_calls *calls;
	const char *const *allow;
	const char *plain_key;	/* of frames that come in clear; NULL: none */
	unsigned deadline_ms;
	uint16_t late_status;
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

/* MAIN. Takes `fd` and serves it; `ctx` NULL is plain TCP. */
tap_conn *tap_conn_new(const tap_conn_host *host, int fd, SSL_CTX *ctx,
		       const char *peer);
/* Without telling closed(). */
void tap_conn_free(tap_conn *c);
/* When its last whole frame came, 0 before the first; `*name` is lent. */
clk_mono tap_conn_heard(const tap_conn *c, const char **name);
/* One frame that came alone, from a plain datagram. */
void tap_conn_datagram(const tap_conn_host *host, span frame,
		       const char *peer);
