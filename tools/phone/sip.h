/* sip.h - the phone's SIP side: registers, makes or takes one call, ends it.
 *
 * One connection, one dialog. Over TLS nothing is retransmitted (RFC 3261
 * 17.1.1.2), so transactions need no timers. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "tools/phone/opts.h"

typedef struct phone_sip phone_sip;

/* What the SIP side tells its owner. */
typedef struct phone_sip_events {
	void (*registered)(void *ctx);
	/* The far end's offer (again: a re-INVITE); returns our answer, which
	 * sip takes, or NULL to decline with 488. */
	char *(*offered)(void *ctx, const char *sdp, bool again);
	void (*answered)(void *ctx, const char *sdp, bool again);
	/* A fragment of trickled candidates came by INFO. */
	void (*trickled)(void *ctx, const char *fragment);
	/* The call is over, or never came about; status 0 after a BYE. */
	void (*ended)(void *ctx, int status, const char *why);
} phone_sip_events;

/* Connects and sends REGISTER. */
phone_sip *phone_sip_new(const phone_opts *o, const phone_sip_events *events,
			 void *ctx, GError **err);
void phone_sip_free(phone_sip *s);

void phone_sip_invite(phone_sip *s, const char *sdp);
/* An offer in the running call. */
void phone_sip_reinvite(phone_sip *s, const char *sdp);
/* A fragment of trickled candidates, by INFO. */
void phone_sip_trickle(phone_sip *s, const char *fragment);
/* A key of the keypad, by INFO (application/dtmf-relay), if the call is up. */
void phone_sip_press(phone_sip *s, char key);
/* BYE, or CANCEL before the answer; `ended` follows. */
void phone_sip_hang_up(phone_sip *s);
/* The far end has acknowledged, or we have: media may flow. */
bool phone_sip_is_up(const phone_sip *s);
