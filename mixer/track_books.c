#include "mixer/track_impl.h"

#include <stdio.h>

/* From a sample on the packets name this contributor. */
typedef struct said {
	int64_t from;
	uint32_t talker;
} said;

int64_t mix_track_samples(const mix_track *t, int64_t ns)
{
	int64_t s = ns / CLK_NS_PER_S, part = ns % CLK_NS_PER_S;
	int64_t half = part < 0 ? -(CLK_NS_PER_S / 2) : CLK_NS_PER_S / 2;

	return s * t->desk->rate +
	       (part * t->desk->rate + half) / CLK_NS_PER_S;
}

static const mix_kind marker_of[] = {
	[PCM_DECODED] = MIX_SPEECH,
	[PCM_CONCEALED] = MIX_CONCEALED,
	[PCM_COMFORT] = MIX_COMFORT,
	[PCM_UNDECODABLE] = MIX_UNDECODABLE,
};

static void count_block(mix_track *t, const mix_block *k)
{
	mix_side_totals *side = &t->desk->side[t->side];
	uint64_t n = k->rate == t->desk->rate
			? k->frames
			: (uint64_t)k->frames * t->desk->rate / k->rate;

	switch ((pcm_kind)k->kind) {
	case PCM_DECODED:
		side->decoded += n;
		return;
	case PCM_CONCEALED:
		side->concealed += n;
		return;
	case PCM_COMFORT:
		side->comfort += n;
		return;
	case PCM_UNDECODABLE:
		side->undecodable += n;
		return;
	}
}

bool mix_track_mixed(const mix_track *t)
{
	return t->said != NULL;
}

uint32_t mix_track_next_talker(const mix_track *t)
{
	const mix_block *k = mix_queue_peek(&t->queue);

	return k ? k->talker : 0;
}

uint32_t mix_track_talker(const mix_track *t, int64_t at, int64_t *until)
{
	const said *s = &g_array_index(t->said, said, 0);
	guint i = 0;

	while (i + 1 < t->said->len && s[i + 1].from <= at)
		i++;
	*until = i + 1 < t->said->len ? s[i + 1].from : INT64_MAX;
	return s[i].talker;
}

/* A packet that names nobody changes nothing: the mixer sends on for a while
 * when nobody speaks. */
static void note_talker(mix_track *t, const mix_block *k, int64_t at)
{
	said s = {mix_track_samples(t, at), k->talker};
	const said *last = NULL;
	guint old = 0;

	if (!k->talker)
		return;
	if (t->said)
		last = &g_array_index(t->said, said, t->said->len - 1);
	else
		t->said = g_array_new(FALSE, FALSE, sizeof(said));
	if (last && (last->talker == s.talker || last->from > s.from))
		return;
	while (old + 1 < t->said->len &&
	       g_array_index(t->said, said, old + 1).from <= t->written)
		old++;
	if (old)
		g_array_remove_range(t->said, 0, old);
	g_array_append_val(t->said, s);
}

/* Time before `at` in which nothing of the stream was received. By its own
 * timestamps where they run on: its line moves a little all the time. */
static int64_t hole_before(const mix_track *t, const mix_block *k, int64_t at)
{
	if (!t->last)
		return 0;
	if (t->last != mix_segment_real(k->seg))
		return at - t->last_at;
	return mix_segment_media(t->last, k->ts) -
	       mix_segment_media(t->last, t->last_ts);
}

void mix_track_book(mix_track *t, const mix_block *k)
{
	int64_t at = mix_segment_at(k->seg, k->ts);
	int64_t hole = hole_before(t, k, at);

	if (t->label_rate != k->rate)
		snprintf(t->label, sizeof(t->label), "stream %u, %u Hz",
			 t->stream, k->rate);
	t->label_rate = k->rate;
	if (hole > CLK_NS_PER_MS)
		mix_timeline_add(t->desk->timeline, MIX_HOLE, t->side,
				 at - hole, hole, "nothing received");
	note_talker(t, k, at);
	t->last = mix_segment_real(k->seg);
	t->last_ts = k->end;
	t->last_at = at + mix_block_ns(k);
	mix_timeline_add(t->desk->timeline, MIX_SPEECH, t->side, at,
			 mix_block_ns(k), t->label);
	if (k->kind != PCM_DECODED)
		mix_timeline_add(t->desk->timeline, marker_of[k->kind], t->side,
				 at, mix_block_ns(k), NULL);
	count_block(t, k);
}

void mix_track_book_late(mix_track *t, const mix_block *k)
{
	int64_t at = mix_segment_at(k->seg, k->ts);

	/* Noise made up for a pause that has ended is not a loss. */
	if (k->kind == PCM_COMFORT || k->kind == PCM_CONCEALED)
		return;
	t->desk->side[t->side].late +=
		(uint64_t)mix_track_samples(t, mix_block_ns(k));
	mix_timeline_add(t->desk->timeline, MIX_LATE, t->side, at,
			 mix_block_ns(k), NULL);
}
