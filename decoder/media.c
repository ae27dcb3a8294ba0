#include "decoder/call_impl.h"

/* Authentic, and new: on its way to the track. */

static dec_origin origin_of(const dec_source *s)
{
	const dec_key *k = s->lock.key;

	return (dec_origin){
		.ssrc = s->ssrc,
		.side = s->side,
		.media = s->media,
		.encrypted = k && k->suite->cipher != DEC_CIPHER_NULL,
		.suite = k ? k->suite->name : "",
		.key_serial = k ? k->serial : 0,
		.key_tag = k ? k->tag : 0,
		.mki = (uint8_t)s->lock.mki,
		.branch = k ? k->branch : "",
	};
}

static dec_fate deliver(dec_call *c, dec_source *s, const dec_try *t)
{
	dec_item item = {
		.index = t->index,
		.at = t->packet->at.mono,
		.head = t->head,
	};

	dec_source_take(s, t);
	if (dec_rtp_payload(&t->head, t->clear, &item.payload) != DEC_OK)
		return DEC_MALFORMED;
	if (!s->track) {
		const dec_origin from = origin_of(s);

		s->track = dec_track_new(&c->out, &from, item.at);
	}
	return dec_track_packet(s->track, &item);
}

static void restart(dec_call *c, dec_source *s, clk_mono at)
{
	dec_window_seek(&s->rtp, s->odd_first);
	dec_past_break(&s->past);
	s->odd = 0;
	if (s->track)
		dec_track_restart(s->track, at);
	c->unlocked = c->anew = true;
}

static dec_fate again(dec_source *s)
{
	if (s->track)
		dec_voice_totals(dec_track_voice(s->track))->duplicates++;
	return DEC_DUPLICATE;
}

static dec_fate settle(dec_call *c, dec_source *s, const dec_try *t)
{
	switch (dec_source_judge(s, t)) {
	case DEC_NEWS_FRESH:
		return deliver(c, s, t);
	case DEC_NEWS_AGAIN:
		return again(s);
	case DEC_NEWS_OLD:
		return DEC_LATE;
	case DEC_NEWS_ODD:
		return DEC_HELD;
	case DEC_NEWS_RESTART:
		restart(c, s, t->packet->at.mono);
		return DEC_HELD;
	}
	return DEC_HELD;
}

/* A key, or a rollover counter, that was not known to be this SSRC's. NULL when
 * the call has too many. */
static dec_source *lock_on(dec_call *c, const dec_try *t, dec_lock lock,
			   bool rekeyed)
{
	const uint32_t ssrc = t->head.ssrc;
	const dec_key *k = lock.key;
	dec_source *s = dec_call_lock(c, ssrc, k->side, k->media, lock);

	if (!s)
		return NULL;
	c->unlocked = true;
	dec_search_forget(&c->search, ssrc);
	if (rekeyed && s->track) {
		const dec_origin from = origin_of(s);

		dec_voice_keyed(dec_track_voice(s->track), &from,
				t->packet->at.mono);
	}
	if (!s->rtp.any)
		dec_window_seek(&s->rtp, t->index);
	return s;
}

/* Older packets of what begins here may be held, because the key or the counter
 * was not known then. Those come first, or the window would be past them. */
static bool older_may_wait(dec_call *c, const dec_source *s, uint64_t index,
			   bool rekeyed)
{
	return c->totals.fate[DEC_HELD] && c->turns < DEC_TURNS_MAX &&
	       (rekeyed || !s->rtp.any || index >= s->rtp.top + DEC_WINDOW);
}

static dec_fate adopt(dec_call *c, const dec_try *t, dec_lock lock)
{
	const dec_source *old = dec_call_source(c, t->head.ssrc, lock.key->side,
						lock.key->media);
	const bool rekeyed =
		old && old->lock.key && old->lock.key != lock.key;
	dec_source *s = lock_on(c, t, lock, rekeyed);

	if (!s)
		return DEC_REFUSED;
	if (!older_may_wait(c, s, t->index, rekeyed))
		return settle(c, s, t);
	s->leap = t->index;
	c->turns++;
	c->anew = true;
	return DEC_HELD;
}

static uint32_t counter_near(uint64_t index, uint16_t seq)
{
	return (uint32_t)(dec_window_near(index, seq) >> 16);
}

static bool is_among(const uint32_t *v, size_t n, uint32_t what)
{
	for (size_t i = 0; i < n; i++)
		if (v[i] == what)
			return true;
	return false;
}

