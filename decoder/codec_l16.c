#include "decoder/codec_impl.h"

/* RFC 3551 4.5.11: 16-bit samples, big-endian, channels interleaved. */

static bool l16_open(dec_codec *c, const call_payload *p, GError **err)
{
	if (p->clock < 8000 || p->clock > 48000 || p->channels > 2)
		return dec_codec_refuse(
			p, "only 8000 to 48000 Hz, one or two channels", err);
	c->rate = p->clock;
	return true;
}

static uint32_t l16_ticks(const dec_codec *c, span payload, uint32_t ts_step)
{
	(void)ts_step;
	if (payload.left % (2 * c->channels))
		return 0;
	return (uint32_t)(payload.left / 2 / c->channels);
}

static dec_codec_verdict l16_decode(dec_codec *c, span payload,
				    uint32_t ts_step, dec_pcm *out)
{
	int16_t *to = out->s;
	uint16_t v;

	(void)c;
	(void)ts_step;
	while (span_u16(&payload, &v))
		*to++ = (int16_t)v;
	out->frames = (size_t)(to - out->s) / out->channels;
	return DEC_CODEC_OK;
}

const dec_codec_ops dec_l16_ops = {
	.open = l16_open,
	.ticks = l16_ticks,
	.decode = l16_decode,
};
