/* A call's samples are made in steps of MIX_QUANTUM_MS. A step uses exactly
 * what was released up to MIX_LOOKAHEAD_MS after it, whenever it is made. So
 * the result cannot depend on how much input happened to be there. */
#include <string.h>

#include "mixer/board.h"
#include "mixer/plan.h"
#include "mixer/queue.h"

G_DEFINE_QUARK(mix_error, mix_error)

#define LOOKAHEAD_NS (MIX_LOOKAHEAD_MS * CLK_NS_PER_MS)
#define QUANTUM_NS (MIX_QUANTUM_MS * CLK_NS_PER_MS)
/* Input more than this behind its newest is not waited for. */
#define PATIENCE_NS (2 * CLK_NS_PER_S)
enum { RATE_LOWEST = 8000 };

struct mix_call {
	mix_plan plan;
	mix_desk desk;
	GPtrArray *tracks;	/* of mix_track, by stream number */
	mix_marks *marks;
	mix_board *board;	/* NULL until there is something to write */

	bool begun, heard_any;
	int64_t first;		/* release of the first block */
	int64_t newest;
	uint32_t top_rate;	/* highest carried in the first moments */
	uint32_t carried;	/* highest of all so far */
	int64_t horizon;
	GError *trouble;	/* met where it could not be reported */
};

static void free_track(void *t)
{
	mix_track_free(t);
}

mix_call *mix_call_new(const mix_plan *plan, GError **err)
{
	mix_call *m;

	if (!mix_plan_check(plan, err))
		return NULL;
	m = g_new0(mix_call, 1);
	mix_plan_copy(&m->plan, plan);
	m->desk.timeline = mix_timeline_new();
	m->desk.left_out = g_hash_table_new_full(
		NULL, NULL, NULL, (GDestroyNotify)mix_mute_free);
	m->tracks = g_ptr_array_new_with_free_func(free_track);
	m->marks = mix_marks_new(&m->plan, m->desk.timeline);
	m->top_rate = RATE_LOWEST;
	return m;
}

void mix_call_free(mix_call *m)
{
	if (!m)
		return;
	mix_board_free(m->board);
	g_ptr_array_unref(m->tracks);
	mix_marks_free(m->marks);
	g_hash_table_unref(m->desk.left_out);
	mix_timeline_free(m->desk.timeline);
	mix_sinc_free(m->desk.sinc);
	g_clear_error(&m->trouble);
	mix_plan_clear(&m->plan);
	g_free(m);
}

void mix_call_begin(mix_call *m, clk_mono start)
{
	g_assert(!m->begun);
	m->begun = true;
	m->desk.begin = start;
}

/* ---- input ---- */

/* Tracks stay sorted by number: streams that overlap are then always summed
 * in the same order. */
static mix_track *find_track(const mix_call *m, uint32_t stream, guint *place)
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
	*place = lo;
	return NULL;
}

static mix_track *track_of(mix_call *m, const pcm_block *b)
{
	guint place = 0;
	mix_track *t = find_track(m, b->stream, &place);

	if (t)
		return t;
	t = mix_track_new(&m->desk, b->stream, b->ssrc, b->side);
	g_ptr_array_insert(m->tracks, (gint)place, t);
	return t;
}

/* One that players know, and that holds what `rate` does. */
static uint32_t usual_rate(uint32_t rate)
{
	static const uint32_t rates[] = {8000, 16000, 24000, 48000};
	size_t i = 0;

	while (i + 1 < G_N_ELEMENTS(rates) && rates[i] < rate)
		i++;
	return rates[i];
}

/* The recording's rate is at least that of the beginning. */
static void note_rate(mix_call *m, const pcm_block *b, int64_t released)
{
	if (!m->heard_any)
		m->first = m->newest = released;
	m->heard_any = true;
	if (b->kind == PCM_DECODED || released < m->first + LOOKAHEAD_NS)
		m->carried = MAX(m->carried, b->rate);
	if (released < m->first + LOOKAHEAD_NS)
		m->top_rate = usual_rate(m->carried);
}

uint32_t mix_call_rate_wanted(const mix_call *m)
{
	const uint32_t best = usual_rate(m->carried);

	return !m->plan.rate && best > m->top_rate ? best : 0;
}

static bool make_steps(mix_call *m, int64_t horizon, GError **err);

void mix_call_block(mix_call *m, const pcm_block *b)
{
	int64_t released = mix_queue_released(m->desk.begin, b);

	g_assert(m->begun && b->side <= CALL_CALLEE && b->rate && b->clock);
	g_assert(b->channels == 1 || b->channels == 2);
	note_rate(m, b, released);
	mix_track_block(track_of(m, b), b);
	m->newest = MAX(m->newest, released);
	if (m->newest - PATIENCE_NS > m->horizon && !m->trouble)
		make_steps(m, m->newest - PATIENCE_NS, &m->trouble);
}

void mix_call_report(mix_call *m, const pcm_report *r)
{
	guint place;
	mix_track *t = find_track(m, r->stream, &place);

	/* Of a stream without sound nothing is to be placed. */
	if (t)
		mix_track_report(t, r);
}

/* The beginning of the first step that may not have been made when everything
 * before `told` was put in. */
static int64_t soonest(int64_t told)
{
	int64_t left = told - LOOKAHEAD_NS;

	return left < QUANTUM_NS ? 0 : left / QUANTUM_NS * QUANTUM_NS;
}

