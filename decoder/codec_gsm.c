#include <gsm.h>

#include "decoder/codec_impl.h"

/* RFC 3551 4.5.8: full-rate GSM 06.10, 20 ms in 33 octets that begin with the
 * signature 0xD. */
enum {
	OCTETS = 33,
	FRAME = 160,		/* samples */
};

static bool open_gsm(dec_codec *c, const call_payload *p, GError **err)
{
	if (p->clock != 8000 || p->channels > 1)
		return dec_codec_refuse(p, "only 8000 Hz, one channel", err);
	c->state = gsm_create();
	if (!c->state)
		return dec_codec_no_library(p, "libgsm", err);
	c->rate = 8000;
	return true;
}

static uint32_t ticks(const dec_codec *c, span payload, uint32_t ts_step)
{
	uint32_t n = 0;
	span frame;

	(void)c;
	(void)ts_step;
	for (; span_cut(&payload, OCTETS, &frame); n += FRAME)
		if (frame.p[0] >> 4 != 0xd)
			return 0;
	return payload.left ? 0 : n;
}

static dec_codec_verdict decode(dec_codec *c, span payload, uint32_t ts_step,
				dec_pcm *out)
{
	gsm_frame frame;

	(void)ts_step;
	for (; span_bytes(&payload, frame, OCTETS); out->frames += FRAME)
		(void)gsm_decode(c->state, frame, out->s + out->frames);
	return DEC_CODEC_OK;
}

static void close_gsm(dec_codec *c)
{
	gsm_destroy(c->state);
}

static void reset(dec_codec *c)
{
	gsm fresh = gsm_create();

	if (!fresh)
		return;
	gsm_destroy(c->state);
	c->state = fresh;
}

const dec_codec_ops dec_gsm_ops = {
	.open = open_gsm,
	.ticks = ticks,
	.decode = decode,
	.reset = reset,
	.close = close_gsm,
};
