#include "decoder/codec_impl.h"

/* A codec that a site has loaded. What comes back from it is believed no more
 * than a packet is: lengths are checked here. */
typedef struct guest {
	call_payload payload;
	void *state;		/* the plug-in's own */
} guest;

static void *start(const dec_codec *c, const call_payload *p)
{
	const edgetape_codec_format f = {p->name, p->clock, p->channels,
					 p->fmtp};

	return c->plugin->open(&f);
}

static bool open_plugin(dec_codec *c, const call_payload *p, GError **err)
{
	void *state;
	guest *g;

	if (p->channels > 2)
		return dec_codec_refuse(p, "only one or two channels", err);
	state = start(c, p);
	if (!state)
		return dec_codec_no_library(p, c->plugin->name, err);
	g = c->state = g_new0(guest, 1);
	g->payload = *p;
	g->state = state;
	c->delay = c->plugin->delay;
	return true;
}

static uint32_t ticks(const dec_codec *c, span payload, uint32_t ts_step)
{
	guest *g = c->state;

	(void)ts_step;
	return c->plugin->ticks(g->state, payload.p, payload.left);
}

static dec_codec_verdict decode(dec_codec *c, span payload, uint32_t ts_step,
				dec_pcm *out)
{
	guest *g = c->state;
	size_t max = DEC_PCM_SAMPLES / out->channels;
	int n = c->plugin->decode(g->state, payload.p, payload.left, out->s,
				  max);

	(void)ts_step;
	if (n <= 0 || (size_t)n > max)
		return DEC_CODEC_BAD;
	out->frames = (size_t)n;
	return DEC_CODEC_OK;
}

static bool conceal(dec_codec *c, span next, unsigned distance, dec_pcm *out)
{
	guest *g = c->state;

	return c->plugin->conceal &&
	       c->plugin->conceal(g->state, next.left ? next.p : NULL,
				  next.left, distance, out->s,
				  out->frames) == 0;
}

/* The interface has no way back to the start but a new beginning. */
static void reset(dec_codec *c)
{
	guest *g = c->state;
	void *fresh = start(c, &g->payload);

	if (!fresh)
		return;
	c->plugin->close(g->state);
	g->state = fresh;
}

static void close_plugin(dec_codec *c)
{
	guest *g = c->state;

	c->plugin->close(g->state);
	g_free(g);
}

const dec_codec_ops dec_plugin_ops = {
	.open = open_plugin,
	.ticks = ticks,
	.decode = decode,
	.conceal = conceal,
	.reset = reset,
	.close = close_plugin,
};