void mix_call_mark(mix_call *m, const mix_mark *k)
{
	int64_t at = clk_since(k->at, m->desk.begin);
	int64_t told = k->told.ns ? clk_since(k->told, m->desk.begin) : at;

	g_assert(m->begun && k->kind < MIX_KINDS && k->side <= CALL_UNKNOWN);
	mix_marks_take(m->marks, k, at, soonest(told));
}

/* A stream may be mentioned before its first block: its track may not exist
 * yet. */
void mix_call_leave_out(mix_call *m, uint32_t stream, clk_mono at, bool out)
{
	mix_mute *mute = g_hash_table_lookup(m->desk.left_out,
					     GUINT_TO_POINTER(stream + 1));
	int64_t ns = clk_since(at, m->desk.begin);

	if (!mute && out) {
		mute = mix_mute_new(false);
		g_hash_table_insert(m->desk.left_out,
				    GUINT_TO_POINTER(stream + 1), mute);
	}
	ns = MAX(ns, soonest(ns));
	if (out)
		mix_mute_start(mute, 0, ns);
	else if (mute)
		mix_mute_stop(mute, 0, ns);
}

/* ---- output ---- */

static bool open_board(mix_call *m, GError **err)
{
	m->desk.rate = m->plan.rate ? m->plan.rate : m->top_rate;
	m->board = mix_board_new(&m->plan, &m->desk, m->marks, err);
	return m->board != NULL;
}

static int64_t next_cutoff(const mix_call *m)
{
	int64_t made = m->board ? mix_board_made(m->board) : 0;
	int64_t step = made ? made / (int64_t)mix_board_quantum(m->board) : 0;

	return (step + 1) * QUANTUM_NS + LOOKAHEAD_NS;
}

static bool make_step(mix_call *m, size_t n, GError **err)
{
	int64_t cutoff = next_cutoff(m);

	for (guint i = 0; i < m->tracks->len; i++)
		mix_track_look(g_ptr_array_index(m->tracks, i), cutoff);
	return mix_board_step(m->board, m->tracks, n, err);
}

/* Between two steps hundreds of calls need no room for them: the next one's is
 * the same memory, still in the cache. */
static void fall_asleep(mix_call *m)
{
	for (guint i = 0; i < m->tracks->len; i++)
		mix_track_sleep(g_ptr_array_index(m->tracks, i));
	mix_board_sleep(m->board);
}

/* All steps that look no further than `horizon`. */
static bool make_steps(mix_call *m, int64_t horizon, GError **err)
{
	bool ok;

	m->horizon = MAX(m->horizon, horizon);
	if (!m->board &&
	    (!m->heard_any || horizon < m->first + LOOKAHEAD_NS))
		return true;
	if (!m->board && !open_board(m, err))
		return false;
	if (next_cutoff(m) > horizon)
		return true;
	mix_board_wake(m->board);
	do {
		ok = make_step(m, mix_board_quantum(m->board), err);
	} while (ok && next_cutoff(m) <= horizon);
	fall_asleep(m);
	return ok;
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
	return !m->board || mix_board_flush(m->board, err);
}

static int64_t to_samples(const mix_call *m, int64_t ns)
{
	return (int64_t)(((__int128)ns * m->desk.rate + CLK_NS_PER_S / 2) /
			 CLK_NS_PER_S);
}

static bool make_rest(mix_call *m, int64_t end, GError **err)
{
	bool ok = true;
	int64_t left;

	if (!m->board && !open_board(m, err))
		return false;
	mix_board_wake(m->board);
	while (ok &&
	       (left = to_samples(m, end) - mix_board_made(m->board)) > 0) {
		size_t quantum = mix_board_quantum(m->board);

		ok = make_step(m, (size_t)MIN(left, (int64_t)quantum), err);
	}
	ok = ok && mix_board_rest(m->board, err);
	fall_asleep(m);
	return ok;
}

bool mix_call_seal(mix_call *m, clk_mono end, mix_totals *out, GError **err)
{
	int64_t length = MAX(clk_since(end, m->desk.begin), 0);

	*out = (mix_totals){
		.files = g_array_new(FALSE, TRUE, sizeof(mix_file)),
		.speakers = g_array_new(FALSE, TRUE, sizeof(mix_speaker)),
	};
	if (!report_trouble(m, err) || !make_rest(m, length, err))
		return false;
	mix_marks_close(m->marks, length);
	mix_timeline_close(m->desk.timeline, length);
	return mix_board_seal(m->board, out, err);
}

bool mix_call_drop(mix_call *m, mix_totals *out, GError **err)
{
	*out = (mix_totals){0};
	if (!report_trouble(m, err) || (!m->board && !open_board(m, err)))
		return false;
	mix_marks_close(m->marks, 0);
	mix_timeline_close(m->desk.timeline, 0);
	out->base = mix_board_drop(m->board);
	return true;
}

bool mix_call_publish(mix_call *m, GError **err)
{
	return mix_board_publish(m->board, err);
}

bool mix_call_finish(mix_call *m, clk_mono end, mix_totals *out, GError **err)
{
	return mix_call_seal(m, end, out, err) && mix_call_publish(m, err);
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
	if (t->speakers)
		g_array_unref(t->speakers);
	for (unsigned side = 0; side < 2; side++)
		g_clear_pointer(&t->peaks[side], g_array_unref);
	g_free(t->base);
	g_free(t->picture);
	g_free(t->spectrogram);
	*t = (mix_totals){0};
}
