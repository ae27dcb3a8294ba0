#include "mixer/party.h"

#include <string.h>

#include "mixer/lane.h"
#include "mixer/limit.h"
#include "mixer/plan.h"
#include "mixer/strip.h"

/* Two sources that are heard at once for longer are two speakers; a phone that
 * changes its SSRC may overtake itself a little. */
#define OVERLAP_MS 200

/* A speaker. */
typedef struct seat {
	mix_strip *strip;
	mix_limit *limit;	/* NULL: nobody wants its sound alone */
	float *bus;		/* room for a step, and `pcm` with it */
	int16_t *pcm;		/* its sound alone */
} seat;

/* A source, or a contributor to one, on its seat. */
typedef struct sitter {
	const mix_track *track;
	uint32_t talker;	/* 0: the source itself */
	unsigned seat;
} sitter;

struct mix_party {
	const mix_plan *plan;
	mix_desk *desk;
	mix_mute *mute;
	mix_dial *dial;
	uint8_t side;
	bool apart;		/* each speaker is wanted alone */
	bool crowd;		/* two were heard at once */
	size_t quantum;
	int64_t made;		/* samples, with those of the rest */
	GPtrArray *seats;	/* of seat */
	GArray *sitters;	/* in the order in which they sat down */
	mix_limit *limit;
	float *room;		/* for a step, NULL between steps; in it: */
	float *sum;		/* of several seats */
	float *mixed;		/* a source's that is a mix */
	int16_t *pcm;
	uint8_t *heard, *unheard;
};

static void wake_seat(const mix_party *p, seat *s)
{
	s->bus = g_malloc(p->quantum * (sizeof(float) + sizeof(int16_t)));
	s->pcm = (int16_t *)(void *)(s->bus + p->quantum);
}

static void sleep_seat(seat *s)
{
	g_clear_pointer(&s->bus, g_free);
	s->pcm = NULL;
}

static void free_seat(void *data)
{
	seat *s = data;

	sleep_seat(s);
	mix_strip_free(s->strip);
	mix_limit_free(s->limit);
	g_free(s);
}

static seat *seat_at(const mix_party *p, unsigned i)
{
	return g_ptr_array_index(p->seats, i);
}

static unsigned open_seat(mix_party *p)
{
	seat *s = g_new0(seat, 1);

	s->strip = mix_strip_new(p->plan, p->desk->rate, p->quantum, p->side,
				 p->mute, p->desk->timeline, p->made);
	if (p->room) {	/* a contributor in mid-step */
		wake_seat(p, s);
		memset(s->bus, 0, p->quantum * sizeof(float));
	}
	g_ptr_array_add(p->seats, s);
	/* Until there is a second one, the first one's sound is the side's. */
	if (p->apart && p->seats->len == 2)
		seat_at(p, 0)->limit = mix_limit_copy(p->limit);
	if (p->apart && p->seats->len > 1)
		s->limit = mix_limit_new(p->desk->rate);
	p->crowd = p->seats->len > 1;
	return p->seats->len - 1;
}

mix_party *mix_party_new(const mix_plan *plan, mix_desk *desk,
			 const mix_marks *marks, uint8_t side, size_t quantum)
{
	mix_party *p = g_new0(mix_party, 1);

	p->plan = plan;
	p->desk = desk;
	p->mute = mix_marks_mute(marks, side);
	p->dial = mix_marks_dial(marks, side);
	p->side = side;
	p->apart = mix_plan_wants(plan, side == CALL_CALLER ? MIX_CALLER
							    : MIX_CALLEE);
	p->quantum = quantum;
	p->seats = g_ptr_array_new_with_free_func(free_seat);
	p->sitters = g_array_new(FALSE, FALSE, sizeof(sitter));
	p->limit = mix_limit_new(desk->rate);
	open_seat(p);
	return p;
}

void mix_party_wake(mix_party *p)
{
	const size_t n = p->quantum;

	p->room = g_malloc(n * (2 * sizeof(float) + sizeof(int16_t) + 2));
	p->sum = p->room;
	p->mixed = p->sum + n;
	p->pcm = (int16_t *)(void *)(p->mixed + n);
	p->heard = (uint8_t *)(p->pcm + n);
	p->unheard = p->heard + n;
	for (guint i = 0; i < p->seats->len; i++)
		wake_seat(p, seat_at(p, i));
}

