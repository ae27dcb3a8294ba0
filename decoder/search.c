#include "decoder/search.h"

enum {
	NEAR_AFTER = 3,		/* packets that fail before a short search */
	FAR_AFTER = 8,		/* and before a long one; then at 16, 32, ... */
	NEAR = 66,		/* wraps of a day at 50 packets a second */
	FAR = 0x10000,
	BUDGET = 16 * FAR,	/* trials in store */
	REFILL = 8 * FAR,	/* per second of capture time */
	LOOK = 2 * FAR,		/* with one packet: then others have their turn,
				 * and the next packet goes on there */
	SHORT_TAG = 4,		/* octets: a chance hit is thinkable */
};

void dec_search_clear(dec_search *s)
{
	g_free(s->table);
	*s = (dec_search){0};
}

static dec_suspect *suspect_of(dec_search *s, uint32_t ssrc)
{
	dec_suspect *u;

	if (!s->table) {
		s->table = g_new0(dec_suspect, DEC_SUSPECTS);
		s->budget = BUDGET;
	}
	u = &s->table[(ssrc ^ ssrc >> 8 ^ ssrc >> 16) % DEC_SUSPECTS];
	if (u->ssrc != ssrc)
		*u = (dec_suspect){.ssrc = ssrc};
	return u;
}

void dec_search_forget(dec_search *s, uint32_t ssrc)
{
	if (s->table)
		*suspect_of(s, ssrc) = (dec_suspect){.ssrc = ssrc};
}

static void refill(dec_search *s, int64_t now)
{
	const int64_t ms = (now - s->filled) / CLK_NS_PER_MS;

	if (ms <= 0)
		return;
	s->budget = MIN(s->budget + MIN(ms, 10000) * REFILL / 1000, BUDGET);
	s->filled = now;
}

static uint32_t depth_for(uint32_t fails)
{
	if (fails == NEAR_AFTER)
		return NEAR;
	if (fails >= FAR_AFTER && (fails & (fails - 1)) == 0)
		return FAR;
	return 0;
}

/* The n-th way in which the packet may have been made: under its source's own
 * lock, then under each key in each form. False behind the last. */
static bool lock_at(const dec_try *t, const dec_lock *own, dec_hint hint,
		    uint64_t n, dec_lock *out)
{
	dec_key *keys[DEC_KEYS_MAX];
	const size_t count = dec_keyring_order(t->ring, hint, keys);
	size_t mki[DEC_FORMS];

	if (own && own->key && n-- == 0) {
		*out = *own;
		return true;
	}
	if (n >= count * DEC_FORMS)
		return false;
	dec_key_forms(keys[n / DEC_FORMS], mki);
	*out = (dec_lock){keys[n / DEC_FORMS], mki[n % DEC_FORMS]};
	return true;
}

/* `depth` counters under each lock, from `from` on. *at is how many of all
 * these were tried before, and 0 when that was the last. */
static bool sweep(dec_search *s, dec_try *t, const dec_lock *own,
		  dec_hint hint, uint32_t from, uint32_t depth, uint64_t *at,
		  dec_lock *found)
{
	int64_t left = MIN(s->budget, LOOK);

	while (lock_at(t, own, hint, *at / depth, found)) {
		uint32_t n = (uint32_t)(*at % depth);

		for (; n < depth && left > 0; n++, left--, ++*at) {
			s->budget--;
			if (dec_try_lock(t, *found, from + n))
				return true;
		}
		if (n < depth)
			return false;
	}
	*at = 0;
	return false;
}

/* The wide search tries most counters once; a short tag that opens among them
 * must do so again with another packet. The key may have changed between. */
static bool confirm(dec_search *s, const dec_suspect *u, dec_try *t,
		    dec_hint hint, dec_lock *found)
{
	const uint32_t roc =
		(uint32_t)(dec_window_near(u->index, t->head.seq) >> 16);
	uint64_t at = 0;

	return u->maybe.key && t->head.seq != (uint16_t)u->index &&
	       sweep(s, t, &u->maybe, hint, roc, 1, &at, found);
}

/* A short search is over with its packet. */
static bool look(dec_search *s, dec_suspect *u, dec_try *t,
		 const dec_lock *own, dec_hint hint, uint32_t depth,
		 dec_lock *found)
{
	uint64_t once = 0;
	bool ok;

	if (depth == NEAR)
		return sweep(s, t, own, hint, 0, NEAR, &once, found);
	if (!depth && !u->at)
		return false;
	ok = sweep(s, t, own, hint, 0, FAR, &u->at, found);
	if (ok)
		u->at = 0;
	return ok;
}

bool dec_search_step(dec_search *s, dec_try *t, const dec_lock *own,
		     dec_hint hint, dec_lock *found)
{
	dec_suspect *u = suspect_of(s, t->head.ssrc);
	uint32_t depth;

	refill(s, t->packet->at.mono.ns);
	if (confirm(s, u, t, hint, found)) {
		++*t->searches;
		return true;
	}
	depth = depth_for(++u->fails);
	if (!look(s, u, t, own, hint, depth, found))
		return false;
	if (found->key->suite->rtp_tag <= SHORT_TAG) {
		u->maybe = *found;
		u->index = t->index;
		t->maybe = true;
		return false;
	}
	++*t->searches;
	return true;
}
