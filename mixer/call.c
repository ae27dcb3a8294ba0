/* A call's samples are made in steps of MIX_QUANTUM_MS. A step looks at what
 * was captured up to MIX_LOOKAHEAD_MS after it, no more and no less, whenever
 * it is made: so the result cannot depend on how far the input happened to
 * be. */
#include <math.h>
#include <string.h>

#include "mixer/lane.h"
#include "mixer/limit.h"
#include "mixer/mix.h"
#include "mixer/mute.h"
#include "mixer/peaks.h"
#include "mixer/picture.h"
#include "mixer/sink.h"
#include "mixer/track.h"

G_DEFINE_QUARK(mix_error, mix_error)

#define LOOKAHEAD_NS (MIX_LOOKAHEAD_MS * CLK_NS_PER_MS)
#define QUANTUM_NS (MIX_QUANTUM_MS * CLK_NS_PER_MS)
/* Input more than this behind its newest is not waited for. */
#define PATIENCE_NS (12 * CLK_NS_PER_S)
#define DTMF_MARGIN_NS (60 * CLK_NS_PER_MS)
enum {
	RATE_LOWEST = 8000,
	MONO = 2,		/* third bus and limiter */
	BUSES,
	PEAKS_PER_S = 100,
};

/* A mark that has begun and not ended. */
typedef struct open_mark {
	bool on;
	int64_t at;
	char text[48];
} open_mark;

struct mix_call {
	mix_plan plan;
	mix_desk desk;
	GPtrArray *tracks;	/* of mix_track, by stream number */
	mix_mute *mute[2];
	open_mark open[MIX_KINDS][CALL_UNKNOWN + 1];
	mix_limit *limit[BUSES];
	mix_peaks *peaks;
	mix_sink *sink;		/* NULL until there is something to write */
	bool keep;		/* part files survive an early end */

	bool begun, heard_any;
	int64_t first;		/* arrival of the first block */
	int64_t newest;
	uint32_t top_rate;	/* highest carried in the first moments */
	int64_t horizon;
	GError *trouble;	/* met where it could not be reported */

	int64_t made;		/* samples made, before the limiter */
	int64_t skip;		/* samples of the limiters' delay to drop */
	size_t quantum;		/* samples in a step */
	int buses;		/* 2 where no output wants mono */
	float *bus[BUSES], *out;
	int16_t *pcm[BUSES];
	uint8_t *heard;
	uint64_t square[2];	/* sum of squares of each side */
};

static bool good_rate(uint32_t rate)
{
	return rate == 8000 || rate == 16000 || rate == 24000 || rate == 48000;
}

static bool check_plan(const mix_plan *p, GError **err)
{
	if (!p->dir || !p->name || !*p->name || strchr(p->name, '/') ||
	    p->name[0] == '.' || strlen(p->name) > MIX_NAME_MAX) {
		g_set_error(err, MIX_ERROR, MIX_ERROR_PLAN,
			    "'%s' is no name for a recording",
			    p->name ? p->name : "");
		return false;
	}
	if (p->rate && !good_rate(p->rate)) {
		g_set_error(err, MIX_ERROR, MIX_ERROR_PLAN,
			    "rate %u: 8000, 16000, 24000 or 48000", p->rate);
		return false;
	}
	return mix_sink_check(p, err);
}

static void copy_plan(mix_plan *to, const mix_plan *from)
{
	*to = *from;
	to->dir = g_strdup(from->dir);
	to->name = g_strdup(from->name);
	to->outputs = g_memdup2(from->outputs,
				from->n_outputs * sizeof(*from->outputs));
	to->title = g_strdup(from->title);
	to->artist = g_strdup(from->artist);
	to->date = g_strdup(from->date);
	to->comment = g_strdup(from->comment);
}

static void clear_plan(mix_plan *p)
{
	g_free((char *)p->dir);
	g_free((char *)p->name);
	g_free((mix_output *)p->outputs);
	g_free((char *)p->title);
	g_free((char *)p->artist);
	g_free((char *)p->date);
	g_free((char *)p->comment);
}

static void free_track(void *t)
{
	mix_track_free(t);
}

static bool wants_mono(const mix_plan *p)
{
	for (size_t i = 0; i < p->n_outputs; i++) {
		if (p->outputs[i].layout == MIX_MONO)
			return true;
	}
	return false;
}

mix_call *mix_call_new(const mix_plan *plan, GError **err)
{
	mix_call *m;

	if (!check_plan(plan, err))
		return NULL;
	m = g_new0(mix_call, 1);
	copy_plan(&m->plan, plan);
	m->desk.timeline = mix_timeline_new();
	m->tracks = g_ptr_array_new_with_free_func(free_track);
	m->mute[0] = mix_mute_new();
	m->mute[1] = mix_mute_new();
	m->keep = true;
	m->buses = wants_mono(plan) ? BUSES : MONO;
	m->top_rate = RATE_LOWEST;
	return m;
}

