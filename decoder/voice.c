#include "decoder/voice_impl.h"

#include "decoder/red.h"

enum {
	LAG_MS = 200,		/* behind the reordering window */
	COMFORT_MAX_S = 60,	/* without an update: then a hole */
	JUMP_MS = 3000,		/* timestamps against capture time */
	DROPOUT = 3000,		/* packets; RFC 3550 A.1 */
	EVENT_CLOCK = 8000,	/* whatever the voice's is (MS-RTPDT) */
};

dec_voice *dec_voice_new(dec_out *out, const dec_origin *from, clk_mono at)
{
	dec_voice *v = g_new0(dec_voice, 1);

	v->out = out;
	v->from = *from;
	v->mute = !dec_ptmap_audio(&out->map, from->media);
	v->totals = dec_out_stream(out, from, at);
	dec_kinds_init(&v->kinds, &out->map, &out->config, from->side,
		       from->media);
	return v;
}

void dec_voice_free(dec_voice *v)
{
	if (!v)
		return;
	dec_kinds_clear(&v->kinds);
	g_free(v);
}

dec_stream_totals *dec_voice_totals(const dec_voice *v)
{
	return v->totals;
}

void dec_voice_keyed(dec_voice *v, const dec_origin *from, clk_mono at)
{
	v->from = *from;
	dec_out_origin(v->totals, from);
	dec_voice_tell(v, (dec_event){
				  .kind = DEC_KEYED,
				  .at = at,
				  .name = v->totals->suite,
				  .branch = from->branch,
			  });
}

/* ---- the clock ---- */

bool dec_voice_extend(const dec_voice *v, uint32_t ts, int64_t *ext)
{
	*ext = v->ts + (int32_t)(ts - (uint32_t)v->ts);
	return v->started;
}

/* MS-RTPDT keeps the events' clock at 8,000 whatever the voice's is; where both
 * are the same, so is their zero (RFC 4733 2.1). */
static void tell_press(dec_voice *v, dec_event_kind kind, const dec_press *p,
		       clk_mono at)
{
	int64_t ts = p->first;
	const bool timed = dec_voice_extend(v, p->first, &ts) &&
			   v->clock == EVENT_CLOCK;

	dec_voice_tell(v, (dec_event){
				  .kind = (uint8_t)kind,
				  .digit = dec_tel_digit(p->event),
				  .volume = p->volume,
				  .timed = timed,
				  .pt = p->event,
				  .clock = EVENT_CLOCK,
				  .ts = timed ? ts : p->first,
				  .length = p->length,
				  .at = at,
			  });
}

static void close_press(dec_voice *v)
{
	dec_press done;

	if (dec_press_flush(&v->press, &done))
		tell_press(v, DEC_DTMF, &done, v->press_at);
}

void dec_voice_finish(dec_voice *v)
{
	dec_voice_close_blind(v);
	close_press(v);
	v->comfort = false;
}

void dec_voice_restart(dec_voice *v, clk_mono at)
{
	dec_voice_finish(v);
	v->started = false;
	v->voiced = false;
	v->press = (dec_press){0};
	v->totals = dec_out_stream(v->out, &v->from, at);
	dec_kinds_reset(&v->kinds);
}

/* The sender's clock has left the capture's: it was set, or stood still while
 * the sender was on hold. */
static bool jumps(const dec_voice *v, const dec_unit *u)
{
	const int64_t ns = clk_since(u->at, v->at);
	const int64_t apart =
		(u->ts - v->ts) * 1000 / v->clock - ns / CLK_NS_PER_MS;

	return apart > JUMP_MS || apart < -JUMP_MS ||
	       u->ts < v->next - (int64_t)v->clock;
}

/* RFC 3550 6.4.1 and A.8. */
static void measure_jitter(dec_voice *v, const dec_unit *u)
{
	const double d = (double)clk_since(u->at, v->at) / CLK_NS_PER_S -
			 (double)(u->ts - v->ts) / v->clock;

	v->jitter += ((d < 0 ? -d : d) - v->jitter) / 16;
	v->totals->jitter_us = (uint32_t)(v->jitter * 1e6);
}

static void start_clock(dec_voice *v, const dec_unit *u)
{
	v->started = true;
	v->clock = u->k->is.clock;
	v->ts = v->next = u->ts;
	v->at = u->at;
	v->sounded = INT64_MIN;
	v->units = 0;
	v->bytes = 0;
	v->jitter = 0;
}

/* What the packet spans: as much of it came before it was captured. */
static int64_t span_of_unit(const dec_unit *u)
{
	if (!u->k || u->k->role != DEC_ROLE_VOICE)
		return 0;
	return dec_codec_ticks(u->k->codec, u->payload, u->step);
}

