/* conn_io.h - one connection of a Front End: bytes in, frames parsed, verdicts
 * out. Its memory is bounded: it stops reading while its answers pile up. */
#pragma once
#include "signaling_tap/peer_io.h"
#include "signaling_tap/tls_io.h"

enum {
	TAP_CONN_IN = 65535 + 16384,	/* a frame less one octet, plus a TLS
					 * record */
	TAP_CONN_OUT = 256 * 1024,	/* beyond it nothing more is read */
	TAP_CONN_RECORD = 16384,	/* of TLS, at most */
};

/* MAIN. Takes `fd` and serves it; `ctx` NULL is plain TCP. */
tap_conn *tap_conn_new(const tap_conn_host *host, int fd, SSL_CTX *ctx,
		       const char *peer);
/* Does not call closed(). */
void tap_conn_free(tap_conn *c);
/* When its last complete frame came, 0 before the first; `*name` is lent. */
clk_mono tap_conn_heard(const tap_conn *c, const char **name);
