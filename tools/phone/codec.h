/* codec.h - the phone's codecs, all from spandsp: none of edgetape's. */
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct phone_codec_kind {
	const char *name;	/* as in rtpmap */
	uint8_t pt;		/* static payload type (RFC 3551 6) */
	unsigned rate;		/* of the PCM; the RTP clock is 8000 for all */
} phone_codec_kind;

typedef struct phone_codec phone_codec;

/* NULL when the phone does not speak it. */
const phone_codec_kind *phone_codec_named(const char *name, size_t n);
const phone_codec_kind *phone_codec_of(unsigned pt);

phone_codec *phone_codec_new(const phone_codec_kind *kind);
void phone_codec_free(phone_codec *c);
/* One octet holds rate / 8000 samples, for every codec here. */
size_t phone_codec_encode(phone_codec *c, const int16_t *pcm, size_t n,
			  uint8_t *to);
size_t phone_codec_decode(phone_codec *c, const uint8_t *from, size_t n,
			  int16_t *pcm);
