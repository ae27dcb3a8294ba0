/* server.h - the listener for the Front Ends: TLS, and unencrypted copies if
 * configured. Verdicts go back to the sender. */
#pragma once
#include "signaling_tap/tap.h"

/* Addresses are "host:port"; port 0 takes any. */
typedef struct tap_server_config {
	const char *listen;		/* TLS */
	const char *cert, *key, *ca;	/* PEM files */
	const char *crl;		/* PEM, or NULL */
	const char *const *allow;	/* subject alternative names, NULL at
					 * the end; NULL: anybody signed by the
					 * CA */
	const char *plain_tcp;		/* or NULL; HEP copies only, no verdict
					 * is obeyed */
	const char *plain_udp;		/* or NULL */
	const char *plain_key;		/* HEP authentication key that frames on
					 * these two must carry; NULL: none */
	unsigned deadline_ms;		/* 0: 150. Later the message passes, or,
					 * if it is an INVITE of a call that
					 * must be recorded, is refused: */
	uint16_t late_status;		/* unless a rule says; 0: pass */
	unsigned max_connections;	/* 0: 256 */
	unsigned handshake_ms;		/* 0: 10 s */
} tap_server_config;

typedef struct tap_server tap_server;
/* MAIN. Runs in the thread-default main context. Copies the configuration;
 * `calls` must outlive the server. NULL on failure, with nothing left. */
tap_server *tap_server_new(const tap_server_config *cfg, tap_calls *calls,
			   GError **err);
void tap_server_free(tap_server *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(tap_server, tap_server_free)
/* MAIN. Reads certificate, key, CA and CRL again for new connections; existing
 * ones continue. After a failure the old ones stay in force. */
bool tap_server_reload(tap_server *s, GError **err);
/* MAIN. Each Front End heard within the last day and silent for longer than
 * `limit_ns`, connected or not. */
typedef void tap_silent(void *user, const char *name, int64_t silent_ns);
void tap_server_silent(tap_server *s, clk_mono now, int64_t limit_ns,
		       tap_silent *each, void *user);
/* MAIN. How long its verdicts took; lent. */
const struct tap_latency *tap_server_latency(const tap_server *s);
/* Any thread. Whether it is possible to listen there ("host:port"), apart from
 * somebody doing so already. */
bool tap_server_place(const char *where, bool datagrams, GError **err);
uint16_t tap_server_port(const tap_server *s);
/* "subject: why" of the peer refused last, or "". Lent. */
const char *tap_server_refusal(const tap_server *s);