void mix_call_free(mix_call *m)
{
	if (!m)
		return;
	mix_sink_free(m->sink, m->keep);
	g_ptr_array_unref(m->tracks);
	for (int i = 0; i < BUSES; i++) {
		mix_limit_free(m->limit[i]);
		g_free(m->bus[i]);
		g_free(m->pcm[i]);
	}
	g_free(m->out);
	mix_mute_free(m->mute[0]);
	mix_mute_free(m->mute[1]);
	mix_peaks_free(m->peaks);
	mix_timeline_free(m->desk.timeline);
	mix_sinc_free(m->desk.sinc);
	g_free(m->heard);
	g_clear_error(&m->trouble);
	clear_plan(&m->plan);
	g_free(m);
}

void mix_call_discard(mix_call *m)
{
	if (m)
		m->keep = false;
	mix_call_free(m);
}

void mix_call_begin(mix_call *m, clk_mono start)
{
	g_assert(!m->begun);
	m->begun = true;
	m->desk.begin = start;
}

/* Input. */

/* Tracks stay sorted by number: streams that overlap are then always summed
 * in the same order. */
static mix_track *find_track(mix_call *m, uint32_t stream, uint8_t side)
{
	guint lo = 0, hi = m->tracks->len;
	mix_track *t;

	while (lo < hi) {
		guint mid = (lo + hi) / 2;

		t = g_ptr_array_index(m->tracks, mid);
		if (mix_track_stream(t) == stream)
			return t;
		if (mix_track_stream(t) < stream)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (side > CALL_CALLEE)
		return NULL;
	t = mix_track_new(&m->desk, stream, side);
	g_ptr_array_insert(m->tracks, (gint)lo, t);
	return t;
}

/* The recording's rate is at least what was carried at the start. */
static void note_rate(mix_call *m, const pcm_block *b, int64_t arrival)
{
	static const uint32_t rates[] = {8000, 16000, 24000, 48000};

	if (!m->heard_any)
		m->first = m->newest = arrival;
	m->heard_any = true;
	if (arrival >= m->first + LOOKAHEAD_NS)
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(rates); i++) {
		if (b->rate <= rates[i] || rates[i] == 48000) {
			m->top_rate = MAX(m->top_rate, rates[i]);
			return;
		}
	}
}

static bool make_steps(mix_call *m, int64_t horizon, GError **err);

void mix_call_block(mix_call *m, const pcm_block *b)
{
	int64_t arrival = clk_since(b->arrival, m->desk.begin);

	g_assert(m->begun && b->side <= CALL_CALLEE && b->rate && b->clock);
	g_assert(b->channels == 1 || b->channels == 2);
	note_rate(m, b, arrival);
	mix_track_block(find_track(m, b->stream, b->side), b);
	m->newest = MAX(m->newest, arrival);
	if (m->newest - PATIENCE_NS > m->horizon && !m->trouble)
		make_steps(m, m->newest - PATIENCE_NS, &m->trouble);
}

void mix_call_report(mix_call *m, const pcm_report *r)
{
	mix_track *t = find_track(m, r->stream, CALL_UNKNOWN);

	/* Of a stream without sound nothing is to be placed. */
	if (t)
		mix_track_report(t, r);
}

static int64_t to_samples(const mix_call *m, int64_t ns)
{
	return (int64_t)(((__int128)ns * m->desk.rate + CLK_NS_PER_S / 2) /
			 CLK_NS_PER_S);
}

static void close_mark(mix_call *m, mix_kind kind, uint8_t side, int64_t at)
{
	open_mark *o = &m->open[kind][side];

	if (!o->on)
		return;
	o->on = false;
	mix_timeline_add(m->desk.timeline, kind, side, o->at,
			 MAX(at - o->at, 1), o->text);
}

static void open_one(mix_call *m, const mix_mark *k, int64_t at)
{
	open_mark *o = &m->open[k->kind][k->side];

	if (o->on)
		return;
	o->on = true;
	o->at = at;
	g_strlcpy(o->text, k->text ? k->text : "", sizeof(o->text));
}

static bool silences(const mix_call *m, mix_kind kind)
{
	return kind == MIX_PAUSE || (kind == MIX_HOLD && m->plan.mute_hold) ||
	       (kind == MIX_DTMF && m->plan.mute_dtmf);
}

