/* tap_rig.h - a listener on the loopback and a real TLS client that talks to
 * it from a thread of its own. */
#pragma once
#include <stdatomic.h>

#include "ice_rewriter/ice.h"
#include "signaling_tap/hep3.h"
#include "signaling_tap/server.h"
#include "tests/support/tap_script.h"

/* More than the kernel's buffers of both ends hold: 400 times 40 KB. */
enum { TAP_RIG_BACKLOG = 400 };

typedef struct tap_rig {
	tap_script *script;
	tap_server *server;
	guint16 port;
	atomic_bool over;
	/* what the client is to do, and what came of it */
	const char *cert;
	int max_version;
	GByteArray *send;
	gsize piece;		/* octets in one write */
	unsigned answers;	/* to wait for */
	bool served;
	GByteArray *got;
	unsigned stalls;	/* times the server would not take more */
	unsigned rounds;	/* of the server's loop, the last time */
} tap_rig;

/* An INVITE of Alice to Bob without SDP. */
extern const char tap_rig_invite[];

/* Who shows "fe1.example" is let in; `crl` and `plan` may be NULL. */
void tap_rig_open(tap_rig *r, const char *crl, const ice_plan *plan);
void tap_rig_close(tap_rig *r);
/* Another server, of other calls, in the place of the first. */
void tap_rig_serve(tap_rig *r, tap_calls *calls, unsigned deadline_ms);

/* What the client is to send. */
void tap_rig_frame(tap_rig *r, tap_frame f);
void tap_rig_heartbeat(tap_rig *r, guint64 id);
void tap_rig_request(tap_rig *r, guint64 id, const char *text);

/* The client connects, sends, waits for its answers and leaves. */
void tap_rig_run(tap_rig *r);
/* How many whole frames it has received, of `max`; lent from the rig. */
unsigned tap_rig_got(const tap_rig *r, tap_frame *frames, unsigned max);