/* A new key for a source that is known keeps its rollover counter (RFC 3711
 * 3.3.1), also behind a leap; some senders start again at zero. The first
 * packets of a new one may be lost around a wrap, so one is tried too. */
static bool try_key(dec_call *c, dec_try *t, dec_key *k, dec_lock *found)
{
	const dec_source *s =
		dec_call_source(c, t->head.ssrc, k->side, k->media);
	const uint16_t seq = t->head.seq;
	const uint32_t rocs[] = {
		s ? counter_near(s->rtp.top, seq) : 0,
		s ? counter_near(s->leap, seq) : 0, 0, 1};
	size_t mki[DEC_FORMS];

	dec_key_forms(k, mki);
	for (size_t i = 0; i < DEC_FORMS; i++) {
		*found = (dec_lock){k, mki[i]};
		for (size_t j = 0; j < G_N_ELEMENTS(rocs); j++)
			if (!is_among(rocs, j, rocs[j]) &&
			    dec_try_lock(t, *found, rocs[j]))
				return true;
	}
	return false;
}

static bool try_keys(dec_call *c, dec_try *t, dec_hint hint, dec_lock *found)
{
	dec_key *keys[DEC_KEYS_MAX];
	const size_t n = dec_keyring_order(&c->ring, hint, keys);

	for (size_t i = 0; i < n; i++)
		if (try_key(c, t, keys[i], found))
			return true;
	return false;
}

/* Nothing proves plain RTP: it must be what the SDPs agreed to, on a path that
 * they named, with a payload type that they listed. */
static dec_fate take_plain(dec_call *c, dec_try *t)
{
	const pkt *p = t->packet;
	call_payload format;
	dec_source *s;

	if (p->side == CALL_UNKNOWN || p->media == UINT8_MAX ||
	    !dec_ptmap_plain(&c->out.map, p->media) ||
	    !dec_ptmap_find(&c->out.map, p->side, p->media, t->head.pt,
			    &format))
		return DEC_HELD;
	s = dec_call_source(c, t->head.ssrc, p->side, p->media);
	if (!s || s->lock.key)
		s = dec_call_lock(c, t->head.ssrc, p->side, p->media,
				  (dec_lock){NULL, 0});
	if (!s)
		return DEC_REFUSED;
	t->clear = p->bytes;
	t->index = dec_window_guess(&s->rtp, t->head.seq);
	return settle(c, s, t);
}

static bool open_known(dec_call *c, dec_try *t, dec_source **opened)
{
	for (size_t i = 0; i < c->sources->len; i++) {
		dec_source *s = g_ptr_array_index(c->sources, i);

		if (s->ssrc != t->head.ssrc || !dec_source_open(s, t))
			continue;
		*opened = s;
		return true;
	}
	return false;
}

/* The source whose packet it may be, by SSRC and hint. */
static dec_source *suspected(const dec_call *c, const dec_try *t)
{
	for (size_t i = 0; i < c->sources->len; i++) {
		dec_source *s = g_ptr_array_index(c->sources, i);

		if (s->ssrc == t->head.ssrc && s->lock.key &&
		    (t->packet->side == CALL_UNKNOWN ||
		     t->packet->side == s->side))
			return s;
	}
	return NULL;
}

dec_fate dec_call_media(dec_call *c, const pkt *p)
{
	const dec_hint hint = {p->side, p->media};
	dec_try t = {
		.packet = p,
		.room = c->clear,
		.ring = &c->ring,
		.trials = &c->totals.trials,
		.searches = &c->totals.searches,
	};
	dec_source *s;
	dec_lock lock;
	dec_fate fate;

	if (dec_rtp_parse(p->bytes, &t.head) != DEC_OK)
		return DEC_MALFORMED;
	if (open_known(c, &t, &s))
		return settle(c, s, &t);
	if (try_keys(c, &t, hint, &lock))
		return adopt(c, &t, lock);
	fate = take_plain(c, &t);
	if (fate != DEC_HELD)
		return fate;
	s = suspected(c, &t);
	if (dec_search_step(&c->search, &t, s ? &s->lock : NULL, hint, &lock))
		return adopt(c, &t, lock);
	if (t.maybe && c->turns < DEC_TURNS_MAX) {
		/* One that is held may confirm it. */
		c->turns++;
		c->anew = c->unlocked = true;
	}
	if (s && s->track)
		dec_track_unopened(s->track,
				   dec_window_guess(&s->rtp, t.head.seq));
	return DEC_HELD;
}
