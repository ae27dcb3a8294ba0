#include "mixer/party_impl.h"

#include <string.h>

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
	p->seats = g_ptr_array_new_with_free_func(mix_seat_free);
	p->sitters = g_array_new(FALSE, FALSE, sizeof(mix_sitter));
	p->limit = mix_limit_new(desk->rate);
	mix_party_open_seat(p);
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
		mix_seat_wake(p, mix_party_seat(p, i));
}

void mix_party_sleep(mix_party *p)
{
	g_clear_pointer(&p->room, g_free);
	for (guint i = 0; i < p->seats->len; i++)
		mix_seat_sleep(mix_party_seat(p, i));
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
	       mix_strip_delay(mix_party_seat(p, 0)->strip);
}

static void clear_seats(mix_party *p, size_t n)
{
	for (guint i = 0; i < p->seats->len; i++)
		memset(mix_party_seat(p, i)->bus, 0, n * sizeof(float));
}

/* A mix, cut where another contributor is named first. */
static void share_out(mix_party *p, const mix_track *t, size_t n)
{
	int64_t end = p->made + (int64_t)n, until;

	for (int64_t at = p->made; at < end; at = until) {
		uint32_t talker = mix_track_talker(t, at, &until);
		unsigned who = mix_party_talker_seat(p, t, talker);
		size_t skip = (size_t)(at - p->made);
		g_autofree char *text = g_strdup_printf(
			"csrc %08x is speaker %u", talker, who + 1);

		until = MIN(until, end);
		mix_lane_add(mix_party_seat(p, who)->bus + skip,
			     p->mixed + skip, (size_t)(until - at));
		mix_timeline_add(p->desk->timeline, MIX_SPEAKER, p->side,
				 mix_party_ns(p, at),
				 mix_party_ns(p, until) - mix_party_ns(p, at),
				 text);
	}
}

/* Aside first: not all of it is for one seat. */
static void hear_aside(mix_party *p, mix_track *t, mix_step *step, size_t n)
{
	const mix_sitter *s = mix_party_sitter(p, t);
	mix_mute *out = mix_party_left_out(p, t);

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
		mix_lane_add(mix_party_seat(p, s ? s->seat : 0)->bus, p->mixed,
			     n);
}

/* A track without a seat has nothing to say yet, but what is late to drop; or
 * too many have one. */
static void hear(mix_party *p, const GPtrArray *tracks, size_t n)
{
	for (guint i = 0; i < tracks->len; i++) {
		mix_track *t = g_ptr_array_index(tracks, i);
		const mix_sitter *s;
		mix_step step = {
			.from = p->made,
			.to = p->made + (int64_t)n,
			.heard = p->heard,
		};

		if (mix_track_side(t) != p->side)
			continue;
		if (mix_track_mixed(t) || mix_party_left_out(p, t)) {
			hear_aside(p, t, &step, n);
			continue;
		}
		s = mix_party_sitter(p, t);
		step.bus = mix_party_seat(p, s ? s->seat : 0)->bus;
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
	const mix_sitter *s = t ? mix_party_sitter(h->party, t) : NULL;

	return mix_party_seat(h->party, s ? s->seat : 0)->bus;
}

static void dial(mix_party *p, const GPtrArray *tracks, size_t n)
{
	keys_host h = {p, tracks};
	const mix_dial_host host = {&h, place_key, bus_of_key};

	mix_dial_run(p->dial, p->desk->rate, p->made, n, &host);
}

static void run_strips(mix_party *p, size_t n)
{
	for (guint i = 0; i < p->seats->len; i++) {
		const mix_seat *s = mix_party_seat(p, i);

		mix_strip_run(s->strip, s->bus, n);
	}
	mix_mute_forget(p->mute, p->desk->rate,
			mix_strip_out(mix_party_seat(p, 0)->strip));
	p->made += (int64_t)n;
	if (p->seats->len == 1)
		return;
	memcpy(p->sum, mix_party_seat(p, 0)->bus, n * sizeof(float));
	for (guint i = 1; i < p->seats->len; i++)
		mix_lane_add(p->sum, mix_party_seat(p, i)->bus, n);
}

void mix_party_step(mix_party *p, const GPtrArray *tracks, int64_t from,
		    size_t n)
{
	g_assert(p->made == from && n <= p->quantum);
	mix_party_find_seats(p, tracks, from + (int64_t)n);
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
	return p->seats->len == 1 ? mix_party_seat(p, 0)->bus : p->sum;
}

void mix_party_limit(mix_party *p, float *room, size_t n)
{
	const float *bus = mix_party_bus(p);

	p->desk->side[p->side].clipped += mix_limit_run(p->limit, bus, room, n);
	mix_lane_round(room, p->pcm, n);
	for (guint i = 0; i < p->seats->len; i++) {
		mix_seat *s = mix_party_seat(p, i);

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
	const mix_seat *s = mix_party_seat(p, i);

	return s->limit ? s->pcm : p->pcm;
}