void mix_party_sleep(mix_party *p)
{
	g_clear_pointer(&p->room, g_free);
	for (guint i = 0; i < p->seats->len; i++)
		sleep_seat(seat_at(p, i));
}

void mix_party_free(mix_party *p)
{
	if (!p)
		return;
	mix_party_sleep(p);
	g_ptr_array_unref(p->seats);
	g_array_unref(p->sitters);
	mix_limit_free(p->limit);
	g_free(p);
}

size_t mix_party_delay(const mix_party *p)
{
	return mix_limit_delay(p->limit) +
	       mix_strip_delay(seat_at(p, 0)->strip);
}

static mix_mute *left_out(const mix_party *p, const mix_track *t)
{
	return g_hash_table_lookup(p->desk->left_out, GUINT_TO_POINTER(
						mix_track_stream(t) + 1));
}

/* ---- who sits where ---- */

static int64_t overlap(const mix_party *p)
{
	return (int64_t)p->desk->rate * OVERLAP_MS / 1000;
}

static sitter *sitter_of(const mix_party *p, const mix_track *t)
{
	for (guint i = 0; i < p->sitters->len; i++) {
		sitter *s = &g_array_index(p->sitters, sitter, i);

		if (s->track == t)
			return s;
	}
	return NULL;
}

/* Longer together, of what is known of both, than one source would be. */
static bool clash(const mix_party *p, const mix_track *a, const mix_track *b)
{
	int64_t a0, a1, b0, b1;

	return mix_track_known(a, &a0, &a1) && mix_track_known(b, &b0, &b1) &&
	       MIN(a1, b1) - MAX(a0, b0) > overlap(p);
}

/* One that sat there before is still heard. */
static bool taken(const mix_party *p, const sitter *who)
{
	for (guint i = 0; i < p->sitters->len; i++) {
		const sitter *s = &g_array_index(p->sitters, sitter, i);

		if (s == who)
			return false;
		if (s->seat == who->seat && s->track != who->track &&
		    clash(p, s->track, who->track))
			return true;
	}
	return false;
}

/* The contributor is known from another source, the source was restarted; or
 * the last one that sat down. Else a new seat. */
static unsigned usual_seat(const mix_party *p, const mix_track *t,
			   uint32_t talker)
{
	for (guint i = p->sitters->len; i-- > 0;) {
		const sitter *s = &g_array_index(p->sitters, sitter, i);

		if (talker ? talker == s->talker
			   : !p->crowd || mix_track_ssrc(s->track) ==
						  mix_track_ssrc(t))
			return s->seat;
	}
	return p->sitters->len ? p->seats->len : 0;
}

static int64_t to_ns(const mix_party *p, int64_t samples)
{
	return (int64_t)((__int128)samples * CLK_NS_PER_S / p->desk->rate);
}

static void tell_speaker(const mix_party *p, const sitter *s, int64_t from)
{
	g_autofree char *text = g_strdup_printf(
		"stream %u is speaker %u", mix_track_stream(s->track),
		s->seat + 1);

	mix_timeline_add(p->desk->timeline, MIX_SPEAKER, p->side,
			 to_ns(p, from), 0, text);
}

static void move_on(mix_party *p, sitter *s)
{
	if (p->seats->len < MIX_SPEAKERS_MAX)
		s->seat = open_seat(p);
	else
		s->seat = MIX_SPEAKERS_MAX - 1;
}

static sitter *sit_down(mix_party *p, const mix_track *t, uint32_t talker)
{
	sitter s = {t, talker, usual_seat(p, t, talker)};
	sitter *at;

	g_array_append_val(p->sitters, s);
	at = &g_array_index(p->sitters, sitter, p->sitters->len - 1);
	if (at->seat == p->seats->len || taken(p, at))
		move_on(p, at);
	return at;
}

/* The track has something to say before `until`, and is to be heard. */
static bool comes(const mix_party *p, const mix_track *t, int64_t until,
		  int64_t *from)
{
	const mix_mute *out = left_out(p, t);
	int64_t to;

	return mix_track_side(t) == p->side &&
	       mix_track_known(t, from, &to) && *from < until &&
	       (!out || !mix_mute_covers(out, p->desk->rate, *from,
					 (size_t)(MIN(to, until) - *from)));
}

