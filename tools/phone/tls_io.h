/* tls_io.h - one TLS connection to the registrar, read from the main loop. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define PHONE_ERROR (phone_error_quark())
typedef enum phone_error {
	PHONE_ERROR_OPTION,
	PHONE_ERROR_NET,
	PHONE_ERROR_SDP,
	PHONE_ERROR_FILE,
} phone_error;
GQuark phone_error_quark(void);

typedef struct phone_tls phone_tls;

/* Bytes that arrived; n == 0 when the peer closed. */
typedef void phone_tls_cb(void *ctx, const char *data, size_t n);

/* Connects to "IP:PORT" and checks the certificate against the file `ca` and
 * the host name `name`. Waits at most 20 seconds. */
phone_tls *phone_tls_open(const char *server, const char *name,
			  const char *ca, phone_tls_cb *cb, void *ctx,
			  GError **err);
void phone_tls_close(phone_tls *t);
/* All of it; waits while the socket is full. */
bool phone_tls_send(phone_tls *t, const char *data, size_t n, GError **err);
/* "IP:PORT" of our end. */
const char *phone_tls_local(const phone_tls *t);
