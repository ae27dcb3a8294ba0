#include "mixer/party_impl.h"

#include <string.h>

/* Two sources that are heard at once for longer are two speakers; a phone that
 * changes its SSRC may overtake itself a little. */
#define OVERLAP_MS 200

void mix_seat_wake(const mix_party *p, mix_seat *s)
{
	s->bus = g_malloc(p->quantum * (sizeof(float) + sizeof(int16_t)));
	s->pcm = (int16_t *)(void *)(s->bus + p->quantum);
}

void mix_seat_sleep(mix_seat *s)
{
	g_clear_pointer(&s->bus, g_free);
	s->pcm = NULL;
}

void mix_seat_free(void *data)
{
	mix_seat *s = data;

	mix_seat_sleep(s);
	mix_strip_free(s->strip);
	mix_limit_free(s->limit);
	g_free(s);
}

unsigned mix_party_open_seat(mix_party *p)
{
	mix_seat *s = g_new0(mix_seat, 1);

	s->strip = mix_strip_new(p->plan, p->desk->rate, p->quantum, p->side,
				 p->mute, p->desk->timeline, p->made);
	if (p->room) {	/* a contributor in mid-step */
		mix_seat_wake(p, s);
		memset(s->bus, 0, p->quantum * sizeof(float));
	}
	g_ptr_array_add(p->seats, s);
	/* Until there is a second one, the first one's sound is the side's. */
	if (p->apart && p->seats->len == 2)
		mix_party_seat(p, 0)->limit = mix_limit_copy(p->limit);
	if (p->apart && p->seats->len > 1)
		s->limit = mix_limit_new(p->desk->rate);
	p->crowd = p->seats->len > 1;
	return p->seats->len - 1;
}

static int64_t overlap(const mix_party *p)
{
	return (int64_t)p->desk->rate * OVERLAP_MS / 1000;
}

mix_sitter *mix_party_sitter(const mix_party *p, const mix_track *t)
{
	for (guint i = 0; i < p->sitters->len; i++) {
		mix_sitter *s = &g_array_index(p->sitters, mix_sitter, i);

		if (s->track == t)
			return s;
	}
	return NULL;
}

/* Together they last longer, as far as is known, than one source would. */
static bool clash(const mix_party *p, const mix_track *a, const mix_track *b)
{
	int64_t a0, a1, b0, b1;

	return mix_track_known(a, &a0, &a1) && mix_track_known(b, &b0, &b1) &&
	       MIN(a1, b1) - MAX(a0, b0) > overlap(p);
}

/* One that sat there before is still heard. */
static bool taken(const mix_party *p, const mix_sitter *who)
{
	for (guint i = 0; i < p->sitters->len; i++) {
		const mix_sitter *s = &g_array_index(p->sitters, mix_sitter, i);

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
		const mix_sitter *s = &g_array_index(p->sitters, mix_sitter, i);

		if (talker ? talker == s->talker
			   : !p->crowd || mix_track_ssrc(s->track) ==
						  mix_track_ssrc(t))
			return s->seat;
	}
	return p->sitters->len ? p->seats->len : 0;
}

static void tell_speaker(const mix_party *p, const mix_sitter *s, int64_t from)
{
	g_autofree char *text =
		g_strdup_printf("stream %u is speaker %u",
				mix_track_stream(s->track), s->seat + 1);

	mix_timeline_add(p->desk->timeline, MIX_SPEAKER, p->side,
			 mix_party_ns(p, from), 0, text);
}

static void move_on(mix_party *p, mix_sitter *s)
{
	if (p->seats->len < MIX_SPEAKERS_MAX)
		s->seat = mix_party_open_seat(p);
	else
		s->seat = MIX_SPEAKERS_MAX - 1;
}

static mix_sitter *sit_down(mix_party *p, const mix_track *t, uint32_t talker)
{
	mix_sitter s = {t, talker, usual_seat(p, t, talker)};
	mix_sitter *at;

	g_array_append_val(p->sitters, s);
	at = &g_array_index(p->sitters, mix_sitter, p->sitters->len - 1);
	if (at->seat == p->seats->len || taken(p, at))
		move_on(p, at);
	return at;
}

/* The track has something to say before `until`, and is to be heard. */
static bool comes(const mix_party *p, const mix_track *t, int64_t until,
		  int64_t *from)
{
	const mix_mute *out = mix_party_left_out(p, t);
	int64_t to;

	return mix_track_side(t) == p->side && mix_track_known(t, from, &to) &&
	       *from < until &&
	       (!out || !mix_mute_covers(out, p->desk->rate, *from,
					 (size_t)(MIN(to, until) - *from)));
}

void mix_party_find_seats(mix_party *p, const GPtrArray *tracks, int64_t until)
{
	for (guint i = 0; i < tracks->len; i++) {
		const mix_track *t = g_ptr_array_index(tracks, i);
		int64_t from;
		mix_sitter *s;

		if (!comes(p, t, until, &from))
			continue;
		s = mix_party_sitter(p, t);
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

unsigned mix_party_talker_seat(mix_party *p, const mix_track *t,
			       uint32_t talker)
{
	mix_sitter *first = mix_party_sitter(p, t);

	for (guint i = 0; i < p->sitters->len; i++) {
		const mix_sitter *s = &g_array_index(p->sitters, mix_sitter, i);

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

void mix_party_tell(const mix_party *p, GArray *speakers)
{
	for (guint i = 0; i < p->sitters->len; i++) {
		const mix_sitter *s = &g_array_index(p->sitters, mix_sitter, i);
		const mix_speaker k = {
			.side = p->side,
			.number = s->seat + 1,
			.stream = mix_track_stream(s->track),
			.talker = s->talker,
		};

		g_array_append_val(speakers, k);
	}
}
