#include "decoder/voice.h"

#include "decoder/kinds.h"
#include "decoder/red.h"

enum {
	CHUNK_MS = 20,		/* of comfort noise or silence */
	COMFORT_LAG_MS = 500,	/* behind the reordering window */
	COMFORT_MAX_S = 60,	/* without an update: then a hole */
	PRESS_WAIT_MS = 1000,	/* then the end of a key press is lost */
	JUMP_MS = 3000,		/* timestamps against capture time */
	BLIND_MS = 480,		/* longest undecodable packet believed */
	DROPOUT = 3000,		/* packets; RFC 3550 A.1 */
	EVENT_CLOCK = 8000,	/* whatever the voice's is (MS-RTPDT) */
};

struct dec_voice {
	dec_out *out;
	dec_origin from;
	dec_stream_totals *totals;
	dec_kinds kinds;
	bool mute;		/* the m= line is no sound */

	/* The clock, in extended timestamp units. */
	bool started;
	uint32_t clock;		/* units per second */
	int64_t ts;		/* of the last packet that had sound */
	clk_mono at;		/* when it came */
	int64_t next;		/* end of what was played */
	int64_t sounded;	/* end of what went to the sink */
	double jitter;		/* seconds */

	/* The last voice packet. */
	bool voiced;		/* there was one */
	uint8_t pt;
	int64_t units;		/* that it spanned */
	size_t bytes;		/* of its payload */

	/* An undecodable packet, whose length the next one will tell. */
	bool blind;
	int64_t blind_from;
	clk_mono blind_at;

	bool comfort;
	int64_t comfort_end;	/* timestamp at which it has lasted too long */
	int64_t comfort_due;	/* capture time of the next chunk, ns */
	dec_noise noise;

	dec_press press;
	clk_mono press_at;
};

/* One thing to play. */
typedef struct unit {
	dec_kind *k;
	uint8_t pt;
	int64_t ts;
	span payload;
	uint32_t step;		/* to the next packet, 0 unknown */
	clk_mono at;
} unit;

/* Packets that never came before a unit. */
typedef struct hole {
	uint64_t missing;
	dec_cause cause;
} hole;