static void tell_gap(dec_voice *v, dec_hole h, uint64_t repaired, int64_t from,
		     const dec_unit *u)
{
	if (!h.missing)
		return;
	v->totals->gaps++;
	v->totals->lost += h.missing;
	dec_voice_tell(v, (dec_event){
				  .kind = DEC_GAP,
				  .cause = (uint8_t)h.cause,
				  .ts = from,
				  .length = MAX(u->ts - from, 0),
				  .behind = span_of_unit(u),
				  .packets = h.missing,
				  .repaired = repaired,
				  .at = u->at,
			  });
}

/* ---- playing ---- */

static void play_blind(dec_voice *v, const dec_unit *u)
{
	v->totals->undecodable++;
	v->blind = true;
	v->blind_from = u->ts;
	v->blind_at = u->at;
	if (u->k->told)
		return;
	u->k->told = true;
	dec_voice_tell(v, (dec_event){
				  .kind = DEC_UNDECODABLE,
				  .pt = u->pt,
				  .ts = u->ts,
				  .at = u->at,
				  .name = u->k->is.name,
			  });
}

static void play_voice(dec_voice *v, const dec_unit *u)
{
	dec_codec *c = u->k->codec;

	if (dec_codec_decode(c, u->payload, u->step, v->out->pcm) ==
	    DEC_CODEC_BAD) {
		play_blind(v, u);
		return;
	}
	v->units = dec_voice_emit(v, c, PCM_DECODED, u->ts, u->at);
	v->bytes = u->payload.left;
	v->next = MAX(v->next, u->ts + v->units);
}

static void play_comfort(dec_voice *v, const dec_unit *u)
{
	const int64_t lag =
		v->out->config.reorder_ms + LAG_MS + DEC_CHUNK_MS;
	dec_cn cn;

	if (dec_cn_parse(u->payload, &cn) != DEC_OK)
		return;
	dec_noise_shape(&v->noise, &cn);
	v->comfort = true;
	v->comfort_end = u->ts + dec_voice_units(v, COMFORT_MAX_S * 1000);
	v->comfort_due = u->at.ns + lag * CLK_NS_PER_MS;
}

void dec_voice_play_unit(dec_voice *v, const dec_unit *u)
{
	v->follows = u->follows && !v->comfort;
	v->comfort = false;
	v->ts = u->ts;
	v->at = u->at;
	dec_voice_note(v, u->k);
	if (u->k->role == DEC_ROLE_COMFORT) {
		play_comfort(v, u);
		return;
	}
	dec_voice_note_codec(v, u);
	if (u->k->role == DEC_ROLE_VOICE)
		play_voice(v, u);
	else
		play_blind(v, u);
}

/* When the end of a press counts as lost. */
static int64_t press_due(const dec_voice *v)
{
	const int64_t wait = v->out->config.reorder_ms + LAG_MS;

	if (!v->press.down || v->press.told)
		return INT64_MAX;
	return v->press_at.ns + wait * CLK_NS_PER_MS;
}

static void play_event(dec_voice *v, const dec_item *item, span payload)
{
	const dec_press was = v->press;
	dec_press done;
	dec_tel t;

	if (dec_tel_parse(payload, &t) != DEC_OK)
		return;
	v->press_at = item->at;
	if (dec_press_step(&v->press, item->head.ts, &t, &done))
		tell_press(v, DEC_DTMF, &done, item->at);
	if (v->press.down && !v->press.told &&
	    (!was.down || was.first != v->press.first))
		tell_press(v, DEC_DTMF_DOWN, &v->press, item->at);
}

/* The primary payload of a packet. */
static void unwrap(dec_voice *v, const dec_item *item, dec_unit *u)
{
	dec_red r;

	*u = (dec_unit){
		.k = dec_kinds_get(&v->kinds, item->head.pt),
		.pt = item->head.pt,
		.payload = item->payload,
		.at = item->at,
	};
	if (u->k->role != DEC_ROLE_RED ||
	    dec_red_parse(item->payload, &r) != DEC_OK)
		return;
	dec_voice_note(v, u->k);
	u->pt = r.block[r.n - 1].pt;
	u->payload = r.block[r.n - 1].payload;
	u->k = dec_kinds_get(&v->kinds, u->pt);
}

/* How far on the next packet will be: from the queue, or as the last time when
 * this one looks alike. */
static uint32_t step_after(const dec_voice *v, const dec_item *item,
			   const dec_item *queued, const dec_unit *u)
{
	if (queued && queued->index == item->index + 1 &&
	    queued->head.pt == item->head.pt)
		return queued->head.ts - item->head.ts;
	if (v->voiced && v->pt == u->pt && v->bytes == u->payload.left)
		return (uint32_t)v->units;
	return 0;
}

