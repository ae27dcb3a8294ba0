#include "decoder/red.h"
#include "decoder/voice_impl.h"

enum { BLIND_MS = 480 };	/* longest undecodable packet believed */

/* The length of a packet, if nothing gives it: that of the one before. */
static int64_t usual(const dec_voice *v)
{
	return v->units ? v->units : dec_voice_units(v, DEC_CHUNK_MS);
}

void dec_voice_close_blind(dec_voice *v)
{
	const int64_t to = v->blind_from + usual(v);

	if (!v->blind)
		return;
	v->blind = false;
	dec_voice_emit_filled(v, PCM_UNDECODABLE, v->blind_from, to,
			      v->blind_at);
	v->next = MAX(v->next, to);
}

/* Speech for at most conceal_ms of a hole that loss made. The packet behind it
 * helps only if it is of the same format. */
static void conceal(dec_voice *v, dec_codec *c, const dec_unit *u,
		    uint64_t missing)
{
	const span next = u->k->codec == c ? u->payload : span_of(NULL, 0);
	const int64_t ms = MIN(v->out->config.conceal_ms, DEC_CONCEAL_MS);
	const int64_t to = MIN(u->ts, v->next + dec_voice_units(v, ms));

	for (uint64_t left = missing; v->next < to; left -= left > 1) {
		const int64_t n = MIN(usual(v), to - v->next);
		const size_t frames =
			(size_t)(n * dec_codec_rate(c) / v->clock);
		int64_t made;

		dec_codec_conceal(c, next, (unsigned)MIN(left, 1000), frames,
				  v->out->pcm);
		made = dec_voice_emit(v, c, PCM_CONCEALED, v->next, u->at);
		if (made <= 0)
			return;
		v->next += made;
	}
}

/* An undecodable packet lasted until the next one. */
static void fill_blind(dec_voice *v, const dec_unit *u)
{
	const int64_t most = v->blind_from + dec_voice_units(v, BLIND_MS);
	const int64_t to = MIN(u->ts, most);

	v->blind = false;
	dec_voice_emit_filled(v, PCM_UNDECODABLE, v->blind_from, to, u->at);
	v->units = MAX(to - v->blind_from, 0);
	v->next = MAX(v->next, to);
}

static dec_codec *current_codec(dec_voice *v)
{
	return v->voiced ? dec_kinds_get(&v->kinds, v->pt)->codec : NULL;
}

/* From the end of what was played to the unit. */
static void fill_hole(dec_voice *v, const dec_unit *u, uint64_t missing)
{
	dec_codec *c;

	if (v->blind)
		fill_blind(v, u);
	if (v->next >= u->ts)
		return;
	if (v->comfort)
		dec_voice_emit_filled(v, PCM_COMFORT, v->next,
				      MIN(u->ts, v->comfort_end), u->at);
	else if (missing && (c = current_codec(v)))
		conceal(v, c, u, missing);
	v->next = u->ts;
}

/* One older block of a RED packet, if it lies in the hole before `to`. */
static bool repair(dec_voice *v, const dec_red_block *b, int64_t ts, int64_t to,
		   uint64_t missing, clk_mono at)
{
	const dec_unit u = {
		.k = dec_kinds_get(&v->kinds, b->pt),
		.pt = b->pt,
		.ts = ts - b->back,
		.payload = b->payload,
		.at = at,
	};

	if (u.ts < v->next || u.ts >= to || !b->payload.left ||
	    u.k->role != DEC_ROLE_VOICE || u.k->is.clock != v->clock)
		return false;
	fill_hole(v, &u, missing);
	dec_voice_play_unit(v, &u);
	return true;
}

static uint64_t repair_by(dec_voice *v, const dec_item *i, const dec_unit *u,
			  uint64_t missing)
{
	uint64_t fixed = 0;
	int64_t ts;
	dec_red r;

	if (dec_kinds_get(&v->kinds, i->head.pt)->role != DEC_ROLE_RED ||
	    dec_red_parse(i->payload, &r) != DEC_OK ||
	    !dec_voice_extend(v, i->head.ts, &ts))
		return 0;
	for (size_t b = 0; b + 1 < r.n; b++)
		fixed += repair(v, &r.block[b], ts, u->ts, missing - fixed,
				u->at);
	return fixed;
}

/* Older blocks in the packet that ends the hole and in those queued behind it
 * (RFC 2198 4). Returns how many packets came back. */
static uint64_t repair_all(dec_voice *v, const dec_item *item,
			   const dec_item *queued, const dec_unit *u,
			   uint64_t missing)
{
	enum { AHEAD = 4 };
	uint64_t fixed = 0;

	fixed += repair_by(v, item, u, missing);
	for (unsigned n = 0; queued && n < AHEAD && fixed < missing; n++) {
		fixed += repair_by(v, queued, u, missing - fixed);
		queued = queued->next;
	}
	v->totals->repaired += fixed;
	return fixed;
}

uint64_t dec_voice_fill(dec_voice *v, const dec_item *item,
			const dec_item *queued, const dec_unit *u,
			uint64_t missing)
{
	uint64_t fixed = 0;

	if (missing)
		fixed = repair_all(v, item, queued, u, missing);
	fill_hole(v, u, missing - MIN(fixed, missing));
	return fixed;
}
