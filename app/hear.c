#include "app/render_impl.h"

#include <string.h>

static void on_block(void *user, const pcm_block *b)
{
	render_call *r = user;

	if (b->arrival.ns > r->last_media.ns)
		r->last_media = b->arrival;
	render_cross(r);
	mix_call_block(r->mix, b);
	render_cross(r);
}

static void on_report(void *user, const pcm_report *p)
{
	render_call *r = user;

	mix_call_report(r->mix, p);
}

static void on_payload(void *user, const dec_payload *p)
{
	render_call *r = user;

	render_cross(r);
	if (r->video)
		video_payload(r->video, p);
	render_cross(r);
}

static int64_t ticks_ns(int64_t ticks, uint32_t clock)
{
	return clock ? ticks * CLK_NS_PER_S / clock : 0;
}

static void on_gap(render_call *r, const dec_event *e)
{
	render_gap g = {e->side, e->cause, e->at,
			ticks_ns(e->length, e->clock), e->packets,
			e->repaired};
	int64_t end = e->at.ns - ticks_ns(e->behind, e->clock);
	mix_mark k = {.kind = MIX_GAP, .side = e->side,
		      .at = {end - g.length_ns}, .length = g.length_ns,
		      .text = sidecar_cause(e->cause)};

	g_array_append_val(r->result.gaps, g);
	mix_call_mark(r->mix, &k);
}

/* The decoder reports losses where packets come back; what it has reported is
 * not reported again. */
static bool told_already(const render_call *r, uint8_t side, clk_mono from,
			 clk_mono to)
{
	const GArray *a = r->result.gaps;

	for (guint i = 0; i < a->len; i++) {
		const render_gap *g = &g_array_index(a, render_gap, i);

		if (g->side == side && g->at.ns > from.ns &&
		    g->at.ns - g->length_ns < to.ns)
			return true;
	}
	return false;
}

void render_stopped(render_call *r, clk_mono from, clk_mono to)
{
	int64_t length = clk_since(to, from);
	render_gap g = {.cause = RENDER_MEDIA_STOPPED, .at = to,
			.length_ns = length};
	mix_mark k = {.kind = MIX_GAP, .side = CALL_UNKNOWN, .at = from,
		      .length = length, .text = sidecar_cause(g.cause)};

	r->result.stopped_ns += length;
	mix_call_mark(r->mix, &k);
	for (g.side = CALL_CALLER; g.side <= CALL_CALLEE; g.side++)
		if (!told_already(r, g.side, from, to))
			g_array_append_val(r->result.gaps, g);
}

/* The decoder can only say that packets are missing. */
static void name_cause(render_call *r, uint8_t side, const captured_away *a)
{
	for (guint i = 0; i < r->result.gaps->len; i++) {
		render_gap *g = &g_array_index(r->result.gaps, render_gap, i);

		if (g->side == side && g->cause == DEC_CAUSE_LOST &&
		    g->at.ns > a->from.ns &&
		    g->at.ns - g->length_ns < a->to.ns)
			g->cause = RENDER_CAPTURE_AWAY;
	}
}

static void tell_away(render_call *r, const captured_away *a)
{
	int64_t length = clk_since(a->to, a->from);
	render_gap g = {.cause = RENDER_CAPTURE_AWAY, .at = a->to,
			.length_ns = length};
	mix_mark k = {.kind = MIX_GAP, .side = CALL_UNKNOWN, .at = a->from,
		      .length = length, .text = sidecar_cause(g.cause)};

	mix_call_mark(r->mix, &k);
	for (g.side = CALL_CALLER; g.side <= CALL_CALLEE; g.side++) {
		name_cause(r, g.side, a);
		if (!told_already(r, g.side, a->from, a->to))
			g_array_append_val(r->result.gaps, g);
	}
}

void render_aways(render_call *r, clk_mono end)
{
	GArray *a = r->result.aways;

	captured_aways(r->captured, r->begin, end, a);
	for (guint i = 0; i < a->len; i++)
		tell_away(r, &g_array_index(a, captured_away, i));
}

static void on_undecodable(render_call *r, const dec_event *e)
{
	GPtrArray *u = r->result.undecodable;
	guint i;

	for (i = 0; i < u->len; i++)
		if (!strcmp(g_ptr_array_index(u, i), e->name))
			return;
	g_ptr_array_add(u, g_strdup(e->name));
}

static void mark_text(render_call *r, mix_kind kind, const dec_event *e,
		      const char *text)
{
	mix_mark k = {.kind = (uint8_t)kind, .side = e->side, .at = e->at,
		      .text = text};

	mix_call_mark(r->mix, &k);
}

