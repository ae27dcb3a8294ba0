#include "decoder/codec_impl.h"
#include "decoder/siren.h"

/* SIREN/16000 (payload type 111 of Lync) and G7221/16000 (RFC 5577): frames
 * of 20 ms, one after the other, no header. */
typedef struct siren {
	dec_siren *decoder;
	size_t bytes;	/* of a frame */
} siren;

static bool start(dec_codec *c, const call_payload *p, dec_siren_kind kind,
		  size_t bytes, GError **err)
{
	dec_siren *decoder;
	siren *s;

	if (p->clock != 16000 || p->channels > 1)
		return dec_codec_refuse(p, "only 16000 Hz, one channel", err);
	decoder = dec_siren_new(kind);
	if (!decoder)
		return dec_codec_no_library(p, "libavutil's transform", err);
	s = c->state = g_new0(siren, 1);
	s->decoder = decoder;
	s->bytes = bytes;
	c->rate = 16000;
	c->delay = DEC_SIREN_FRAME;
	c->own_plc = true;
	return true;
}

static bool siren_open(dec_codec *c, const call_payload *p, GError **err)
{
	if (dec_codec_fmtp_number(p, "bitrate", 16000) != 16000)
		return dec_codec_refuse(p, "only bitrate=16000", err);
	return start(c, p, DEC_SIREN_MICROSOFT, DEC_SIREN_BYTES_MS, err);
}

static bool g7221_open(dec_codec *c, const call_payload *p, GError **err)
{
	switch (dec_codec_fmtp_number(p, "bitrate", 24000)) {
	case 24000:
		return start(c, p, DEC_SIREN_G7221, DEC_SIREN_BYTES_24, err);
	case 32000:
		return start(c, p, DEC_SIREN_G7221, DEC_SIREN_BYTES_32, err);
	}
	return dec_codec_refuse(p, "only bitrate=24000 or 32000", err);
}

static uint32_t siren_ticks(const dec_codec *c, span payload, uint32_t ts_step)
{
	const siren *s = c->state;

	(void)ts_step;
	if (payload.left % s->bytes)
		return 0;
	return (uint32_t)(payload.left / s->bytes * DEC_SIREN_FRAME);
}

static dec_codec_verdict siren_decode(dec_codec *c, span payload,
				      uint32_t ts_step, dec_pcm *out)
{
	siren *s = c->state;
	span frame;

	(void)ts_step;
	while (span_cut(&payload, s->bytes, &frame)) {
		if (!dec_siren_decode(s->decoder, frame,
				      out->s + out->frames))
			out->concealed += DEC_SIREN_FRAME;
		out->frames += DEC_SIREN_FRAME;
	}
	return out->concealed ? DEC_CODEC_DAMAGED : DEC_CODEC_OK;
}

/* The format's own way: the last spectrum once more, then silence. */
static bool siren_conceal(dec_codec *c, span next, unsigned distance,
			  dec_pcm *out)
{
	siren *s = c->state;
	int16_t one[DEC_SIREN_FRAME];
	size_t n;

	(void)next;
	(void)distance;
	for (size_t at = 0; at < out->frames; at += n) {
		n = MIN(out->frames - at, DEC_SIREN_FRAME);
		(void)dec_siren_decode(s->decoder, span_of(NULL, 0), one);
		memcpy(out->s + at, one, n * sizeof *one);
	}
	return true;
}

static void siren_reset(dec_codec *c)
{
	dec_siren_reset(((siren *)c->state)->decoder);
}

static void siren_close(dec_codec *c)
{
	siren *s = c->state;

	dec_siren_free(s->decoder);
	g_free(s);
}

#define SIREN_OPS(first)                                                      \
	{                                                                     \
		.open = first, .ticks = siren_ticks, .decode = siren_decode,  \
		.conceal = siren_conceal, .reset = siren_reset,               \
		.close = siren_close,                                         \
	}

const dec_codec_ops dec_siren_ops = SIREN_OPS(siren_open);
const dec_codec_ops dec_g7221_ops = SIREN_OPS(g7221_open);
