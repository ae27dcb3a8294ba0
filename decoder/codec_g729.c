#include <bcg729/decoder.h>

#include "decoder/codec_impl.h"

/* RFC 3551 4.5.6: frames of 10 ms; the last may be a silence descriptor
 * (Annex B). bcg729 fills the silence after it by itself. */
enum {
	SPEECH = 10,		/* octets */
	SID = 2,
	FRAME = 80,		/* samples */
};

typedef bcg729DecoderChannelContextStruct channel;

static bool open_g729(dec_codec *c, const call_payload *p, GError **err)
{
	if (p->clock != 8000 || p->channels > 1)
		return dec_codec_refuse(p, "only 8000 Hz, one channel", err);
	c->state = initBcg729DecoderChannel();
	if (!c->state)
		return dec_codec_no_library(p, "bcg729", err);
	c->rate = 8000;
	c->delay = 40;
	c->own_plc = true;
	return true;
}

static uint32_t ticks(const dec_codec *c, span payload, uint32_t ts_step)
{
	size_t rest = payload.left % SPEECH;

	(void)c;
	(void)ts_step;
	if (rest && rest != SID)
		return 0;
	return (uint32_t)(payload.left / SPEECH + !!rest) * FRAME;
}

static void one(channel *ch, span frame, bool lost, int16_t *to)
{
	bcg729Decoder(ch, frame.p, (uint8_t)frame.left, lost,
		      frame.left == SID, 0, to);
}

static dec_codec_verdict decode(dec_codec *c, span payload, uint32_t ts_step,
				dec_pcm *out)
{
	span frame;

	(void)ts_step;
	for (; span_cut(&payload, SPEECH, &frame); out->frames += FRAME)
		one(c->state, frame, false, out->s + out->frames);
	if (payload.left == SID) {
		one(c->state, payload, false, out->s + out->frames);
		out->frames += FRAME;
	}
	return DEC_CODEC_OK;
}

/* An erased frame: speech continues, fading; silence continues as described. */
static bool conceal(dec_codec *c, span next, unsigned distance, dec_pcm *out)
{
	static const uint8_t none[SPEECH];
	int16_t frame[FRAME];
	size_t n;

	(void)next;
	(void)distance;
	for (size_t at = 0; at < out->frames; at += n) {
		n = MIN(out->frames - at, FRAME);
		one(c->state, span_of(none, 0), true, frame);
		memcpy(out->s + at, frame, n * sizeof *frame);
	}
	return true;
}

static void close_g729(dec_codec *c)
{
	closeBcg729DecoderChannel(c->state);
}

/* bcg729 has no other way back to the start. */
static void reset(dec_codec *c)
{
	channel *fresh = initBcg729DecoderChannel();

	if (!fresh)
		return;
	closeBcg729DecoderChannel(c->state);
	c->state = fresh;
}

const dec_codec_ops dec_g729_ops = {
	.open = open_g729,
	.ticks = ticks,
	.decode = decode,
	.conceal = conceal,
	.reset = reset,
	.close = close_g729,
};