dec_voice *dec_voice_new(dec_out *out, const dec_origin *from, clk_mono at)
{
	dec_voice *v = g_new0(dec_voice, 1);

	v->out = out;
	v->from = *from;
	v->mute = !dec_ptmap_audio(&out->map, from->media);
	v->totals = dec_out_stream(out, from, at);
	dec_kinds_init(&v->kinds, &out->map, from->side, from->media);
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

static int64_t units_of_ms(const dec_voice *v, int64_t ms)
{
	return ms * v->clock / 1000;
}

static void tell(dec_voice *v, dec_event e)
{
	if (!e.clock)
		e.clock = v->clock;
	dec_out_event(v->out, v->totals, e);
}

void dec_voice_keyed(dec_voice *v, const dec_origin *from, clk_mono at)
{
	v->from = *from;
	v->totals->encrypted = from->encrypted;
	span_copy(span_str(from->suite), v->totals->suite,
		  sizeof(v->totals->suite));
	tell(v, (dec_event){.kind = DEC_KEYED,
			    .at = at,
			    .name = v->totals->suite,
			    .branch = from->branch});
}

/* Sound on its way to the sink. */

static int64_t to_units(const dec_voice *v, uint64_t frames, uint32_t rate)
{
	return (int64_t)(frames * v->clock / rate);
}

static void count(dec_stream_totals *t, pcm_kind kind, uint64_t us)
{
	switch (kind) {
	case PCM_DECODED:
		t->decoded_us += us;
		return;
	case PCM_CONCEALED:
		t->concealed_us += us;
		return;
	case PCM_COMFORT:
		t->comfort_us += us;
		return;
	case PCM_UNDECODABLE:
		t->undecodable_us += us;
		return;
	}
}

/* What was sounded already is cut off the front. */
static void emit(dec_voice *v, pcm_block b)
{
	int64_t late;

	if (b.ts < v->sounded) {
		late = (v->sounded - b.ts) * b.rate;
		late = (late + v->clock - 1) / v->clock;
		if ((uint64_t)late >= b.frames)
			return;
		b.frames -= (size_t)late;
		b.pcm += late * b.channels;
		b.ts = v->sounded;
	}
	if (!b.frames)
		return;
	b.stream = v->totals->stream;
	b.side = v->from.side;
	b.media = v->from.media;
	b.clock = v->clock;
	count(v->totals, b.kind, b.frames * 1000000ULL / b.rate);
	v->sounded = b.ts + to_units(v, b.frames, b.rate);
	if (v->out->sink.block)
		v->out->sink.block(v->out->user, &b);
}

static void emit_pcm(dec_voice *v, const dec_codec *c, pcm_kind kind,
		     int64_t ts, clk_mono at)
{
	const dec_pcm *pcm = &v->out->pcm;
	const uint32_t rate = dec_codec_rate(c);

	emit(v, (pcm_block){
			.kind = (uint8_t)kind,
			.channels = (uint8_t)pcm->channels,
			.rate = rate,
			.ts = ts - to_units(v, dec_codec_delay(c), rate),
			.arrival = at,
			.pcm = pcm->s,
			.frames = pcm->frames,
		});
}

/* A stretch at the RTP clock, by short blocks. */
static void emit_filled(dec_voice *v, pcm_kind kind, int64_t from, int64_t to,
			clk_mono at)
{
	const int64_t most = units_of_ms(v, CHUNK_MS);
	int16_t *s = v->out->pcm.s;

	while (from < to) {
		const size_t n = (size_t)MIN(to - from, most);

		if (kind == PCM_COMFORT)
			dec_noise_make(&v->noise, s, n);
		else
			memset(s, 0, n * sizeof(*s));
		emit(v, (pcm_block){
				.kind = (uint8_t)kind,
				.channels = 1,
				.rate = v->clock,
				.ts = from,
				.arrival = at,
				.pcm = s,
				.frames = n,
			});
		from += (int64_t)n;
	}
}

/* Names for the books. */

static bool has_name(const char *list, const char *name)
{
	span all = span_str(list), one;

	while (span_until(&all, ',', &one))
		if (span_eq(one, name))
			return true;
	return span_eq(all, name);
}

static void note_name(dec_stream_totals *t, const char *name)
{
	const size_t have = strlen(t->codecs), n = strlen(name);

	if (has_name(t->codecs, name) || have + n + 2 > sizeof(t->codecs))
		return;
	if (have)
		t->codecs[have] = ',';
	memcpy(t->codecs + have + !!have, name, n + 1);
}

static void note_codec(dec_voice *v, const unit *u)
{
	const bool same = v->voiced && v->pt == u->pt;

	v->voiced = true;
	v->pt = u->pt;
	if (!same)
		tell(v, (dec_event){.kind = DEC_CODEC,
				    .pt = u->pt,
				    .ts = u->ts,
				    .at = u->at,
				    .name = u->k->is.name});
}

/* The clock. */

bool dec_voice_extend(const dec_voice *v, uint32_t ts, int64_t *ext)
{
	*ext = v->ts + (int32_t)(ts - (uint32_t)v->ts);
	return v->started;
}

/* An undecodable packet that nothing follows: as long as the one before. */
static void close_blind(dec_voice *v)
{
	const int64_t n = v->units ? v->units : units_of_ms(v, CHUNK_MS);

	if (!v->blind)
		return;
	v->blind = false;
	emit_filled(v, PCM_UNDECODABLE, v->blind_from, v->blind_from + n,
		    v->blind_at);
	v->next = MAX(v->next, v->blind_from + n);
}

static void tell_press(dec_voice *v, const dec_press *p, clk_mono at)
{
	tell(v, (dec_event){.kind = DEC_DTMF,
			    .digit = dec_tel_digit(p->event),
			    .pt = p->event,
			    .clock = EVENT_CLOCK,
			    .ts = p->first,
			    .length = p->length,
			    .at = at});
}

static void close_press(dec_voice *v)
{
	dec_press done;

	if (dec_press_flush(&v->press, &done))
		tell_press(v, &done, v->press_at);
}

void dec_voice_finish(dec_voice *v)
{
	close_blind(v);
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

/* The sender's clock has left the capture's: it was set anew, or stood still
 * while the sender was on hold. */
static bool jumps(const dec_voice *v, const unit *u)
{
	const int64_t ns = clk_since(u->at, v->at);
	const int64_t apart = (u->ts - v->ts) * 1000 / v->clock -
			      ns / CLK_NS_PER_MS;

	return apart > JUMP_MS || apart < -JUMP_MS ||
	       u->ts < v->next - (int64_t)v->clock;
}

/* RFC 3550 6.4.1 and A.8. */
static void measure_jitter(dec_voice *v, const unit *u)
{
	const double d = (double)clk_since(u->at, v->at) / CLK_NS_PER_S -
			 (double)(u->ts - v->ts) / v->clock;

	v->jitter += ((d < 0 ? -d : d) - v->jitter) / 16;
	v->totals->jitter_us = (uint32_t)(v->jitter * 1e6);
}

static void start_clock(dec_voice *v, const unit *u)
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

/* Holes. */

static void tell_gap(dec_voice *v, hole h, uint64_t repaired, int64_t from,
		     const unit *u)
{
	if (!h.missing)
		return;
	v->totals->gaps++;
	v->totals->lost += h.missing;
	tell(v, (dec_event){.kind = DEC_GAP,
			    .cause = (uint8_t)h.cause,
			    .ts = from,
			    .length = MAX(u->ts - from, 0),
			    .packets = h.missing,
			    .repaired = repaired,
			    .at = u->at});
}

/* Speech for at most conceal_ms of a hole that loss made. */
static void conceal(dec_voice *v, dec_codec *c, const unit *u,
		    uint64_t missing)
{
	const uint32_t rate = dec_codec_rate(c);
	const int64_t each = v->units ? v->units : units_of_ms(v, CHUNK_MS);
	const int64_t most =
		MIN(v->out->config.conceal_ms, (unsigned)DEC_CONCEAL_MS);
	const int64_t to = MIN(u->ts, v->next + units_of_ms(v, most));

	for (uint64_t left = missing; v->next < to; left -= left > 1) {
		const int64_t n = MIN(each, to - v->next);

		dec_codec_conceal(c, u->payload, (unsigned)MIN(left, 1000),
				  (size_t)(n * rate / v->clock), &v->out->pcm);
		if (!v->out->pcm.frames)
			return;
		emit_pcm(v, c, PCM_CONCEALED, v->next, u->at);
		v->next += MAX(to_units(v, v->out->pcm.frames, rate), 1);
	}
}

/* An undecodable packet lasted until the next one. */
static void fill_blind(dec_voice *v, const unit *u)
{
	const int64_t to = MIN(u->ts, v->blind_from + units_of_ms(v, BLIND_MS));

	v->blind = false;
	emit_filled(v, PCM_UNDECODABLE, v->blind_from, to, u->at);
	v->units = MAX(to - v->blind_from, 0);
	v->next = MAX(v->next, to);
}

static dec_codec *current_codec(dec_voice *v)
{
	return v->voiced ? dec_kinds_get(&v->kinds, v->pt)->codec : NULL;
}

/* From the end of what was played up to the unit. */
static void fill_hole(dec_voice *v, const unit *u, uint64_t missing)
{
	dec_codec *c;

	if (v->blind && !missing)
		fill_blind(v, u);
	close_blind(v);
	if (v->next >= u->ts)
		return;
	if (v->comfort)
		emit_filled(v, PCM_COMFORT, v->next,
			    MIN(u->ts, v->comfort_end), u->at);
	else if (missing && (c = current_codec(v)))
		conceal(v, c, u, missing);
	v->next = u->ts;
}

static void play_unit(dec_voice *v, const unit *u);

/* One older block of a RED packet, if it lies in the hole before `to`. */
static bool repair(dec_voice *v, const dec_red_block *b, int64_t ts, int64_t to,
		   uint64_t missing, clk_mono at)
{
	const unit u = {
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
	play_unit(v, &u);
	return true;
}

static uint64_t repair_by(dec_voice *v, const dec_item *i, const unit *u,
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
			   const dec_item *queued, const unit *u,
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

/* Playing. */

static void play_blind(dec_voice *v, const unit *u)
{
	v->totals->undecodable++;
	v->blind = true;
	v->blind_from = u->ts;
	v->blind_at = u->at;
	if (u->k->told)
		return;
	u->k->told = true;
	tell(v, (dec_event){.kind = DEC_UNDECODABLE,
			    .pt = u->pt,
			    .ts = u->ts,
			    .at = u->at,
			    .name = u->k->is.name});
}

static void play_voice(dec_voice *v, const unit *u)
{
	dec_codec *c = u->k->codec;
	dec_pcm *pcm = &v->out->pcm;

	if (dec_codec_decode(c, u->payload, u->step, pcm) == DEC_CODEC_BAD) {
		play_blind(v, u);
		return;
	}
	emit_pcm(v, c, PCM_DECODED, u->ts, u->at);
	v->units = to_units(v, pcm->frames, dec_codec_rate(c));
	v->bytes = u->payload.left;
	v->next = MAX(v->next, u->ts + v->units);
}

static void play_comfort(dec_voice *v, const unit *u)
{
	const int64_t lag =
		v->out->config.reorder_ms + COMFORT_LAG_MS + CHUNK_MS;
	dec_cn cn;

	if (dec_cn_parse(u->payload, &cn) != DEC_OK)
		return;
	dec_noise_shape(&v->noise, &cn);
	v->comfort = true;
	v->comfort_end = u->ts + units_of_ms(v, COMFORT_MAX_S * 1000);
	v->comfort_due = u->at.ns + lag * CLK_NS_PER_MS;
}

static void play_unit(dec_voice *v, const unit *u)
{
	v->comfort = false;
	v->ts = u->ts;
	v->at = u->at;
	note_name(v->totals, u->k->is.name);
	if (u->k->role == DEC_ROLE_COMFORT) {
		play_comfort(v, u);
		return;
	}
	note_codec(v, u);
	if (u->k->role == DEC_ROLE_VOICE)
		play_voice(v, u);
	else
		play_blind(v, u);
}

static void play_event(dec_voice *v, const dec_item *item)
{
	dec_press done;
	dec_tel t;

	if (dec_tel_parse(item->payload, &t) != DEC_OK)
		return;
	v->press_at = item->at;
	if (dec_press_step(&v->press, item->head.ts, &t, &done))
		tell_press(v, &done, item->at);
}

/* The primary payload of a packet. */
static void unwrap(dec_voice *v, const dec_item *item, unit *u)
{
	dec_red r;

	*u = (unit){
		.k = dec_kinds_get(&v->kinds, item->head.pt),
		.pt = item->head.pt,
		.payload = item->payload,
		.at = item->at,
	};
	if (u->k->role != DEC_ROLE_RED ||
	    dec_red_parse(item->payload, &r) != DEC_OK)
		return;
	note_name(v->totals, u->k->is.name);
	u->pt = r.block[r.n - 1].pt;
	u->payload = r.block[r.n - 1].payload;
	u->k = dec_kinds_get(&v->kinds, u->pt);
}

/* How far on the next packet will be: from the queue, or as the last time when
 * this one looks alike. */
static uint32_t step_after(const dec_voice *v, const dec_item *item,
			   const dec_item *queued, const unit *u)
{
	if (queued && queued->index == item->index + 1 &&
	    queued->head.pt == item->head.pt)
		return queued->head.ts - item->head.ts;
	if (v->voiced && v->pt == u->pt && v->bytes == u->payload.left)
		return (uint32_t)v->units;
	return 0;
}

/* Without time of its own: a key press, or comfort noise by another clock. */
static bool timeless(const dec_voice *v, const unit *u)
{
	return u->k->role == DEC_ROLE_EVENT ||
	       (u->k->role == DEC_ROLE_COMFORT && v->voiced &&
		u->k->is.clock != v->clock);
}

/* Puts the unit on the clock. False when a new stream begins with it. */
static bool in_time(dec_voice *v, const unit *u)
{
	if (!v->started || v->clock != u->k->is.clock || jumps(v, u))
		return false;
	measure_jitter(v, u);
	return true;
}

/* Past DROPOUT, the sequence numbers were set anew with the timestamps. */
static void begin_anew(dec_voice *v, const unit *u, hole h)
{
	if (v->started) {
		const unit end = {.ts = v->next, .at = u->at};

		if (h.missing < DROPOUT)
			tell_gap(v, h, 0, v->next, &end);
		dec_voice_restart(v, u->at);
	}
	start_clock(v, u);
}

static void play_on_clock(dec_voice *v, const dec_item *item,
			  const dec_item *queued, unit *u, hole h)
{
	const int64_t from = v->next;
	uint64_t fixed = 0;

	if (!dec_voice_extend(v, item->head.ts, &u->ts))
		u->ts = item->head.ts;
	if (in_time(v, u)) {
		if (h.missing)
			fixed = repair_all(v, item, queued, u, h.missing);
		fill_hole(v, u, h.missing - MIN(fixed, h.missing));
		tell_gap(v, h, fixed, from, u);
	} else {
		begin_anew(v, u, h);
	}
	u->step = step_after(v, item, queued, u);
	play_unit(v, u);
}

static void play_item(dec_voice *v, const dec_item *item,
		      const dec_item *queued, hole h)
{
	unit u;

	unwrap(v, item, &u);
	if (clk_since(item->at, v->press_at) > PRESS_WAIT_MS * CLK_NS_PER_MS)
		close_press(v);
	if (timeless(v, &u)) {
		u.ts = v->next;
		tell_gap(v, h, 0, v->next, &u);
		note_name(v->totals, u.k->is.name);
		if (u.k->role == DEC_ROLE_EVENT)
			play_event(v, item);
	} else {
		play_on_clock(v, item, queued, &u, h);
	}
}

/* Video and the like: its packets are counted and named, not decoded here. */
static void count_item(dec_voice *v, const dec_item *item, hole h)
{
	const unit u = {.k = dec_kinds_get(&v->kinds, item->head.pt),
			.at = item->at};

	note_name(v->totals, u.k->is.name);
	tell_gap(v, h, 0, 0, &u);
}

void dec_voice_play(dec_voice *v, const dec_item *item, const dec_item *queued,
		    uint64_t missing, dec_cause cause)
{
	const hole h = {missing, cause};

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
	return v->comfort ? v->comfort_due : INT64_MAX;
}

void dec_voice_run(dec_voice *v, clk_mono now)
{
	while (v->comfort && v->comfort_due <= now.ns) {
		const clk_mono at = {v->comfort_due};
		const int64_t to = v->next + units_of_ms(v, CHUNK_MS);

		emit_filled(v, PCM_COMFORT, v->next, to, at);
		v->next = to;
		v->comfort_due += CHUNK_MS * CLK_NS_PER_MS;
		if (v->next >= v->comfort_end)
			v->comfort = false;
	}
}
