#include "decoder/codec.h"

#include "decoder/codec_impl.h"

G_DEFINE_QUARK(dec_codec_error, dec_codec_error)

typedef struct family {
	const char *name;
	const dec_codec_ops *ops;
} family;

static const family families[] = {
	{"PCMU", &dec_pcmu_ops},
	{"PCMA", &dec_pcma_ops},
	{"G722", &dec_g722_ops},
	{"SIREN", &dec_siren_ops},
	{"G7221", &dec_g7221_ops},
	{"AAL2-G726-16", &dec_g726_ops},
	{"AAL2-G726-24", &dec_g726_ops},
	{"AAL2-G726-32", &dec_g726_ops},
	{"AAL2-G726-40", &dec_g726_ops},
	{"G726-16", &dec_g726_ops},
	{"G726-24", &dec_g726_ops},
	{"G726-32", &dec_g726_ops},
	{"G726-40", &dec_g726_ops},
	{"G729", &dec_g729_ops},
	{"GSM", &dec_gsm_ops},
	{"iLBC", &dec_ilbc_ops},
	{"G723", &dec_g723_ops},
	{"AMR", &dec_amr_ops},
	{"AMR-WB", &dec_amrwb_ops},
	{"opus", &dec_opus_ops},
	{"speex", &dec_speex_ops},
	{"L16", &dec_l16_ops},
};

static const family *family_find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(families); i++)
		if (!g_ascii_strcasecmp(families[i].name, name))
			return &families[i];
	return NULL;
}

const char *dec_codec_name(unsigned i)
{
	return i < G_N_ELEMENTS(families) ? families[i].name : NULL;
}

