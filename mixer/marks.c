#include "mixer/marks.h"

#define DTMF_MARGIN_NS (60 * CLK_NS_PER_MS)
#define RAMP_NS (MIX_MUTE_RAMP_MS * CLK_NS_PER_MS)

/* A mark that has begun and not ended. */
typedef struct open_mark {
	bool on;
	int64_t at;
	char text[48];
} open_mark;

struct mix_marks {
	const mix_plan *plan;
	mix_timeline *timeline;
	mix_mute *mute[2];
	mix_dial *dial[2];
	open_mark open[MIX_KINDS][CALL_UNKNOWN + 1];
};

mix_marks *mix_marks_new(const mix_plan *plan, mix_timeline *t)
{
	mix_marks *m = g_new0(mix_marks, 1);

	m->plan = plan;
	m->timeline = t;
	for (int side = 0; side < 2; side++) {
		m->mute[side] = mix_mute_new(true);
		m->dial[side] = mix_dial_new();
	}
	return m;
}

void mix_marks_free(mix_marks *m)
{
	if (!m)
		return;
	for (int side = 0; side < 2; side++) {
		mix_mute_free(m->mute[side]);
		mix_dial_free(m->dial[side]);
	}
	g_free(m);
}

mix_mute *mix_marks_mute(const mix_marks *m, uint8_t side)
{
	return m->mute[side];
}

mix_dial *mix_marks_dial(const mix_marks *m, uint8_t side)
{
	return m->dial[side];
}

/* Digits that are removed from the sound are not written down either. */
static const char *text_of(const mix_marks *m, const mix_mark *k)
{
	return k->kind == MIX_DTMF && m->plan->mute_dtmf ? NULL : k->text;
}

static void close_mark(mix_marks *m, mix_kind kind, uint8_t side, int64_t at)
{
	open_mark *o = &m->open[kind][side];

	if (!o->on)
		return;
	o->on = false;
	mix_timeline_add(m->timeline, kind, side, o->at, MAX(at - o->at, 1),
			 o->text);
}

static void open_one(mix_marks *m, const mix_mark *k, int64_t at)
{
	open_mark *o = &m->open[k->kind][k->side];
	const char *text = text_of(m, k);

	if (o->on)
		return;
	o->on = true;
	o->at = at;
	g_strlcpy(o->text, text ? text : "", sizeof(o->text));
}

static bool silences(const mix_plan *p, mix_kind kind)
{
	return kind == MIX_PAUSE || (kind == MIX_DTMF && p->mute_dtmf) ||
	       ((kind == MIX_HOLD || kind == MIX_TRANSFER) && p->mute_hold);
}

static bool sounds(const mix_plan *p, const mix_mark *k)
{
	return k->kind == MIX_DTMF && k->side != CALL_UNKNOWN &&
	       p->dtmf_tones && !p->mute_dtmf;
}

/* Pause, hold and transfer silence both sides: the first one on begins the
 * silence and the first one off ends it. A key silences the side that pressed
 * it. */
static void mute_side(mix_mute *mute, const mix_mark *k, int64_t at,
		      int64_t soonest)
{
	const bool key = k->kind == MIX_DTMF;
	const int64_t margin = key ? DTMF_MARGIN_NS : 0;
	/* Of a key nothing is left, not even faintly. */
	const int64_t lead = key ? margin + RAMP_NS : 0;

	switch ((mix_edge)k->edge) {
	case MIX_AT:
		mix_mute_add(mute, MAX(at - lead, soonest),
			     at + k->length + margin);
		return;
	case MIX_ON:
		mix_mute_start(mute, k->kind, MAX(at - lead, soonest));
		return;
	case MIX_OFF:
		mix_mute_stop(mute, k->kind, MAX(at + margin, soonest));
		/* A transfer that came to nothing ends so. */
		if (k->kind == MIX_HOLD)
			mix_mute_stop(mute, MIX_TRANSFER, MAX(at, soonest));
		return;
	}
}

/* A key reported by the signalling has no length: no tone. */
static void dial_side(mix_dial *dial, const mix_mark *k, int64_t at,
		      int64_t soonest)
{
	const mix_press p = {
		.key = k->text ? k->text[0] : '\0',
		.volume = k->volume,
		.at = at,
		.soonest = soonest,
		.stream = k->stream,
		.clock = k->clock,
		.ts = k->ts,
	};

	if (k->edge != MIX_OFF)
		mix_dial_start(dial, &p);
	if (k->edge == MIX_AT)
		mix_dial_stop(dial, at + k->length, soonest);
	else if (k->edge == MIX_OFF)
		mix_dial_stop(dial, at, soonest);
}

void mix_marks_take(mix_marks *m, const mix_mark *k, int64_t at,
		    int64_t soonest)
{
	switch ((mix_edge)k->edge) {
	case MIX_AT:
		mix_timeline_add(m->timeline, k->kind, k->side, at, k->length,
				 text_of(m, k));
		break;
	case MIX_ON:
		open_one(m, k, at);
		break;
	case MIX_OFF:
		close_mark(m, k->kind, k->side, at);
		break;
	}
	if (sounds(m->plan, k))
		dial_side(m->dial[k->side], k, at, soonest);
	if (!silences(m->plan, k->kind))
		return;
	for (uint8_t side = 0; side < 2; side++) {
		if (k->kind != MIX_DTMF || k->side == side ||
		    k->side == CALL_UNKNOWN)
			mute_side(m->mute[side], k, at, soonest);
	}
}

void mix_marks_close(mix_marks *m, int64_t end)
{
	for (unsigned kind = 0; kind < MIX_KINDS; kind++) {
		for (uint8_t side = 0; side <= CALL_UNKNOWN; side++)
			close_mark(m, kind, side, end);
	}
}
