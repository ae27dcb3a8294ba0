#include <spandsp.h>

#include "decoder/codec_impl.h"

typedef struct g726 {
	g726_state_t *decoder;
	unsigned bits;		/* of a code word, 2 to 5 */
	int packing;
} g726;

static g726_state_t *start(g726_state_t *old, const g726 *s)
{
	return g726_init(old, (int)s->bits * 8000, G726_ENCODING_LINEAR,
			 s->packing);
}

/* "G726-24", "AAL2-G726-24": 3 bits for each of 8000 samples a second. */
static unsigned bits_of(const char *name)
{
	uint64_t kbit = 0;
	bool ok = span_number(span_str(strrchr(name, '-') + 1), 40, &kbit);

	g_assert(ok);
	return (unsigned)kbit / 8;
}

/* RFC 3551 4.5.4 packs the first code word of an octet into its low bits;
 * the AAL2- names have it in the high bits (ITU-T I.366.2). */
static bool open_g726(dec_codec *c, const call_payload *p, GError **err)
{
	bool aal2 = span_casestarts(span_str(p->name), "AAL2-");
	g726 *s;

	if (p->clock != 8000 || p->channels > 1)
		return dec_codec_refuse(p, "only 8000 Hz, one channel", err);
	s = c->state = g_new0(g726, 1);
	s->bits = bits_of(p->name);
	s->packing = aal2 ? G726_PACKING_LEFT : G726_PACKING_RIGHT;
	s->decoder = start(NULL, s);
	c->rate = 8000;
	return true;
}

/* Code words end with the packet: of 3 and 5 bits there are eights. */
static uint32_t ticks(const dec_codec *c, span payload, uint32_t ts_step)
{
	const g726 *s = c->state;

	(void)ts_step;
	if (s->bits % 2 && payload.left % s->bits)
		return 0;
	return (uint32_t)(payload.left * 8 / s->bits);
}

static dec_codec_verdict decode(dec_codec *c, span payload, uint32_t ts_step,
				dec_pcm *out)
{
	g726 *s = c->state;

	(void)ts_step;
	out->frames = (size_t)g726_decode(s->decoder, out->s, payload.p,
					  (int)payload.left);
	return DEC_CODEC_OK;
}

static void reset(dec_codec *c)
{
	g726 *s = c->state;

	start(s->decoder, s);
}

static void close_g726(dec_codec *c)
{
	g726 *s = c->state;

	g726_free(s->decoder);
	g_free(s);
}

const dec_codec_ops dec_g726_ops = {
	.open = open_g726,
	.ticks = ticks,
	.decode = decode,
	.reset = reset,
	.close = close_g726,
};
