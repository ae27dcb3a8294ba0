#include <spandsp.h>

#include "decoder/codec_impl.h"

/* G.722 at 64 kbit/s. Its RTP clock says 8000 though the sound has 16,000
 * samples a second (RFC 3551 4.5.2). */

typedef struct g722 {
	g722_decode_state_t *side[2];	/* left or mono, right */
	bool may_be_stereo;	/* the rtpmap says two channels */
	bool stereo;		/* what the last packet was */
} g722;

static void g722_close(dec_codec *c)
{
	g722 *s = c->state;

	for (int i = 0; i < 2; i++)
		if (s->side[i])
			g722_decode_free(s->side[i]);
	g_free(s);
}

static void g722_reset(dec_codec *c)
{
	g722 *s = c->state;

	for (int i = 0; i < 2; i++)
		g722_decode_init(s->side[i], 64000, 0);
}

static bool g722_open(dec_codec *c, const call_payload *p, GError **err)
{
	g722 *s;

	if (p->clock != 8000)
		return dec_codec_refuse(p, "only a clock of 8000 Hz", err);
	s = c->state = g_new0(g722, 1);
	for (int i = 0; i < 2; i++)
		s->side[i] = g722_decode_init(NULL, 64000, 0);
	s->may_be_stereo = s->stereo = p->channels == 2;
	c->rate = 16000;
	c->delay = 22;
	return true;
}

/* MS-RTP: payload type 117 carries stereo (all of the left channel, then all of
 * the right) or mono. One octet of a channel is one unit of time, so the step
 * to the next timestamp decides. If that is unknown, whole multiples of 20 ms
 * of stereo are taken to be as the last packet was, and anything else to be
 * mono. */
static bool is_stereo(const g722 *s, size_t len, uint32_t ts_step)
{
	if (!s->may_be_stereo || len % 2)
		return false;
	if (ts_step == len)
		return false;
	if (ts_step == len / 2)
		return true;
	return s->stereo && len % 320 == 0;
}

static uint32_t g722_ticks(const dec_codec *c, span payload, uint32_t ts_step)
{
	bool two = is_stereo(c->state, payload.left, ts_step);

	return (uint32_t)(two ? payload.left / 2 : payload.left);
}

static dec_codec_verdict g722_decode_mono(g722 *s, span payload, dec_pcm *out)
{
	out->channels = 1;
	out->frames = (size_t)g722_decode(s->side[0], out->s, payload.p,
					  (int)payload.left);
	return DEC_CODEC_OK;
}

/* Octet by octet, because the halves have to be interleaved. */
static dec_codec_verdict g722_decode_stereo(g722 *s, span payload,
					    dec_pcm *out)
{
	size_t half = payload.left / 2;
	int16_t *to = out->s;

	for (size_t i = 0; i < half; i++, to += 4) {
		int16_t l[2], r[2];

		g722_decode(s->side[0], l, payload.p + i, 1);
		g722_decode(s->side[1], r, payload.p + half + i, 1);
		to[0] = l[0];
		to[1] = r[0];
		to[2] = l[1];
		to[3] = r[1];
	}
	out->channels = 2;
	out->frames = half * 2;
	return DEC_CODEC_OK;
}

static dec_codec_verdict g722_decode_packet(dec_codec *c, span payload,
					    uint32_t ts_step, dec_pcm *out)
{
	g722 *s = c->state;
	bool two = is_stereo(s, payload.left, ts_step);

	if (two != s->stereo)
		g722_decode_init(s->side[1], 64000, 0);
	s->stereo = two;
	if (two)
		return g722_decode_stereo(s, payload, out);
	return g722_decode_mono(s, payload, out);
}

const dec_codec_ops dec_g722_ops = {
	.open = g722_open,
	.ticks = g722_ticks,
	.decode = g722_decode_packet,
	.reset = g722_reset,
	.close = g722_close,
};
