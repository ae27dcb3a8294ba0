/* keylog.h - TLS secrets from a key log file (SSLKEYLOGFILE: "LABEL <client
 * random> <secret>", in hex), by connection. Pure. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "core/secret.h"

enum { TAP_KEYLOG_RANDOM = 32 };

typedef enum tap_keylog_label {
	TAP_KEYLOG_MASTER,		/* TLS 1.0 to 1.2 */
	TAP_KEYLOG_CLIENT_HANDSHAKE,	/* TLS 1.3 */
	TAP_KEYLOG_SERVER_HANDSHAKE,
	TAP_KEYLOG_CLIENT_TRAFFIC,
	TAP_KEYLOG_SERVER_TRAFFIC,
} tap_keylog_label;

typedef struct tap_keylog tap_keylog;

/* Other labels are ignored. NULL if a line has another form: `bad` is its
 * number. Free with tap_keylog_free(), which wipes. */
tap_keylog *tap_keylog_new(span text, unsigned *bad);
void tap_keylog_free(tap_keylog *k);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(tap_keylog, tap_keylog_free)
/* The number of secrets in it. */
unsigned tap_keylog_count(const tap_keylog *k);
/* Lent; NULL if there is none. Of two, the one in the later line. */
const secret *tap_keylog_find(const tap_keylog *k, tap_keylog_label label,
			      const uint8_t random[TAP_KEYLOG_RANDOM]);
