/* misdeed.h - a plug-in that takes SIREN and does what includes it has defined
 * as misdeed() at its tenth packet: what a hostile payload could do to any
 * codec library. */
#include <stdlib.h>

#include "decoder/plugin_api.h"

static uint32_t match(const edgetape_codec_format *f)
{
	return f->name[0] == 'S' && f->name[1] == 'I' ? 16000 : 0;
}

static void *open_state(const edgetape_codec_format *f)
{
	(void)f;
	return calloc(1, sizeof(unsigned));
}

static uint32_t ticks(void *state, const uint8_t *payload, size_t len)
{
	(void)state;
	(void)payload;
	return (uint32_t)(len / 40 * 320);
}

static int decode(void *state, const uint8_t *payload, size_t len, int16_t *pcm,
		  size_t max)
{
	unsigned *packets = state;

	(void)payload;
	if (++*packets == 10)
		misdeed();
	for (size_t i = 0; i < max; i++)
		pcm[i] = 0;
	return (int)(len / 40 * 320);
}

const edgetape_codec *edgetape_codec_plugin(void)
{
	static const edgetape_codec codec = {
		.abi = EDGETAPE_CODEC_ABI,
		.size = sizeof(codec),
		.name = "misdeed",
		.match = match,
		.open = open_state,
		.ticks = ticks,
		.decode = decode,
		.close = free,
	};

	return &codec;
}
