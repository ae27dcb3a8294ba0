/* sdp.h - the phone's SDP: one audio line with ICE (RFC 5245) and SDES keys
 * (RFC 4568), written the way Lync clients write it. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/secret.h"

typedef struct phone_key {
	unsigned tag;		/* a=crypto tag */
	char suite[32];
	secret key;		/* master key and salt */
	uint8_t mki_len;	/* 0 without MKI */
	uint8_t mki[4];
} phone_key;

typedef struct phone_sdp {
	char *ufrag, *pwd;
	GPtrArray *candidates;	/* of char *, whole a=candidate lines */
	char *ip[2];		/* default destination of RTP and of RTCP */
	unsigned port[2];
	char *remote;		/* value of a=remote-candidates, or NULL */
	GArray *pts;		/* of uint8_t, preferred first */
	GArray *keys;		/* of phone_key */
	bool mismatch;		/* a=ice-mismatch was there */
} phone_sdp;

phone_sdp *phone_sdp_new(void);
void phone_sdp_free(phone_sdp *s);	/* keys are wiped */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(phone_sdp, phone_sdp_free)

/* NULL without an audio line, an ufrag and a key. */
phone_sdp *phone_sdp_parse(const char *text, GError **err);
/* Free with g_free(). */
char *phone_sdp_text(const phone_sdp *s);
/* A fragment of trickled candidates (RFC 8840 9); free with g_free(). */
char *phone_sdp_fragment_text(const phone_sdp *s);
/* Only the candidates of it. */
phone_sdp *phone_sdp_fragment_parse(const char *text);
