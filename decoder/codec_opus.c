#include <opus.h>

#include "decoder/codec_impl.h"

/* RFC 7587. The clock is always 48000 and the rtpmap always says two channels;
 * the packets say how many there are. */
enum {
	RATE = 48000,
	STEP = 120,		/* lengths of concealment go by 2.5 ms */
};

/* Mono until the sender announces or sends stereo, then stereo for good. */
static bool open_opus(dec_codec *c, const call_payload *p, GError **err)
{
	if (p->clock != RATE)
		return dec_codec_refuse(p, "only a clock of 48000 Hz", err);
	c->channels = dec_codec_fmtp_number(p, "sprop-stereo", 0) ? 2 : 1;
	c->state = g_malloc0((size_t)opus_decoder_get_size(2));
	if (opus_decoder_init(c->state, RATE, (int)c->channels) != OPUS_OK) {
		g_free(c->state);
		return dec_codec_no_library(p, "libopus", err);
	}
	c->rate = RATE;
	c->delay = 309;
	c->own_plc = true;
	return true;
}

static uint32_t ticks(const dec_codec *c, span payload, uint32_t ts_step)
{
	opus_int16 sizes[48];
	int n;

	(void)c;
	(void)ts_step;
	if (!payload.left ||
	    opus_packet_parse(payload.p, (opus_int32)payload.left, NULL, NULL,
			      sizes, NULL) < 0)
		return 0;
	n = opus_packet_get_nb_samples(payload.p, (opus_int32)payload.left,
				       RATE);
	return n > 0 ? (uint32_t)n : 0;
}

static dec_codec_verdict decode(dec_codec *c, span payload, uint32_t ts_step,
				dec_pcm *out)
{
	int n;

	(void)ts_step;
	if (c->channels == 1 && opus_packet_get_nb_channels(payload.p) == 2) {
		opus_decoder_init(c->state, RATE, 2);
		out->channels = 2;
	}
	n = opus_decode(c->state, payload.p, (opus_int32)payload.left, out->s,
			DEC_PCM_SAMPLES / (int)out->channels, 0);
	if (n <= 0)
		return DEC_CODEC_BAD;
	out->frames = (size_t)n;
	return DEC_CODEC_OK;
}

/* The packet after the hole may carry a coarse copy of the lost one (LBRR); if
 * not, libopus makes something up. */
static bool conceal(dec_codec *c, span next, unsigned distance, dec_pcm *out)
{
	bool fec = distance == 1 && ticks(c, next, 0);
	int n = (int)((out->frames + STEP - 1) / STEP * STEP);

	if (!n)
		return true;
	n = opus_decode(c->state, fec ? next.p : NULL,
			fec ? (opus_int32)next.left : 0, out->s, n, fec);
	if (n <= 0)
		memset(out->s, 0, out->frames * out->channels * sizeof *out->s);
	return true;
}

static void reset(dec_codec *c)
{
	opus_decoder_ctl(c->state, OPUS_RESET_STATE);
}

static void close_opus(dec_codec *c)
{
	g_free(c->state);
}

const dec_codec_ops dec_opus_ops = {
	.open = open_opus,
	.ticks = ticks,
	.decode = decode,
	.conceal = conceal,
	.reset = reset,
	.close = close_opus,
};
