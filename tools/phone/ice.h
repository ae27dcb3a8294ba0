/* ice.h - the phone's ICE agent (libnice): two components, full ICE, TURN. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/phone/opts.h"
#include "tools/phone/sdp.h"

typedef struct phone_ice phone_ice;

typedef struct phone_ice_events {
	void (*gathered)(void *ctx);
	/* RTP can be sent from now on. */
	void (*connected)(void *ctx);
	/* Both components have their final pair. */
	void (*concluded)(void *ctx);
	void (*failed)(void *ctx, unsigned component);
	void (*received)(void *ctx, unsigned component, const uint8_t *data,
			 size_t n);
} phone_ice_events;

/* Starts gathering. */
phone_ice *phone_ice_new(const phone_opts *o, bool controlling,
			 const phone_ice_events *events, void *ctx,
			 GError **err);
/* Runs the main loop until the relay has let the allocations go. */
void phone_ice_free(phone_ice *i);

/* Credentials, candidates and the default destination into `s`; once a pair
 * is selected and `selected` is asked for, only that one (RFC 5245 9.1.2). */
void phone_ice_describe(phone_ice *i, phone_sdp *s, bool selected);
/* With `trickle`, the candidates that phone_ice_describe() left out. */
void phone_ice_describe_rest(phone_ice *i, phone_sdp *s);
/* The far end's SDP; checks begin. False when none of its candidates can be
 * read. */
bool phone_ice_begin(phone_ice *i, const phone_sdp *far, GError **err);
/* More candidates of the far end; those that cannot be read are left out. */
void phone_ice_add(phone_ice *i, const phone_sdp *far);
bool phone_ice_send(phone_ice *i, unsigned component, const void *data,
		    size_t n);
/* "host", "srflx", "prflx" or "relay", and IP:PORT; "none" without a pair. */
void phone_ice_pair(phone_ice *i, char **local, char **remote);
/* The selected pair crosses a relay. */
bool phone_ice_is_relayed(phone_ice *i);
