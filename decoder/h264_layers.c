#include "decoder/h264_layers.h"

#include <string.h>

enum { PATIENCE = 90000 };	/* a second at 90 kHz */

unsigned dec_layers_find(dec_layers *l, uint32_t ssrc)
{
	for (unsigned i = 0; i < l->n; i++)
		if (l->list[i].ssrc == ssrc)
			return i;
	/* Nobody sends so many: they are not worth an order. */
	if (l->n == DEC_LAYERS_MAX)
		*l = (dec_layers){.others = l->others};
	l->list[l->n] = (dec_layer){.ssrc = ssrc};
	return l->n++;
}

void dec_layers_begin(dec_layers *l)
{
	for (unsigned i = 0; i < l->n; i++)
		l->list[i].octets = l->list[i].key_octets = 0;
}

void dec_layers_slice(dec_layers *l, unsigned layer, bool key, uint32_t octets)
{
	dec_layer *a = &l->list[layer];

	a->octets += octets;
	if (!key)
		return;
	a->key_octets += octets;
	a->base = true;
}

/* Whether base `a` suits the layer better than base `b` does: by PRID; then the
 * one that began last, for a source that was replaced; then by SSRC, which a
 * client counts up. */
static bool suits(const dec_layer *a, const dec_layer *b, const dec_layer *of)
{
	if (a->prid != b->prid)
		return a->prid > b->prid;
	if (a->keyed != b->keyed)
		return a->keyed > b->keyed;
	return of->ssrc - a->ssrc < of->ssrc - b->ssrc;
}

unsigned dec_layers_base(const dec_layers *l, unsigned layer)
{
	const dec_layer *of = &l->list[layer], *best = NULL;

	if (of->base)
		return layer;
	for (unsigned i = 0; i < l->n; i++) {
		const dec_layer *a = &l->list[i];

		if (a->base && a->prid <= of->prid &&
		    (!best || suits(a, best, of)))
			best = a;
	}
	return best ? (unsigned)(best - l->list) : layer;
}

/* The stream with the largest key picture, or without one the largest. */
static bool largest(const dec_layers *l, unsigned *base, bool *key)
{
	const dec_layer *best = NULL;

	for (unsigned i = 0; i < l->n; i++) {
		const dec_layer *a = &l->list[i];

		if (!a->octets)
			continue;
		if (!best || a->key_octets > best->key_octets ||
		    (a->key_octets == best->key_octets &&
		     a->octets > best->octets))
			best = a;
	}
	if (!best)
		return false;
	*key = best->key_octets > 0;
	*base = dec_layers_base(l, (unsigned)(best - l->list));
	return true;
}

static bool is_here(const dec_layers *l, unsigned base)
{
	for (unsigned i = 0; i < l->n; i++)
		if (l->list[i].octets && dec_layers_base(l, i) == base)
			return true;
	return false;
}

static void note_keys(dec_layers *l, int64_t ts)
{
	for (unsigned i = 0; i < l->n; i++)
		if (l->list[i].key_octets)
			l->list[i].keyed = ts;
}

/* Those in this unit that are not shown. */
static void note_others(dec_layers *l)
{
	for (unsigned i = 0; i < l->n; i++) {
		const unsigned base = dec_layers_base(l, i);

		if (!l->list[i].octets || base == l->chosen ||
		    l->list[base].other)
			continue;
		l->list[base].other = true;
		l->others++;
	}
}

static bool is_silent(const dec_layers *l, int64_t ts)
{
	return ts - l->last > PATIENCE || l->last - ts > PATIENCE;
}

bool dec_layers_choose(dec_layers *l, int64_t ts, unsigned *base)
{
	bool key;

	note_keys(l, ts);
	if (l->shown && is_here(l, l->chosen)) {
		*base = l->chosen;
	} else if (!largest(l, base, &key)) {
		return false;
	} else if (!l->shown && !key) {
		return true;	/* nothing is known yet */
	} else if (l->shown && (!key || !is_silent(l, ts))) {
		note_others(l);
		return false;
	}
	l->shown = true;
	l->chosen = *base;
	l->last = ts;
	note_others(l);
	return true;
}
