/* kinds.h - what each payload type of one source turned out to be, and the
 * codecs opened for them. */
#pragma once
#include "decoder/codec.h"
#include "decoder/dec.h"
#include "decoder/ptmap.h"

typedef enum dec_role {
	DEC_ROLE_VOICE,
	DEC_ROLE_BLIND,		/* no decoder for it */
	DEC_ROLE_COMFORT,	/* RFC 3389 */
	DEC_ROLE_RED,		/* RFC 2198 */
	DEC_ROLE_EVENT,		/* RFC 4733 */
} dec_role;

typedef struct dec_kind {
	uint8_t role;		/* dec_role */
	bool told;		/* the sink knows that it is blind */
	const void *noted;	/* the stream's books that have its name */
	call_payload is;	/* clock always usable */
	uint32_t clock;		/* as described */
	dec_codec *codec;	/* DEC_ROLE_VOICE only */
} dec_kind;

typedef struct dec_kinds {
	const dec_ptmap *map;
	const dec_plugins *plugins;
	bool blind;		/* open no codec at all */
	unsigned version;	/* of the map, that `pt` obeys */
	uint8_t side, media;
	dec_kind *pt[128];
} dec_kinds;

/* Map and the configuration's plug-ins are lent. */
void dec_kinds_init(dec_kinds *k, const dec_ptmap *map,
		    const dec_config *config, uint8_t side, uint8_t media);
void dec_kinds_clear(dec_kinds *k);
/* Never NULL; opens what is new. Valid until the map changes. */
dec_kind *dec_kinds_get(dec_kinds *k, uint8_t pt);
/* Codecs as freshly opened. */
void dec_kinds_reset(dec_kinds *k);
