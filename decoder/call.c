#include "decoder/call_impl.h"

enum { UNOPENED_MAX = 64 };	/* SSRCs that are told apart at the end */

dec_config dec_config_default(void)
{
	return (dec_config){
		.reorder_ms = 500,
		.conceal_ms = 80,
		.hold_ms = 60000,
		.hold_bytes = 4 << 20,
		.sources = 64,
	};
}

static void source_free(void *p)
{
	dec_source_free(p);
}

dec_call *dec_call_new(const dec_config *config, const dec_sink *sink,
		       void *user)
{
	dec_call *c = g_new0(dec_call, 1);

	c->out.config = *config;
	c->out.sink = *sink;
	c->out.user = user;
	c->out.streams = g_ptr_array_new_with_free_func(g_free);
	dec_ptmap_init(&c->out.map);
	dec_keyring_init(&c->ring, config->libsrtp);
	dec_hold_init(&c->hold, config->hold_bytes,
		      config->hold_ms * CLK_NS_PER_MS);
	c->sources = g_ptr_array_new_with_free_func(source_free);
	c->unopened = g_array_new(FALSE, TRUE, sizeof(dec_unopened));
	return c;
}

static void wake(dec_call *c)
{
	if (c->clear)
		return;
	/* As it is: most calls use the first few of its 23 pages. */
	c->out.pcm = g_new(dec_pcm, 1);
	c->clear = g_malloc(DEC_PACKET_MAX);
}

void dec_call_rest(dec_call *c)
{
	g_clear_pointer(&c->out.pcm, g_free);
	g_clear_pointer(&c->clear, g_free);
}

void dec_call_free(dec_call *c)
{
	if (!c)
		return;
	g_ptr_array_unref(c->sources);
	g_array_unref(c->unopened);
	dec_search_clear(&c->search);
	dec_hold_clear(&c->hold);
	dec_keyring_clear(&c->ring);
	dec_ptmap_clear(&c->out.map);
	g_ptr_array_unref(c->out.streams);
	dec_call_rest(c);
	g_free(c);
}

static dec_source *source_at(const dec_call *c, size_t i)
{
	return g_ptr_array_index(c->sources, i);
}

/* ---- time ---- */

/* Everything due up to `now`, in the order in which it is due. */
static void run_tracks(dec_call *c, clk_mono now)
{
	for (;;) {
		int64_t due = INT64_MAX;
		dec_track *next = NULL;

		for (size_t i = 0; i < c->sources->len; i++) {
			dec_track *t = source_at(c, i)->track;

			if (t && dec_track_due(t) < due) {
				due = dec_track_due(t);
				next = t;
			}
		}
		if (!next || due > now.ns)
			return;
		dec_track_run(next, (clk_mono){due});
	}
}

dec_source *dec_call_source(const dec_call *c, uint32_t ssrc, uint8_t side,
			    uint8_t media)
{
	for (size_t i = 0; i < c->sources->len; i++) {
		dec_source *s = source_at(c, i);

		if (s->ssrc == ssrc && s->side == side && s->media == media)
			return s;
	}
	return NULL;
}

dec_source *dec_call_lock(dec_call *c, uint32_t ssrc, uint8_t side,
			  uint8_t media, dec_lock lock)
{
	dec_source *s = dec_call_source(c, ssrc, side, media);

	if (!s) {
		if (c->sources->len >= c->out.config.sources)
			return NULL;
		s = dec_source_new(ssrc, side, media);
		g_ptr_array_add(c->sources, s);
	}
	if (s->lock.key != lock.key)
		s->before = s->lock;
	s->lock = lock;
	return s;
}

/* ---- what is held ---- */

/* The packet's SSRC, wherever it is; 0 if it has none. */
static uint32_t ssrc_of(span b)
{
	uint32_t ssrc;

	if (!span_skip(&b, pkt_is_rtcp(b) ? 4 : 8) || !span_u32(&b, &ssrc))
		return 0;
	return ssrc;
}

static bool has_key(const dec_call *c, const pkt *p)
{
	for (size_t i = 0; i < c->ring.keys->len; i++) {
		const dec_key *k = g_ptr_array_index(c->ring.keys, i);

		if ((p->side == CALL_UNKNOWN || k->side == p->side) &&
		    (p->media == UINT8_MAX || k->media == p->media))
			return true;
	}
	return false;
}

static void note_unopened(dec_call *c, const pkt *p, dec_cause cause)
{
	uint32_t ssrc = ssrc_of(p->bytes);
	dec_unopened u = {ssrc, p->side, p->media, cause, p->at.mono, 1};

	for (size_t i = 0; i < c->unopened->len; i++) {
		dec_unopened *old =
			&g_array_index(c->unopened, dec_unopened, i);

		if ((old->ssrc != ssrc || old->cause != cause) &&
		    i + 1 < UNOPENED_MAX)
			continue;
		old->packets++;
		return;
	}
	g_array_append_val(c->unopened, u);
}

