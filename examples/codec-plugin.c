/* codec-plugin.c - a codec plug-in for edgetape: L8 (RFC 3551 4.5.10), eight
 * bits a sample, 128 is silence. docs/codec-plugin.md walks through it.
 *
 *	gcc -shared -fPIC -I. -o l8.so examples/codec-plugin.c */
#include <stdlib.h>
#include <string.h>

#include "decoder/plugin_api.h"

struct l8 {
	unsigned channels;
	int16_t last[2];	/* sample of each channel */
};

static uint32_t l8_match(const edgetape_codec_format *f)
{
	if (strcmp(f->name, "L8") || f->clock < 8000 || f->clock > 48000 ||
	    f->channels < 1 || f->channels > 2)
		return 0;
	return f->clock;
}

static void *l8_open(const edgetape_codec_format *f)
{
	struct l8 *s = calloc(1, sizeof *s);

	if (s)
		s->channels = f->channels;
	return s;
}

static uint32_t l8_ticks(void *state, const uint8_t *payload, size_t len)
{
	const struct l8 *s = state;

	(void)payload;
	return len % s->channels ? 0 : (uint32_t)(len / s->channels);
}

static int l8_decode(void *state, const uint8_t *payload, size_t len,
		     int16_t *pcm, size_t max)
{
	struct l8 *s = state;

	if (!len || len % s->channels || len / s->channels > max)
		return -1;
	for (size_t i = 0; i < len; i++)
		pcm[i] = (int16_t)((payload[i] - 128) * 256);
	memcpy(s->last, pcm + len - s->channels, s->channels * sizeof *pcm);
	return (int)(len / s->channels);
}

/* Slides from the last sample to silence: no click, and nothing invented. */
static int l8_conceal(void *state, const uint8_t *next, size_t len,
		      unsigned offset, int16_t *pcm, size_t frames)
{
	struct l8 *s = state;

	(void)next;
	(void)len;
	(void)offset;
	for (size_t i = 0; i < frames; i++)
		for (unsigned ch = 0; ch < s->channels; ch++) {
			s->last[ch] = (int16_t)(s->last[ch] * 31 / 32);
			*pcm++ = s->last[ch];
		}
	return 0;
}

static void l8_close(void *state)
{
	free(state);
}

const edgetape_codec *edgetape_codec_plugin(void)
{
	static const edgetape_codec codec = {
		.abi = EDGETAPE_CODEC_ABI,
		.size = sizeof codec,
		.name = "L8 example",
		.match = l8_match,
		.open = l8_open,
		.ticks = l8_ticks,
		.decode = l8_decode,
		.conceal = l8_conceal,
		.close = l8_close,
	};

	return &codec;
}
