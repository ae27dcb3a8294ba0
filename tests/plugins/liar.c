/* A plug-in for "liar" that claims more samples than there is room for, cannot
 * be opened at 16 kHz, and does not conceal. */
#include <string.h>

#include "decoder/plugin_api.h"

static uint32_t match(const edgetape_codec_format *f)
{
	return strcmp(f->name, "liar") ? 0 : f->clock;
}

static void *open_liar(const edgetape_codec_format *f)
{
	static int state;

	return f->clock == 16000 ? NULL : &state;
}

static uint32_t ticks(void *state, const uint8_t *payload, size_t len)
{
	(void)state;
	(void)payload;
	return (uint32_t)len;
}

static int decode(void *state, const uint8_t *payload, size_t len,
		  int16_t *pcm, size_t max)
{
	(void)state;
	(void)payload;
	(void)pcm;
	return len == 1 ? -1 : (int)max + 1;
}

static void close_liar(void *state)
{
	(void)state;
}

const edgetape_codec *edgetape_codec_plugin(void)
{
	static const edgetape_codec codec = {
		.abi = EDGETAPE_CODEC_ABI,
		.size = sizeof codec,
		.name = "liar",
		.match = match,
		.open = open_liar,
		.ticks = ticks,
		.decode = decode,
		.close = close_liar,
	};

	return &codec;
}
