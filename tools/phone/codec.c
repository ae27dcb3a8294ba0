/* codec.c - PCMU, PCMA and G.722 by spandsp. */
#include "tools/phone/codec.h"

#include <glib.h>
#include <spandsp.h>

enum { PT_PCMU = 0, PT_PCMA = 8, PT_G722 = 9 };

static const phone_codec_kind kinds[] = {
	{"PCMU", PT_PCMU, 8000},
	{"PCMA", PT_PCMA, 8000},
	{"G722", PT_G722, 16000},
};

struct phone_codec {
	const phone_codec_kind *kind;
	g722_encode_state_t *enc;
	g722_decode_state_t *dec;
};

const phone_codec_kind *phone_codec_named(const char *name, size_t n)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (n == strlen(kinds[i].name) &&
		    !g_ascii_strncasecmp(name, kinds[i].name, n))
			return &kinds[i];
	return NULL;
}

const phone_codec_kind *phone_codec_of(unsigned pt)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (kinds[i].pt == pt)
			return &kinds[i];
	return NULL;
}

phone_codec *phone_codec_new(const phone_codec_kind *kind)
{
	phone_codec *c = g_new0(phone_codec, 1);

	c->kind = kind;
	if (kind->pt == PT_G722) {
		c->enc = g722_encode_init(NULL, 64000, 0);
		c->dec = g722_decode_init(NULL, 64000, 0);
	}
	return c;
}

void phone_codec_free(phone_codec *c)
{
	if (!c)
		return;
	if (c->enc)
		g722_encode_free(c->enc);
	if (c->dec)
		g722_decode_free(c->dec);
	g_free(c);
}

size_t phone_codec_encode(phone_codec *c, const int16_t *pcm, size_t n,
			  uint8_t *to)
{
	if (c->enc)
		return (size_t)g722_encode(c->enc, to, pcm, (int)n);
	for (size_t i = 0; i < n; i++)
		to[i] = c->kind->pt == PT_PCMA ? linear_to_alaw(pcm[i]) :
						 linear_to_ulaw(pcm[i]);
	return n;
}

size_t phone_codec_decode(phone_codec *c, const uint8_t *from, size_t n,
			  int16_t *pcm)
{
	if (c->dec)
		return (size_t)g722_decode(c->dec, pcm, from, (int)n);
	for (size_t i = 0; i < n; i++)
		pcm[i] = c->kind->pt == PT_PCMA ? alaw_to_linear(from[i]) :
						  ulaw_to_linear(from[i]);
	return n;
}