/* Pause and hold silence both sides: the first one on begins the silence and
 * the first one off ends it. */
static void mute_for(mix_call *m, const mix_mark *k, int64_t at)
{
	int64_t margin = k->kind == MIX_DTMF ? DTMF_MARGIN_NS : 0;

	for (uint8_t side = 0; side < 2; side++) {
		if (k->kind == MIX_DTMF && k->side != side &&
		    k->side != CALL_UNKNOWN)
			continue;
		switch ((mix_edge)k->edge) {
		case MIX_AT:
			mix_mute_add(m->mute[side], at - margin,
				     at + k->length + margin);
			break;
		case MIX_ON:
			mix_mute_start(m->mute[side], k->kind, at - margin);
			break;
		case MIX_OFF:
			mix_mute_stop(m->mute[side], k->kind, at + margin);
			break;
		}
	}
}

void mix_call_mark(mix_call *m, const mix_mark *k)
{
	int64_t at = clk_since(k->at, m->desk.begin);

	g_assert(m->begun && k->kind < MIX_KINDS && k->side <= CALL_UNKNOWN);
	switch ((mix_edge)k->edge) {
	case MIX_AT:
		mix_timeline_add(m->desk.timeline, k->kind, k->side, at,
				 k->length, k->text);
		break;
	case MIX_ON:
		open_one(m, k, at);
		break;
	case MIX_OFF:
		close_mark(m, k->kind, k->side, at);
		break;
	}
	if (silences(m, k->kind))
		mute_for(m, k, at);
}

/* Output. */

static bool open_sink(mix_call *m, GError **err)
{
	uint32_t rate = m->plan.rate ? m->plan.rate : m->top_rate;

	m->desk.rate = rate;
	m->quantum = rate / (1000 / MIX_QUANTUM_MS);
	m->sink = mix_sink_open(&m->plan, rate, err);
	if (!m->sink)
		return false;
	for (int i = 0; i < BUSES; i++) {
		m->limit[i] = mix_limit_new(rate);
		m->bus[i] = g_new(float, m->quantum);
		m->pcm[i] = g_new(int16_t, m->quantum);
	}
	m->out = g_new(float, m->quantum);
	m->heard = g_new(uint8_t, m->quantum);
	m->peaks = mix_peaks_new(rate / PEAKS_PER_S);
	m->skip = (int64_t)mix_limit_delay(m->limit[0]);
	return true;
}

static void make_side(mix_call *m, uint8_t side, size_t n)
{
	mix_step s = {m->made, m->made + (int64_t)n, m->bus[side], m->heard};

	memset(m->bus[side], 0, n * sizeof(float));
	memset(m->heard, 0, n);
	for (guint i = 0; i < m->tracks->len; i++) {
		mix_track *t = g_ptr_array_index(m->tracks, i);

		if (mix_track_side(t) == side)
			mix_track_render(t, &s);
	}
	m->desk.side[side].silent += n - mix_lane_count(m->heard, n);
	mix_mute_apply(m->mute[side], m->desk.rate, m->made, m->bus[side], n);
}

static void measure(mix_call *m, const int16_t *const lane[2], size_t n)
{
	m->square[CALL_CALLER] += mix_lane_energy(lane[CALL_CALLER], n);
	m->square[CALL_CALLEE] += mix_lane_energy(lane[CALL_CALLEE], n);
	mix_peaks_add(m->peaks, lane, n);
}

static void limit_buses(mix_call *m, size_t n)
{
	if (m->buses > MONO) {
		memcpy(m->bus[MONO], m->bus[CALL_CALLER], n * sizeof(float));
		mix_lane_add(m->bus[MONO], m->bus[CALL_CALLEE], n);
	}
	for (int i = 0; i < m->buses; i++) {
		size_t over = mix_limit_run(m->limit[i], m->bus[i], m->out, n);

		if (i < MONO)
			m->desk.side[i].clipped += over;
		mix_lane_round(m->out, m->pcm[i], n);
	}
}

/* The buses through the limiters into the files. */
static bool put_out(mix_call *m, size_t n, GError **err)
{
	size_t skip = (size_t)MIN(m->skip, (int64_t)n);
	mix_mixed out = {
		.side = {m->pcm[CALL_CALLER] + skip,
			 m->pcm[CALL_CALLEE] + skip},
		.mono = m->buses > MONO ? m->pcm[MONO] + skip : NULL,
		.n = n - skip,
	};

	limit_buses(m, n);
	m->skip -= (int64_t)skip;
	measure(m, out.side, out.n);
	return mix_sink_write(m->sink, &out, err);
}

