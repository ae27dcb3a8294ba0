#include "decoder/voice_impl.h"

int64_t dec_voice_units(const dec_voice *v, int64_t ms)
{
	return ms * v->clock / 1000;
}

void dec_voice_tell(dec_voice *v, dec_event e)
{
	if (!e.clock)
		e.clock = v->clock;
	dec_out_event(v->out, v->totals, e);
}

/* ---- names for the books ---- */

static bool has_name(const char *list, const char *name)
{
	span all = span_str(list), one;

	while (span_until(&all, ',', &one))
		if (span_eq(one, name))
			return true;
	return span_eq(all, name);
}

static void add_name(dec_voice *v, const char *name)
{
	char *list = v->totals->codecs;
	const size_t have = strlen(list), n = strlen(name);

	if (has_name(list, name) || have + n + 2 > sizeof(v->totals->codecs))
		return;
	if (have)
		list[have] = ',';
	memcpy(list + have + !!have, name, n + 1);
}

void dec_voice_note(dec_voice *v, dec_kind *k)
{
	if (k->noted == v->totals)
		return;
	add_name(v, k->is.name);
	k->noted = v->totals;
}

void dec_voice_note_codec(dec_voice *v, const dec_unit *u)
{
	const bool same = v->voiced && v->pt == u->pt;

	v->voiced = true;
	v->pt = u->pt;
	if (same)
		return;
	dec_voice_tell(v, (dec_event){
				  .kind = DEC_CODEC,
				  .pt = u->pt,
				  .ts = u->ts,
				  .at = u->at,
				  .name = u->k->is.name,
			  });
}

/* ---- sound on its way to the sink ---- */

/* Mostly the clock is the rate, and a division takes longer than to see it. */
static int64_t to_units(const dec_voice *v, uint64_t frames, uint32_t rate)
{
	if (rate == v->clock)
		return (int64_t)frames;
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
static void emit(dec_voice *v, pcm_block *b)
{
	int64_t late;

	if (b->ts < v->sounded) {
		late = (v->sounded - b->ts) * b->rate;
		late = (late + v->clock - 1) / v->clock;
		if ((uint64_t)late >= b->frames)
			return;
		b->frames -= (size_t)late;
		b->pcm += late * b->channels;
		b->ts = v->sounded;
	}
	if (!b->frames)
		return;
	b->stream = v->totals->stream;
	b->ssrc = v->totals->ssrc;
	b->talker = v->talker;
	b->side = v->from.side;
	b->media = v->from.media;
	b->clock = v->clock;
	b->released = v->out->released;
	count(v->totals, b->kind, b->frames * 1000000ULL / b->rate);
	v->sounded = b->ts + to_units(v, b->frames, b->rate);
	if (v->out->sink.block)
		v->out->sink.block(v->out->user, b);
}

/* Part of a packet may have been made up inside the codec. */
static void count_damage(dec_stream_totals *t, const dec_pcm *pcm,
			 uint32_t rate)
{
	const uint64_t us = pcm->concealed * 1000000ULL / rate;

	t->decoded_us -= MIN(us, t->decoded_us);
	t->concealed_us += us;
}

int64_t dec_voice_emit(dec_voice *v, const dec_codec *c, pcm_kind kind,
		       int64_t ts, clk_mono at)
{
	const dec_pcm *pcm = v->out->pcm;
	const uint32_t rate = dec_codec_rate(c);

	emit(v, &(pcm_block){
			.kind = (uint8_t)kind,
			.follows = kind == PCM_DECODED && v->follows,
			.channels = (uint8_t)pcm->channels,
			.rate = rate,
			.ts = ts - to_units(v, dec_codec_delay(c), rate),
			.arrival = at,
			.pcm = pcm->s,
			.frames = pcm->frames,
		});
	if (kind == PCM_DECODED && pcm->concealed)
		count_damage(v->totals, pcm, rate);
	return to_units(v, pcm->frames, rate);
}

void dec_voice_emit_filled(dec_voice *v, pcm_kind kind, int64_t from,
			   int64_t to, clk_mono at)
{
	const int64_t most = dec_voice_units(v, DEC_CHUNK_MS);
	int16_t *s = v->out->pcm->s;

	while (from < to) {
		const size_t n = (size_t)MIN(to - from, most);

		if (kind == PCM_COMFORT)
			dec_noise_make(&v->noise, s, n);
		else
			memset(s, 0, n * sizeof(*s));
		emit(v, &(pcm_block){
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
