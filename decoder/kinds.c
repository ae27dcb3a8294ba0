#include "decoder/kinds.h"

enum { CLOCK_MIN = 1000, CLOCK_MAX = 192000, CLOCK_USUAL = 8000 };

static void kind_free(dec_kind *k)
{
	if (!k)
		return;
	dec_codec_close(k->codec);
	g_free(k);
}

void dec_kinds_init(dec_kinds *k, const dec_ptmap *map,
		    const dec_config *config, uint8_t side, uint8_t media)
{
	*k = (dec_kinds){.map = map,
			 .plugins = config->plugins,
			 .blind = config->blind,
			 .version = map->version,
			 .side = side,
			 .media = media};
}

void dec_kinds_clear(dec_kinds *k)
{
	for (size_t i = 0; i < G_N_ELEMENTS(k->pt); i++) {
		kind_free(k->pt[i]);
		k->pt[i] = NULL;
	}
}

void dec_kinds_reset(dec_kinds *k)
{
	for (size_t i = 0; i < G_N_ELEMENTS(k->pt); i++)
		if (k->pt[i] && k->pt[i]->codec)
			dec_codec_reset(k->pt[i]->codec);
}

static dec_role role_of(const call_payload *p)
{
	const span name = span_str(p->name);

	if (span_caseeq(name, "CN"))
		return DEC_ROLE_COMFORT;
	if (span_caseeq(name, "RED"))
		return DEC_ROLE_RED;
	if (span_caseeq(name, "telephone-event"))
		return DEC_ROLE_EVENT;
	return DEC_ROLE_VOICE;
}

static void open_codec(dec_kind *k, const dec_kinds *ks)
{
	if (k->role != DEC_ROLE_VOICE)
		return;
	if (!ks->blind)
		k->codec = dec_codec_open(&k->is, ks->plugins, NULL);
	if (k->codec)
		k->is.clock = dec_codec_clock(k->codec);
	else
		k->role = DEC_ROLE_BLIND;
}

/* What the SDPs say, with a name for what they do not. */
static bool look_up(const dec_kinds *ks, uint8_t pt, call_payload *out)
{
	if (dec_ptmap_find(ks->map, ks->side, ks->media, pt, out))
		return true;
	*out = (call_payload){.pt = pt, .channels = 1, .clock = CLOCK_USUAL};
	g_snprintf(out->name, sizeof(out->name), "pt-%u", pt);
	return false;
}

static dec_kind *resolve(dec_kinds *ks, uint8_t pt)
{
	dec_kind *k = g_new0(dec_kind, 1);

	k->role = DEC_ROLE_BLIND;
	if (look_up(ks, pt, &k->is))
		k->role = (uint8_t)role_of(&k->is);
	k->clock = k->is.clock;
	open_codec(k, ks);
	if (k->is.clock < CLOCK_MIN || k->is.clock > CLOCK_MAX)
		k->is.clock = CLOCK_USUAL;
	ks->pt[pt] = k;
	return k;
}

static bool same_format(const call_payload *a, const dec_kind *k)
{
	return a->channels == k->is.channels && a->clock == k->clock &&
	       strcmp(a->name, k->is.name) == 0 &&
	       strcmp(a->fmtp, k->is.fmtp) == 0;
}

/* A new exchange may have given a number another meaning. */
static void recheck(dec_kinds *ks)
{
	for (uint8_t pt = 0; pt < G_N_ELEMENTS(ks->pt); pt++) {
		dec_kind *k = ks->pt[pt];
		call_payload now;

		if (!k)
			continue;
		look_up(ks, pt, &now);
		if (same_format(&now, k))
			continue;
		kind_free(k);
		ks->pt[pt] = NULL;
	}
	ks->version = ks->map->version;
}

dec_kind *dec_kinds_get(dec_kinds *ks, uint8_t pt)
{
	if (ks->version != ks->map->version)
		recheck(ks);
	return ks->pt[pt] ? ks->pt[pt] : resolve(ks, pt);
}
