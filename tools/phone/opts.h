/* opts.h - what the user asked the phone to do. */
#pragma once
#include <glib.h>
#include <stdbool.h>

/* Strings live as long as the program. */
typedef struct phone_opts {
	char *user;		/* alice */
	char *domain;		/* demo.test */
	char *server;		/* IP:PORT of the registrar, SIP over TLS */
	char *ca;		/* PEM; the server's certificate must name it */
	char *bind;		/* local IP address */
	char *turn;		/* USER:PASSWORD@IP:PORT, or NULL */
	gboolean turn_tcp;	/* the relay is reached by TCP */
	gboolean lync;		/* ICE and TURN as Lync's: MS-ICE2, MS-TURN */
	char *call;		/* URI or user to call, or NULL: wait for one */
	char *play;		/* WAV to say, or NULL for silence */
	char *heard;		/* WAV to write, or NULL */
	char *sdp;		/* prefix of files for each SDP, or NULL */
	char *packets;		/* file for each packet sent, or NULL */
	char *header;		/* a line more in our INVITEs, or NULL */
	char *press;		/* "2:*7,5:*8": keys, and when after the answer;
				 * NULL: none */
	char *json;		/* file for the result, or NULL for stdout */
	char *codecs;		/* "PCMU,PCMA,G722", preferred first */
	char *suite;		/* SDES crypto suite */
	char *destination;	/* "host" or "relay": what m= and c= name */
	int secs;		/* length of the call; the caller hangs up */
	int wait;		/* give up when no call came about */
	gboolean force_relay;
	gboolean mki;		/* one octet of MKI in each packet */
	gboolean trickle;	/* what is no relay is told by INFO */
	gboolean reinvite;	/* offer the selected candidate after ICE */
	gboolean verbose;
} phone_opts;

/* Reads the options that all telephones have, and the `own` ones of this; the
 * group (NULL for none) is taken. False when one is wrong or missing. */
bool phone_opts_parse(phone_opts *o, const char *summary,
		      const GOptionEntry *own, GOptionGroup *group, int *argc,
		      char ***argv, GError **err);
/* False, with a word about it, when there is no value. */
bool phone_opts_need(const char *name, const char *value, GError **err);
