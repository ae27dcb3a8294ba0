#include "decoder/source.h"

enum {
	RESTART_PROOF = 3,	/* odd packets in a row */
	RESTART_STEP = 16,	/* how far apart they may be */
};

dec_source *dec_source_new(uint32_t ssrc, uint8_t side, uint8_t media)
{
	dec_source *s = g_new0(dec_source, 1);

	s->ssrc = ssrc;
	s->side = side;
	s->media = media;
	dec_past_init(&s->past);
	return s;
}

void dec_source_free(dec_source *s)
{
	if (!s)
		return;
	dec_track_free(s->track);
	dec_past_clear(&s->past);
	g_free(s);
}

bool dec_try_lock(dec_try *t, dec_lock lock, uint32_t roc)
{
	dec_srtp *k = dec_key_srtp(t->ring, lock.key);
	size_t n;

	++*t->trials;
	if (!k || !dec_srtp_open_rtp(k, t->packet->bytes, &t->head, lock.mki,
				     roc, t->room, &n))
		return false;
	t->clear = span_of(t->room, n);
	t->index = (uint64_t)roc << 16 | t->head.seq;
	return true;
}

static bool open_by(dec_source *s, dec_try *t, dec_lock lock)
{
	const uint32_t roc =
		(uint32_t)(dec_window_guess(&s->rtp, t->head.seq) >> 16);
	const uint32_t others[] = {
		roc + 1, roc - (roc > 0), 0,
		(uint32_t)(dec_window_near(s->leap, t->head.seq) >> 16)};

	if (dec_try_lock(t, lock, roc))
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
		if (others[i] == roc || !dec_try_lock(t, lock, others[i]))
			continue;
		++*t->searches;
		return true;
	}
	return false;
}

bool dec_source_open(dec_source *s, dec_try *t)
{
	const dec_lock now = s->lock;

	if (!now.key)
		return false;
	if (open_by(s, t, now))
		return true;
	if (!s->before.key || !open_by(s, t, s->before))
		return false;
	s->lock = s->before;
	s->before = now;
	return true;
}

/* Authentic, numbered like an earlier packet, but with a timestamp that none of
 * that number had: the sender restarted. One such packet proves nothing, a run
 * of them does. */
static dec_news judge_odd(dec_source *s, const dec_try *t)
{
	const bool goes_on = s->odd && t->index > s->odd_last &&
			     t->index - s->odd_last <= RESTART_STEP;

	if (s->odd && t->index >= s->odd_first && t->index <= s->odd_last)
		return DEC_NEWS_ODD;
	if (!goes_on) {
		s->odd = 0;
		s->odd_first = t->index;
	}
	s->odd_last = t->index;
	return ++s->odd < RESTART_PROOF ? DEC_NEWS_ODD : DEC_NEWS_RESTART;
}

dec_news dec_source_judge(dec_source *s, const dec_try *t)
{
	const dec_place place = dec_window_look(&s->rtp, t->index);

	if (place == DEC_PLACE_NEW)
		return DEC_NEWS_FRESH;
	if (!dec_past_fits(&s->past, t->index, t->head.ts))
		return judge_odd(s, t);
	return place == DEC_PLACE_SEEN ? DEC_NEWS_AGAIN : DEC_NEWS_OLD;
}

void dec_source_take(dec_source *s, const dec_try *t)
{
	const bool ahead = !s->rtp.any || t->index >= s->rtp.top;

	dec_window_take(&s->rtp, t->index);
	s->odd = 0;
	if (ahead)
		dec_past_note(&s->past, t->index, t->head.ts);
}