static bool make_step(mix_call *m, int64_t cutoff, size_t n, GError **err)
{
	for (guint i = 0; i < m->tracks->len; i++)
		mix_track_look(g_ptr_array_index(m->tracks, i), cutoff);
	make_side(m, CALL_CALLER, n);
	make_side(m, CALL_CALLEE, n);
	m->made += (int64_t)n;
	return put_out(m, n, err);
}

static int64_t next_cutoff(const mix_call *m)
{
	int64_t step = m->quantum ? m->made / (int64_t)m->quantum : 0;

	return (step + 1) * QUANTUM_NS + LOOKAHEAD_NS;
}

/* All steps that look no further than `horizon`. */
static bool make_steps(mix_call *m, int64_t horizon, GError **err)
{
	m->horizon = MAX(m->horizon, horizon);
	if (!m->sink &&
	    (!m->heard_any || horizon < m->first + LOOKAHEAD_NS))
		return true;
	if (!m->sink && !open_sink(m, err))
		return false;
	while (next_cutoff(m) <= horizon) {
		if (!make_step(m, next_cutoff(m), m->quantum, err))
			return false;
	}
	return true;
}

static bool report_trouble(mix_call *m, GError **err)
{
	if (!m->trouble)
		return true;
	g_propagate_error(err, g_steal_pointer(&m->trouble));
	return false;
}

bool mix_call_advance(mix_call *m, clk_mono horizon, GError **err)
{
	g_assert(m->begun);
	if (!report_trouble(m, err) ||
	    !make_steps(m, clk_since(horizon, m->desk.begin), err))
		return false;
	return !m->sink || mix_sink_flush(m->sink, err);
}

static bool make_rest(mix_call *m, int64_t end, GError **err)
{
	int64_t rest;

	if (!m->sink && !open_sink(m, err))
		return false;
	while (m->made + (int64_t)m->quantum <= to_samples(m, end)) {
		if (!make_step(m, next_cutoff(m), m->quantum, err))
			return false;
	}
	rest = to_samples(m, end) - m->made;
	if (rest > 0 && !make_step(m, next_cutoff(m), (size_t)rest, err))
		return false;
	/* What is still in the limiters. */
	rest = (int64_t)mix_limit_delay(m->limit[0]);
	memset(m->bus[0], 0, (size_t)rest * sizeof(float));
	memset(m->bus[1], 0, (size_t)rest * sizeof(float));
	return put_out(m, (size_t)rest, err);
}

static int peak_of(const mix_call *m, unsigned side)
{
	int top = 0;

	for (size_t i = 0; i < mix_peaks_count(m->peaks); i++)
		top = MAX(top, mix_peaks_at(m->peaks, side, i));
	return top;
}

static void tell_totals(mix_call *m, mix_totals *out)
{
	out->rate = m->desk.rate;
	out->frames = (uint64_t)m->made;
	out->duration = (int64_t)((__int128)m->made * CLK_NS_PER_S /
				  m->desk.rate);
	for (unsigned side = 0; side < 2; side++) {
		double frames = (double)MAX(m->made, 1);

		out->side[side] = m->desk.side[side];
		out->side[side].peak = peak_of(m, side) / 32768.0;
		out->side[side].rms =
			sqrt((double)m->square[side] / frames) / 32768;
	}
}

static bool put_picture(mix_call *m, GError **err)
{
	g_autoptr(GByteArray) png = NULL;

	if (!m->plan.picture)
		return true;
	png = mix_picture(m->peaks);
	return mix_sink_picture(m->sink, png, err);
}

bool mix_call_finish(mix_call *m, clk_mono end, mix_totals *out, GError **err)
{
	int64_t length = MAX(clk_since(end, m->desk.begin), 0);

	*out = (mix_totals){
		.files = g_array_new(FALSE, TRUE, sizeof(mix_file)),
	};
	if (!report_trouble(m, err) || !make_rest(m, length, err))
		return false;
	for (unsigned kind = 0; kind < MIX_KINDS; kind++) {
		for (uint8_t side = 0; side <= CALL_UNKNOWN; side++)
			close_mark(m, kind, side, length);
	}
	mix_timeline_close(m->desk.timeline, length);
	tell_totals(m, out);
	return put_picture(m, err) &&
	       mix_sink_commit(m->sink, out->files, &out->picture, err);
}

const GArray *mix_call_markers(mix_call *m)
{
	return mix_timeline_list(m->desk.timeline);
}

void mix_totals_clear(mix_totals *t)
{
	for (guint i = 0; t->files && i < t->files->len; i++)
		g_free(g_array_index(t->files, mix_file, i).path);
	if (t->files)
		g_array_unref(t->files);
	g_free(t->picture);
	*t = (mix_totals){0};
}