static void expired(void *user, const pkt *p)
{
	dec_call *c = user;
	const bool key = has_key(c, p);

	c->totals.fate[DEC_HELD]--;
	c->totals.fate[key ? DEC_AUTH_FAIL : DEC_NO_KEY]++;
	note_unopened(c, p, key ? DEC_CAUSE_AUTH : DEC_CAUSE_NO_KEY);
}

static dec_fate open_packet(dec_call *c, const pkt *p)
{
	if (p->bytes.left > DEC_PACKET_MAX)
		return DEC_MALFORMED;
	return pkt_is_rtcp(p->bytes) ? dec_call_control(c, p)
				     : dec_call_media(c, p);
}

static bool try_held(void *user, const pkt *p)
{
	dec_call *c = user;
	dec_fate fate;

	if (c->anew)
		return false;
	run_tracks(c, p->at.mono);
	fate = open_packet(c, p);
	if (fate == DEC_HELD)
		return false;
	c->totals.fate[DEC_HELD]--;
	c->totals.fate[fate]++;
	return true;
}

/* Each pass may open what the next one needs: a source's first packet gives
 * the counter for the others. Every pass but the last takes a packet out, or
 * is broken off to begin at the oldest. */
static void try_all_held(dec_call *c)
{
	uint64_t before;

	do {
		c->unlocked = c->anew = false;
		before = c->totals.fate[DEC_HELD];
		dec_hold_each(&c->hold, try_held, c);
	} while (c->anew ||
		 (c->unlocked && c->totals.fate[DEC_HELD] < before));
	c->unlocked = false;
	c->turns = 0;
}

/* ---- the public functions ---- */

/* The keyring may forget keys only when nothing points to them. */
static void pin_keys(dec_call *c)
{
	for (size_t i = 0; i < c->ring.keys->len; i++)
		((dec_key *)g_ptr_array_index(c->ring.keys, i))->pinned = false;
	for (size_t i = 0; i < c->sources->len; i++) {
		const dec_source *s = source_at(c, i);

		if (s->lock.key)
			s->lock.key->pinned = true;
		if (s->before.key)
			s->before.key->pinned = true;
	}
	dec_search_clear(&c->search);
}

void dec_call_describe(dec_call *c, const call_half *half)
{
	wake(c);
	dec_ptmap_add(&c->out.map, half);
	pin_keys(c);
	dec_keyring_add(&c->ring, half);
	try_all_held(c);
	run_tracks(c, c->now);
}

void dec_call_advance(dec_call *c, clk_mono now)
{
	if (now.ns < c->now.ns)
		return;
	wake(c);
	c->now = now;
	run_tracks(c, now);
	dec_hold_expire(&c->hold, now, expired, c);
}

dec_fate dec_call_packet(dec_call *c, const pkt *p)
{
	dec_fate fate;

	wake(c);
	dec_call_advance(c, p->at.mono);
	fate = open_packet(c, p);
	if (fate == DEC_HELD && c->unlocked) {
		try_all_held(c);	/* older ones first */
		fate = open_packet(c, p);
	}
	c->totals.packets++;
	c->totals.fate[fate]++;
	if (fate == DEC_HELD && !dec_hold_add(&c->hold, p, expired, c)) {
		c->totals.fate[DEC_HELD]--;
		c->totals.fate[DEC_REFUSED]++;
		return DEC_REFUSED;
	}
	if (c->unlocked)
		try_all_held(c);
	return fate;
}

static void tell_unopened(dec_call *c)
{
	for (size_t i = 0; i < c->unopened->len; i++) {
		const dec_unopened *u =
			&g_array_index(c->unopened, dec_unopened, i);
		const dec_event e = {
			.kind = DEC_UNOPENED,
			.cause = (uint8_t)u->cause,
			.side = u->side,
			.media = u->media,
			.ssrc = u->ssrc,
			.packets = u->packets,
			.at = u->at,
			.stream = UINT32_MAX,
			.name = "",
			.branch = "",
		};

		if (c->out.sink.event)
			c->out.sink.event(c->out.user, &e);
	}
	g_array_set_size(c->unopened, 0);
}

void dec_call_finish(dec_call *c)
{
	wake(c);
	run_tracks(c, c->now);
	for (size_t i = 0; i < c->sources->len; i++)
		if (source_at(c, i)->track)
			dec_track_finish(source_at(c, i)->track);
	dec_hold_expire(&c->hold, (clk_mono){INT64_MAX}, expired, c);
	tell_unopened(c);
}

void dec_call_totals(const dec_call *c, dec_totals *out)
{
	*out = c->totals;
	out->streams = c->out.streams->len;
}

uint64_t dec_call_trials(const dec_call *c)
{
	return c->totals.trials;
}

bool dec_call_stream(const dec_call *c, uint32_t stream, dec_stream_totals *out)
{
	if (stream >= c->out.streams->len)
		return false;
	*out = *(const dec_stream_totals *)g_ptr_array_index(c->out.streams,
							     stream);
	return true;
}