/* Without time of its own: a key press, an empty packet that keeps a path
 * open, or comfort noise by another clock. */
static bool timeless(const dec_voice *v, const dec_unit *u)
{
	return u->k->role == DEC_ROLE_EVENT || !u->payload.left ||
	       (u->k->role == DEC_ROLE_COMFORT && v->voiced &&
		u->k->is.clock != v->clock);
}

/* Puts the unit on the clock. False when a new stream begins with it. */
static bool in_time(dec_voice *v, const dec_unit *u)
{
	if (!v->started || v->clock != u->k->is.clock || jumps(v, u))
		return false;
	measure_jitter(v, u);
	return true;
}

/* Beyond DROPOUT, the sequence numbers restarted with the timestamps. */
static void begin_anew(dec_voice *v, const dec_unit *u, dec_hole h)
{
	if (v->started) {
		const dec_unit end = {.ts = v->next, .at = u->at};

		if (h.missing < DROPOUT)
			tell_gap(v, h, 0, v->next, &end);
		dec_voice_restart(v, u->at);
	}
	start_clock(v, u);
}

static void play_on_clock(dec_voice *v, const dec_item *item,
			  const dec_item *queued, dec_unit *u, dec_hole h)
{
	const int64_t from = v->next;
	uint64_t fixed;

	if (!dec_voice_extend(v, item->head.ts, &u->ts))
		u->ts = item->head.ts;
	if (in_time(v, u)) {
		fixed = dec_voice_fill(v, item, queued, u, h.missing);
		u->step = step_after(v, item, queued, u);
		tell_gap(v, h, fixed, from, u);
		u->follows = !h.missing;
	} else {
		begin_anew(v, u, h);
		u->step = step_after(v, item, queued, u);
	}
	dec_voice_play_unit(v, u);
}

static void play_item(dec_voice *v, const dec_item *item,
		      const dec_item *queued, dec_hole h)
{
	dec_unit u;

	unwrap(v, item, &u);
	v->talker = item->head.csrc;
	if (item->at.ns > press_due(v))
		close_press(v);
	if (h.missing)	/* it was as long as the one before; then the hole */
		dec_voice_close_blind(v);
	if (timeless(v, &u)) {
		u.ts = v->next;
		tell_gap(v, h, 0, v->next, &u);
		dec_voice_note(v, u.k);
		if (u.k->role == DEC_ROLE_EVENT)
			play_event(v, item, u.payload);
	} else {
		play_on_clock(v, item, queued, &u, h);
	}
}

static void hand_on(dec_voice *v, const dec_item *item, const char *name)
{
	const dec_payload p = {
		.stream = v->totals->stream,
		.ssrc = v->totals->ssrc,
		.ts = item->head.ts,
		.seq = item->head.seq,
		.side = v->from.side,
		.media = v->from.media,
		.pt = item->head.pt,
		.marker = item->head.marker,
		.arrival = item->at,
		.name = name,
		.bytes = item->payload,
	};

	if (v->out->sink.payload)
		v->out->sink.payload(v->out->user, &p);
}

/* Video and the like is counted, named and handed on, not decoded here. */
static void count_item(dec_voice *v, const dec_item *item, dec_hole h)
{
	const dec_unit u = {.at = item->at};
	dec_kind *k = dec_kinds_get(&v->kinds, item->head.pt);

	dec_voice_note(v, k);
	tell_gap(v, h, 0, 0, &u);
	hand_on(v, item, k->is.name);
}

void dec_voice_play(dec_voice *v, const dec_item *item, const dec_item *queued,
		    uint64_t missing, dec_cause cause)
{
	const dec_hole h = {missing, cause};

	if (v->mute)
		count_item(v, item, h);
	else
		play_item(v, item, queued, h);
	v->totals->packets++;
	if (v->totals->last.ns < item->at.ns)
		v->totals->last = item->at;
}

int64_t dec_voice_due(const dec_voice *v)
{
	const int64_t press = press_due(v);

	return v->comfort ? MIN(press, v->comfort_due) : press;
}

void dec_voice_run(dec_voice *v, clk_mono now)
{
	if (press_due(v) <= now.ns)
		close_press(v);
	while (v->comfort && v->comfort_due <= now.ns) {
		const clk_mono at = {v->comfort_due};
		const int64_t to = v->next + dec_voice_units(v, DEC_CHUNK_MS);

		dec_voice_emit_filled(v, PCM_COMFORT, v->next, to, at);
		v->next = to;
		v->comfort_due += DEC_CHUNK_MS * CLK_NS_PER_MS;
		if (v->next >= v->comfort_end)
			v->comfort = false;
	}
}