static void find_seats(mix_party *p, const GPtrArray *tracks, int64_t until)
{
	for (guint i = 0; i < tracks->len; i++) {
		const mix_track *t = g_ptr_array_index(tracks, i);
		int64_t from;
		sitter *s;

		if (!comes(p, t, until, &from))
			continue;
		s = sitter_of(p, t);
		if (s ? p->sitters->len == 1 || !taken(p, s)
		      : p->sitters->len >= MIX_PARTY_NAMES_MAX)
			continue;
		if (s)
			move_on(p, s);
		else
			s = sit_down(p, t, mix_track_next_talker(t));
		if (s->seat)
			tell_speaker(p, s, from);
	}
}

void mix_party_tell(const mix_party *p, GArray *speakers)
{
	for (guint i = 0; i < p->sitters->len; i++) {
		const sitter *s = &g_array_index(p->sitters, sitter, i);
		const mix_speaker k = {
			.side = p->side,
			.number = s->seat + 1,
			.stream = mix_track_stream(s->track),
			.talker = s->talker,
		};

		g_array_append_val(speakers, k);
	}
}

/* ---- what they say ---- */

static void clear_seats(mix_party *p, size_t n)
{
	for (guint i = 0; i < p->seats->len; i++)
		memset(seat_at(p, i)->bus, 0, n * sizeof(float));
}

/* The seat of a contributor; the first one has that of the source. Who is named
 * when too many were has nothing of his own: the list is searched at each turn,
 * and a sender may name as many as he likes. */
static unsigned talker_seat(mix_party *p, const mix_track *t, uint32_t talker)
{
	sitter *first = sitter_of(p, t);

	for (guint i = 0; i < p->sitters->len; i++) {
		const sitter *s = &g_array_index(p->sitters, sitter, i);

		if (s->track == t && s->talker == talker)
			return s->seat;
	}
	if (first && !first->talker &&
	    usual_seat(p, t, talker) == p->seats->len) {
		first->talker = talker;
		return first->seat;
	}
	if (p->sitters->len >= MIX_PARTY_NAMES_MAX)
		return p->seats->len - 1;
	return sit_down(p, t, talker)->seat;
}

/* A mix, cut where another contributor is named first. */
static void share_out(mix_party *p, const mix_track *t, size_t n)
{
	int64_t end = p->made + (int64_t)n, until;

	for (int64_t at = p->made; at < end; at = until) {
		uint32_t talker = mix_track_talker(t, at, &until);
		unsigned who = talker_seat(p, t, talker);
		size_t skip = (size_t)(at - p->made);
		g_autofree char *text = g_strdup_printf(
			"csrc %08x is speaker %u", talker, who + 1);

		until = MIN(until, end);
		mix_lane_add(seat_at(p, who)->bus + skip, p->mixed + skip,
			     (size_t)(until - at));
		mix_timeline_add(p->desk->timeline, MIX_SPEAKER, p->side,
				 to_ns(p, at), to_ns(p, until) - to_ns(p, at),
				 text);
	}
}

/* Aside first: not all of it is for one seat. */
static void hear_aside(mix_party *p, mix_track *t, mix_step *step, size_t n)
{
	const sitter *s = sitter_of(p, t);
	mix_mute *out = left_out(p, t);

	step->bus = p->mixed;
	if (out && mix_mute_covers(out, p->desk->rate, p->made, n))
		step->heard = p->unheard;
	memset(p->mixed, 0, n * sizeof(float));
	mix_track_render(t, step);
	if (out) {
		mix_mute_apply(out, p->desk->rate, p->made, p->mixed, n);
		mix_mute_forget(out, p->desk->rate, p->made + (int64_t)n);
	}
	if (s && mix_track_mixed(t))
		share_out(p, t, n);
	else
		mix_lane_add(seat_at(p, s ? s->seat : 0)->bus, p->mixed, n);
}

/* A track without a seat has nothing to say yet, but what is late to drop; or
 * too many have one. */