/* RFC 3551 6, table 4. */
bool dec_codec_static(uint8_t pt, call_payload *out)
{
	static const struct {
		uint8_t pt, channels;
		uint32_t clock;
		const char *name;
	} known[] = {
		{0, 1, 8000, "PCMU"},	{3, 1, 8000, "GSM"},
		{4, 1, 8000, "G723"},	{5, 1, 8000, "DVI4"},
		{6, 1, 16000, "DVI4"},	{7, 1, 8000, "LPC"},
		{8, 1, 8000, "PCMA"},	{9, 1, 8000, "G722"},
		{10, 2, 44100, "L16"},	{11, 1, 44100, "L16"},
		{12, 1, 8000, "QCELP"}, {13, 1, 8000, "CN"},
		{14, 1, 90000, "MPA"},	{15, 1, 8000, "G728"},
		{16, 1, 11025, "DVI4"}, {17, 1, 22050, "DVI4"},
		{18, 1, 8000, "G729"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		if (known[i].pt != pt)
			continue;
		*out = (call_payload){.pt = pt, .channels = known[i].channels,
				      .clock = known[i].clock};
		g_strlcpy(out->name, known[i].name, sizeof out->name);
		return true;
	}
	return false;
}

bool dec_codec_refuse(const call_payload *p, const char *why, GError **err)
{
	g_set_error(err, DEC_CODEC_ERROR, DEC_CODEC_ERROR_FORMAT,
		    "payload type %u, %s/%u/%u: %s", p->pt, p->name, p->clock,
		    p->channels, why);
	return false;
}

bool dec_codec_no_library(const call_payload *p, const char *library,
			  GError **err)
{
	g_set_error(err, DEC_CODEC_ERROR, DEC_CODEC_ERROR_LIBRARY,
		    "payload type %u, %s/%u: %s would not start", p->pt,
		    p->name, p->clock, library);
	return false;
}

bool dec_codec_fmtp(const call_payload *p, const char *key, span *value)
{
	span rest = span_str(p->fmtp), one, name;

	while (rest.left) {
		if (!span_until(&rest, ';', &one)) {
			one = rest;
			rest.left = 0;
		}
		if (!span_until(&one, '=', &name) ||
		    !span_caseeq(span_trim(name), key))
			continue;
		*value = span_trim(one);
		return true;
	}
	return false;
}

uint32_t dec_codec_fmtp_number(const call_payload *p, const char *key,
			       uint32_t otherwise)
{
	uint64_t v;
	span text;

	if (!dec_codec_fmtp(p, key, &text) ||
	    !span_number(text, 1000000000, &v))
		return otherwise;
	return (uint32_t)v;
}

static void plc_clear(dec_codec *c)
{
	for (int ch = 0; ch < 2 && !c->own_plc; ch++)
		dec_plc_init(&c->plc[ch], c->rate, DEC_CONCEAL_MS);
}

static bool open_ops(dec_codec *c, const call_payload *p, GError **err)
{
	const family *f = family_find(p->name);

	if (c->plugin) {
		c->ops = &dec_plugin_ops;
		return c->ops->open(c, p, err);
	}
	if (!f) {
		g_set_error(err, DEC_CODEC_ERROR, DEC_CODEC_ERROR_UNKNOWN,
			    "payload type %u: no decoder for %s/%u", p->pt,
			    *p->name ? p->name : "an unnamed codec", p->clock);
		return false;
	}
	c->ops = f->ops;
	return c->ops->open(c, p, err);
}

dec_codec *dec_codec_open(const call_payload *p, const dec_plugins *plugins,
			  GError **err)
{
	g_autofree dec_codec *c = g_new0(dec_codec, 1);
	call_payload known = *p;

	if (!*known.name)
		(void)dec_codec_static(p->pt, &known);
	c->clock = known.clock;
	c->channels = known.channels == 2 ? 2 : 1;
	c->plugin = dec_plugins_find(plugins, &known, &c->rate);
	if (!open_ops(c, &known, err))
		return NULL;
	g_assert(c->rate && c->clock);
	plc_clear(c);
	return g_steal_pointer(&c);
}

void dec_codec_close(dec_codec *c)
{
	if (!c)
		return;
	if (c->ops->close)
		c->ops->close(c);
	g_free(c);
}

uint32_t dec_codec_rate(const dec_codec *c)
{
	return c->rate;
}

uint32_t dec_codec_clock(const dec_codec *c)
{
	return c->clock;
}

unsigned dec_codec_delay(const dec_codec *c)
{
	return c->delay;
}

uint32_t dec_codec_ticks(const dec_codec *c, span payload, uint32_t ts_step)
{
	uint32_t ticks;

	/* No format packs more than 16 units of time into one bit, so a
	 * payload this long cannot pass the next test by wrapping around. */
	if (!payload.left || payload.left > UINT16_MAX)
		return 0;
	ticks = c->ops->ticks(c, payload, ts_step);
	if ((uint64_t)ticks * 1000 > (uint64_t)c->clock * DEC_PCM_MS)
		return 0;
	return ticks;
}

static void plc_heard(dec_codec *c, dec_pcm *pcm)
{
	for (unsigned ch = 0; ch < pcm->channels; ch++)
		dec_plc_heard(&c->plc[ch], pcm->s + ch, pcm->frames,
			      pcm->channels);
}

static void plc_fill(dec_codec *c, dec_pcm *pcm)
{
	for (unsigned ch = 0; ch < pcm->channels; ch++)
		dec_plc_fill(&c->plc[ch], pcm->s + ch, pcm->frames,
			     pcm->channels);
}

dec_codec_verdict dec_codec_decode(dec_codec *c, span payload,
				   uint32_t ts_step, dec_pcm *out)
{
	dec_codec_verdict v;

	out->frames = out->concealed = 0;
	out->channels = c->channels;
	if (!dec_codec_ticks(c, payload, ts_step))
		return DEC_CODEC_BAD;
	v = c->ops->decode(c, payload, ts_step, out);
	if (out->channels > c->channels && !c->own_plc)
		dec_plc_init(&c->plc[1], c->rate, DEC_CONCEAL_MS);
	c->channels = out->channels;
	if (v != DEC_CODEC_BAD && !c->own_plc)
		plc_heard(c, out);
	return v;
}

void dec_codec_conceal(dec_codec *c, span next, unsigned distance,
		       size_t frames, dec_pcm *out)
{
	out->channels = c->channels;
	out->frames = MIN(frames, DEC_PCM_SAMPLES / out->channels);
	out->concealed = out->frames;
	if (!c->ops->conceal || !c->ops->conceal(c, next, distance, out))
		plc_fill(c, out);
}

void dec_codec_reset(dec_codec *c)
{
	if (c->ops->reset)
		c->ops->reset(c);
	plc_clear(c);
}
