/* server.h - the listener for the Front Ends: TLS, and copies in clear where
 * that is configured; the verdicts go back to who asked. */
#pragma once
#include "signaling_tap/tap.h"

/* Addresses are "host:port"; port 0 takes any. */
typedef struct tap_server_config {
	const char *listen;		/* TLS */
	const char *cert, *key, *ca;	/* PEM files */
	const char *crl;		/* PEM, or NULL */
	const char *const *allow;	/* subject alternative names, NULL at
					 * the end; NULL: whom the CA signed */
	const char *plain_tcp;		/* NULL; HEP copies, none obeyed */
	const char *plain_udp;		/* NULL */
	const char *plain_key;		/* HEP authentication key that frames
					 * on those must carry; NULL: none */
	unsigned deadline_ms;		/* 0: 150; later the message passes, or
					 * is refused, if it is an INVITE of a
					 * call that has to be recorded: */
	uint16_t late_status;		/* where no rule says; 0: pass */
	unsigned max_connections;	/* 0: 256 */
	unsigned handshake_ms;		/* 0: 10 s */
} tap_server_config;

typedef struct tap_server tap_server;
/* MAIN. Serves from the thread-default main context. The configuration is
 * copied; `calls` outlives the server. NULL on failure, nothing is left. */
tap_server *tap_server_new(const tap_server_config *cfg, tap_calls *calls,
			   GError **err);
void tap_server_free(tap_server *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(tap_server, tap_server_free)
/* MAIN. Reads certificate, key, CA and CRL again for new connections; those
 * that stand stay. On failure the old ones stay in force. */
bool tap_server_reload(tap_server *s, GError **err);
/* MAIN. Each Front End that was heard within the last day and is silent for
 * longer than `limit_ns`, connected or not. */
typedef void tap_silent(void *user, const char *name, int64_t silent_ns);
void tap_server_silent(tap_server *s, clk_mono now, int64_t limit_ns,
		       tap_silent *each, void *user);
/* MAIN. How long its verdicts took, in latency.h; lent. */
const struct tap_latency *tap_server_latency(const tap_server *s);
/* Any thread. Whether one can listen there ("host:port"); where somebody does
 * already, one could. */
bool tap_server_place(const char *where, bool datagrams, GError **err);
uint16_t tap_server_port(const tap_server *s);
/* "subject: why" of the peer that was refused last, or "". Lent. */
const char *tap_server_refusal(const tap_server *s);