/* A key's time is its length; it may have been reported later. */
static void on_dtmf(render_call *r, const dec_event *e)
{
	int64_t length = ticks_ns(e->length, e->clock);
	clk_mono *pressed = &r->pressed[e->side];
	char digit[2] = {e->digit, '\0'};
	mix_mark k = {.kind = MIX_DTMF, .side = e->side,
		      .at = {e->at.ns - length}, .told = e->released,
		      .length = length, .text = digit,
		      .volume = e->volume, .stream = e->stream,
		      .ts = e->ts, .clock = e->timed ? e->clock : 0};

	if (e->kind == DEC_DTMF_DOWN) {
		k.edge = MIX_ON;
		*pressed = k.at;
	} else if (pressed->ns) {
		k.edge = MIX_OFF;
		k.at.ns = pressed->ns + length;
		pressed->ns = 0;
	}
	mix_call_mark(r->mix, &k);
}

void render_forks(render_call *r, clk_mono at)
{
	for (guint i = 0; i < r->forks->len; i++) {
		render_fork *f = &g_array_index(r->forks, render_fork, i);
		bool out = story_fork_lost(r->story, f->branch);
		mix_mark k = {.kind = MIX_STATE, .side = CALL_CALLEE, .at = at,
			      .text = "a fork that did not answer is left out"};

		if (out == f->out)
			continue;
		f->out = out;
		mix_call_leave_out(r->mix, i, at, out);
		if (out)
			mix_call_mark(r->mix, &k);
	}
}

static void on_stream(render_call *r, const dec_event *e)
{
	render_fork *f;

	if (r->forks->len <= e->stream)
		g_array_set_size(r->forks, e->stream + 1);
	f = &g_array_index(r->forks, render_fork, e->stream);
	g_strlcpy(f->branch, e->branch, sizeof(f->branch));
	render_forks(r, e->at);
}

static void on_event(void *user, const dec_event *e)
{
	render_call *r = user;

	switch ((dec_event_kind)e->kind) {
	case DEC_GAP:
		on_gap(r, e);
		break;
	case DEC_DTMF_DOWN:
	case DEC_DTMF:
		on_dtmf(r, e);
		break;
	case DEC_UNDECODABLE:
		on_undecodable(r, e);
		break;
	case DEC_CODEC:
		mark_text(r, MIX_STATE, e, e->name);
		break;
	case DEC_BYE:
		if (e->side < CALL_UNKNOWN)
			r->bye[e->side] = e->at;
		break;
	case DEC_STREAM:
	case DEC_KEYED:
		on_stream(r, e);
		break;
	case DEC_UNOPENED:
		break;
	}
}

const dec_sink render_ears = {
	.block = on_block,
	.report = on_report,
	.event = on_event,
	.payload = on_payload,
};

static void note_hold(render_call *r, const story_control *c)
{
	unsigned bit = 1u << (c->side & 7);

	if (c->mark == REC_HOLD)
		r->on_hold |= bit;
	else if (c->mark == REC_RETRIEVE)
		r->on_hold &= ~bit;
}

void render_control(render_call *r, const story_control *c)
{
	mix_mark k = {.side = c->side, .at = c->at, .text = c->text};

	note_hold(r, c);
	switch (c->mark) {
	case REC_HOLD:
	case REC_RETRIEVE:
		k.kind = MIX_HOLD;
		k.edge = c->mark == REC_HOLD ? MIX_ON : MIX_OFF;
		break;
	case REC_PAUSE:
	case REC_RESUME:
	case REC_STOP:
	case REC_START:
		k.kind = MIX_PAUSE;
		k.edge = c->mark == REC_PAUSE || c->mark == REC_STOP ? MIX_ON
								     : MIX_OFF;
		break;
	case REC_DTMF:
		k.kind = MIX_DTMF;
		break;
	case REC_TAG:
		k.kind = MIX_TAG;
		break;
	case REC_TRANSFER:
	case REC_TRANSFERRED:
	case REC_UNTRANSFERRED:
		k.kind = MIX_TRANSFER;
		k.side = CALL_UNKNOWN;
		k.edge = c->mark == REC_TRANSFER ? MIX_ON : MIX_OFF;
		break;
	}
	mix_call_mark(r->mix, &k);
	if (c->mark == REC_TRANSFERRED) {
		k.kind = MIX_STATE;
		k.edge = MIX_AT;
		k.text = "transferred";
		mix_call_mark(r->mix, &k);
	}
}

void render_early(render_call *r)
{
	const mix_mark k = {
		.kind = MIX_EARLY,
		.side = CALL_UNKNOWN,
		.at = r->begin,
		.told = r->story->answered.mono,
		.length = clk_since(r->story->answered.mono, r->begin),
		.text = "before the answer",
	};

	mix_call_mark(r->mix, &k);
}
