#include <opencore-amrnb/interf_dec.h>
#include <opencore-amrwb/dec_if.h>

#include "decoder/amr_payload.h"
#include "decoder/codec_impl.h"

/* AMR and AMR-WB by opencore-amr, 20 ms a frame. Its narrow-band decoder
 * conceals a lost frame well. The wide-band one mutes, so the generic
 * concealment is used instead, except in silence, where both continue with
 * comfort noise. */
typedef struct amr {
	void *decoder;
	dec_amr_format format;
	size_t frame;		/* samples */
	bool silent;		/* the sender said so */
} amr;

enum { SID_NARROW = 8, SID_WIDE = 9 };

static bool flag(const call_payload *p, const char *key)
{
	return dec_codec_fmtp_number(p, key, 0) != 0;
}

static void *decoder_new(bool wide)
{
	return wide ? D_IF_init() : Decoder_Interface_init();
}

static void decoder_free(bool wide, void *decoder)
{
	if (wide)
		D_IF_exit(decoder);
	else
		Decoder_Interface_exit(decoder);
}

static bool open_amr(dec_codec *c, const call_payload *p, bool wide,
		     GError **err)
{
	uint32_t rate = wide ? 16000 : 8000;
	span v;
	amr *s;

	if (p->clock != rate || p->channels > 1)
		return dec_codec_refuse(p, "wrong clock or channels", err);
	if (flag(p, "crc") || flag(p, "robust-sorting") ||
	    dec_codec_fmtp(p, "interleaving", &v))
		return dec_codec_refuse(p, "crc, robust-sorting and "
					"interleaving are not decoded", err);
	s = c->state = g_new0(amr, 1);
	s->decoder = decoder_new(wide);
	s->format = (dec_amr_format){wide, flag(p, "octet-align")};
	s->frame = rate / 50;
	c->rate = rate;
	c->delay = wide ? 95 : 40;
	c->own_plc = !wide;
	return true;
}

static bool amr_open(dec_codec *c, const call_payload *p, GError **err)
{
	return open_amr(c, p, false, err);
}

static bool amrwb_open(dec_codec *c, const call_payload *p, GError **err)
{
	return open_amr(c, p, true, err);
}

static uint32_t ticks(const dec_codec *c, span payload, uint32_t ts_step)
{
	const amr *s = c->state;
	dec_amr_payload p;

	(void)ts_step;
	if (!dec_amr_parse(payload, s->format, &p))
		return 0;
	return p.frames * (uint32_t)s->frame;
}

static void one(amr *s, const uint8_t *frame, int16_t *to)
{
	if (s->format.wide)
		D_IF_decode(s->decoder, frame, to, 0);
	else
		Decoder_Interface_Decode(s->decoder, frame, to, 0);
}

static const uint8_t no_data[DEC_AMR_OCTETS] = {DEC_AMR_NO_DATA << 3 | 4};

/* Whether the sender is silent after a frame of this type. */
static bool silent_after(const amr *s, uint8_t type)
{
	if (type >= DEC_AMR_LOST)
		return s->silent;
	return type == (s->format.wide ? SID_WIDE : SID_NARROW);
}

static dec_codec_verdict decode(dec_codec *c, span payload, uint32_t ts_step,
				dec_pcm *out)
{
	amr *s = c->state;
	dec_amr_payload p;
	uint8_t frame[DEC_AMR_OCTETS];

	(void)ts_step;
	if (!dec_amr_parse(payload, s->format, &p))
		return DEC_CODEC_BAD;
	for (; dec_amr_next(&p, frame); out->frames += s->frame) {
		uint8_t type = dec_amr_type(*frame);
		bool usable = dec_amr_good(*frame) && type < DEC_AMR_LOST;

		one(s, usable ? frame : no_data, out->s + out->frames);
		s->silent = silent_after(s, type);
		if (!usable && !s->silent)
			out->concealed += s->frame;
	}
	return out->concealed ? DEC_CODEC_DAMAGED : DEC_CODEC_OK;
}

static bool conceal(dec_codec *c, span next, unsigned distance, dec_pcm *out)
{
	amr *s = c->state;
	int16_t frame[320];
	size_t n;

	(void)next;
	(void)distance;
	if (s->format.wide && !s->silent)
		return false;
	for (size_t at = 0; at < out->frames; at += n) {
		n = MIN(out->frames - at, s->frame);
		one(s, no_data, frame);
		memcpy(out->s + at, frame, n * sizeof *frame);
	}
	return true;
}

/* The library has no other way back to the start. */
static void reset(dec_codec *c)
{
	amr *s = c->state;

	decoder_free(s->format.wide, s->decoder);
	s->decoder = decoder_new(s->format.wide);
	s->silent = false;
}

static void close_amr(dec_codec *c)
{
	amr *s = c->state;

	decoder_free(s->format.wide, s->decoder);
	g_free(s);
}

const dec_codec_ops dec_amr_ops = {
	.open = amr_open,
	.ticks = ticks,
	.decode = decode,
	.conceal = conceal,
	.reset = reset,
	.close = close_amr,
};

const dec_codec_ops dec_amrwb_ops = {
	.open = amrwb_open,
	.ticks = ticks,
	.decode = decode,
	.conceal = conceal,
	.reset = reset,
	.close = close_amr,
};