static void hear(mix_party *p, const GPtrArray *tracks, size_t n)
{
	for (guint i = 0; i < tracks->len; i++) {
		mix_track *t = g_ptr_array_index(tracks, i);
		const sitter *s;
		mix_step step = {
			.from = p->made,
			.to = p->made + (int64_t)n,
			.heard = p->heard,
		};

		if (mix_track_side(t) != p->side)
			continue;
		if (mix_track_mixed(t) || left_out(p, t)) {
			hear_aside(p, t, &step, n);
			continue;
		}
		s = sitter_of(p, t);
		step.bus = seat_at(p, s ? s->seat : 0)->bus;
		mix_track_render(t, &step);
	}
}

/* Tones of keys: where their stream has its line, on its speaker's seat. */
typedef struct keys_host {
	const mix_party *party;
	const GPtrArray *tracks;
} keys_host;

static const mix_track *track_of(const GPtrArray *tracks, uint32_t stream)
{
	for (guint i = 0; i < tracks->len; i++) {
		const mix_track *t = g_ptr_array_index(tracks, i);

		if (mix_track_stream(t) == stream)
			return t;
	}
	return NULL;
}

static bool place_key(void *user, const mix_press *p, int64_t *at)
{
	const keys_host *h = user;
	const mix_track *t = track_of(h->tracks, p->stream);

	return t && mix_track_at(t, p->ts, p->clock, at);
}

static float *bus_of_key(void *user, uint32_t stream)
{
	const keys_host *h = user;
	const mix_track *t = track_of(h->tracks, stream);
	const sitter *s = t ? sitter_of(h->party, t) : NULL;

	return seat_at(h->party, s ? s->seat : 0)->bus;
}

static void dial(mix_party *p, const GPtrArray *tracks, size_t n)
{
	keys_host h = {p, tracks};
	const mix_dial_host host = {&h, place_key, bus_of_key};

	mix_dial_run(p->dial, p->desk->rate, p->made, n, &host);
}

static void run_strips(mix_party *p, size_t n)
{
	for (guint i = 0; i < p->seats->len; i++)
		mix_strip_run(seat_at(p, i)->strip, seat_at(p, i)->bus, n);
	mix_mute_forget(p->mute, p->desk->rate,
			mix_strip_out(seat_at(p, 0)->strip));
	p->made += (int64_t)n;
	if (p->seats->len == 1)
		return;
	memcpy(p->sum, seat_at(p, 0)->bus, n * sizeof(float));
	for (guint i = 1; i < p->seats->len; i++)
		mix_lane_add(p->sum, seat_at(p, i)->bus, n);
}

void mix_party_step(mix_party *p, const GPtrArray *tracks, int64_t from,
		    size_t n)
{
	g_assert(p->made == from && n <= p->quantum);
	find_seats(p, tracks, from + (int64_t)n);
	clear_seats(p, n);
	memset(p->heard, 0, n);
	hear(p, tracks, n);
	dial(p, tracks, n);
	p->desk->side[p->side].silent += n - mix_lane_count(p->heard, n);
	run_strips(p, n);
}

void mix_party_rest(mix_party *p, size_t n)
{
	clear_seats(p, n);
	run_strips(p, n);
}

const float *mix_party_bus(const mix_party *p)
{
	return p->seats->len == 1 ? seat_at(p, 0)->bus : p->sum;
}

void mix_party_limit(mix_party *p, float *room, size_t n)
{
	const float *bus = mix_party_bus(p);

	p->desk->side[p->side].clipped += mix_limit_run(p->limit, bus, room, n);
	mix_lane_round(room, p->pcm, n);
	for (guint i = 0; i < p->seats->len; i++) {
		seat *s = seat_at(p, i);

		if (!s->limit)
			continue;
		mix_limit_run(s->limit, s->bus, room, n);
		mix_lane_round(room, s->pcm, n);
	}
}

const int16_t *mix_party_pcm(const mix_party *p)
{
	return p->pcm;
}

unsigned mix_party_speakers(const mix_party *p)
{
	return p->seats->len;
}

const int16_t *mix_party_speaker(const mix_party *p, unsigned i)
{
	const seat *s = seat_at(p, i);

	return s->limit ? s->pcm : p->pcm;
}
