#include "mixer/board.h"

#include <math.h>
#include <string.h>

#include "mixer/lane.h"
#include "mixer/limit.h"
#include "mixer/peaks.h"
#include "mixer/picture.h"
#include "mixer/plan.h"
#include "mixer/spectrum.h"
#include "mixer/strip.h"

enum {
	MONO = 2,		/* third bus and limiter */
	BUSES,
	PEAKS_PER_S = 100,
};

struct mix_board {
	const mix_plan *plan;
	mix_desk *desk;
	mix_sink *sink;
	mix_strip *strip[2];
	mix_dial *dial[2];
	mix_limit *limit[BUSES];
	mix_peaks *peaks;
	mix_spectrum *spectrum;	/* NULL: not wanted */
	int64_t made;		/* samples made, before the strips */
	int64_t skip;		/* samples of their delay yet to drop */
	size_t quantum;		/* samples in a step */
	int buses;		/* 2 where no output wants mono */
	float *bus[BUSES], *out;
	int16_t *pcm[BUSES];
	uint8_t *heard;
	uint64_t square[2];	/* sum of squares of each side */
};

mix_board *mix_board_new(const mix_plan *plan, mix_desk *desk,
			 const mix_marks *marks, GError **err)
{
	mix_sink *sink = mix_sink_open(plan, desk->rate, err);
	uint32_t rate = desk->rate;
	mix_board *b;

	if (!sink)
		return NULL;
	b = g_new0(mix_board, 1);
	b->plan = plan;
	b->desk = desk;
	b->sink = sink;
	b->quantum = rate / (1000 / MIX_QUANTUM_MS);
	b->buses = mix_plan_wants(plan, MIX_MONO) ? BUSES : MONO;
	for (int i = 0; i < BUSES; i++) {
		b->limit[i] = mix_limit_new(rate);
		b->bus[i] = g_new(float, b->quantum);
		b->pcm[i] = g_new(int16_t, b->quantum);
	}
	for (uint8_t side = 0; side < 2; side++) {
		b->strip[side] = mix_strip_new(plan, rate, b->quantum, side,
					       mix_marks_mute(marks, side),
					       desk->timeline);
		b->dial[side] = mix_marks_dial(marks, side);
	}
	b->out = g_new(float, b->quantum);
	b->heard = g_new(uint8_t, b->quantum);
	b->peaks = mix_peaks_new(rate / PEAKS_PER_S);
	if (plan->spectrogram)
		b->spectrum = mix_spectrum_new();
	b->skip = (int64_t)(mix_limit_delay(b->limit[0]) +
			    mix_strip_delay(b->strip[0]));
	return b;
}

void mix_board_free(mix_board *b, bool keep)
{
	if (!b)
		return;
	mix_sink_free(b->sink, keep);
	for (int i = 0; i < BUSES; i++) {
		mix_limit_free(b->limit[i]);
		g_free(b->bus[i]);
		g_free(b->pcm[i]);
	}
	mix_strip_free(b->strip[0]);
	mix_strip_free(b->strip[1]);
	mix_peaks_free(b->peaks);
	mix_spectrum_free(b->spectrum);
	g_free(b->out);
	g_free(b->heard);
	g_free(b);
}

size_t mix_board_quantum(const mix_board *b)
{
	return b->quantum;
}

int64_t mix_board_made(const mix_board *b)
{
	return b->made;
}

static void make_side(mix_board *b, const GPtrArray *tracks, uint8_t side,
		      size_t n)
{
	mix_step s = {b->made, b->made + (int64_t)n, b->bus[side], b->heard};

	memset(b->bus[side], 0, n * sizeof(float));
	memset(b->heard, 0, n);
	for (guint i = 0; i < tracks->len; i++) {
		mix_track *t = g_ptr_array_index(tracks, i);

		if (mix_track_side(t) == side)
			mix_track_render(t, &s);
	}
	mix_dial_run(b->dial[side], b->desk->rate, b->made, b->bus[side], n);
	b->desk->side[side].silent += n - mix_lane_count(b->heard, n);
}

static void measure(mix_board *b, const int16_t *const lane[2], size_t n)
{
	b->square[CALL_CALLER] += mix_lane_energy(lane[CALL_CALLER], n);
	b->square[CALL_CALLEE] += mix_lane_energy(lane[CALL_CALLEE], n);
	mix_peaks_add(b->peaks, lane, n);
	if (b->spectrum)
		mix_spectrum_add(b->spectrum, lane, n);
}

static void limit_buses(mix_board *b, size_t n)
{
	if (b->buses > MONO) {
		memcpy(b->bus[MONO], b->bus[CALL_CALLER], n * sizeof(float));
		mix_lane_add(b->bus[MONO], b->bus[CALL_CALLEE], n);
	}
	for (int i = 0; i < b->buses; i++) {
		size_t over = mix_limit_run(b->limit[i], b->bus[i], b->out, n);

		if (i < MONO)
			b->desk->side[i].clipped += over;
		mix_lane_round(b->out, b->pcm[i], n);
	}
}

/* The buses through strips and limiters into the files. */
static bool put_out(mix_board *b, size_t n, GError **err)
{
	size_t skip = (size_t)MIN(b->skip, (int64_t)n);
	mix_mixed out = {
		.side = {b->pcm[CALL_CALLER] + skip,
			 b->pcm[CALL_CALLEE] + skip},
		.mono = b->buses > MONO ? b->pcm[MONO] + skip : NULL,
		.n = n - skip,
	};

	mix_strip_run(b->strip[CALL_CALLER], b->bus[CALL_CALLER], n);
	mix_strip_run(b->strip[CALL_CALLEE], b->bus[CALL_CALLEE], n);
	limit_buses(b, n);
	b->skip -= (int64_t)skip;
	measure(b, out.side, out.n);
	return mix_sink_write(b->sink, &out, err);
}

bool mix_board_step(mix_board *b, const GPtrArray *tracks, size_t n,
		    GError **err)
{
	g_assert(n <= b->quantum);
	make_side(b, tracks, CALL_CALLER, n);
	make_side(b, tracks, CALL_CALLEE, n);
	b->made += (int64_t)n;
	return put_out(b, n, err);
}

bool mix_board_rest(mix_board *b, GError **err)
{
	size_t rest = mix_limit_delay(b->limit[0]) +
		      mix_strip_delay(b->strip[0]);

	while (rest) {
		size_t n = MIN(rest, b->quantum);

		memset(b->bus[0], 0, n * sizeof(float));
		memset(b->bus[1], 0, n * sizeof(float));
		if (!put_out(b, n, err))
			return false;
		rest -= n;
	}
	return true;
}

bool mix_board_flush(mix_board *b, GError **err)
{
	return mix_sink_flush(b->sink, err);
}

static int peak_of(const mix_board *b, unsigned side)
{
	int top = 0;

	for (size_t i = 0; i < mix_peaks_count(b->peaks); i++)
		top = MAX(top, mix_peaks_at(b->peaks, side, i));
	return top;
}

static void tell_totals(mix_board *b, mix_totals *out)
{
	double frames = (double)MAX(b->made, 1);

	out->rate = b->desk->rate;
	out->frames = (uint64_t)b->made;
	out->duration = (int64_t)((__int128)b->made * CLK_NS_PER_S /
				  b->desk->rate);
	for (unsigned side = 0; side < 2; side++) {
		out->side[side] = b->desk->side[side];
		out->side[side].peak = peak_of(b, side) / 32768.0;
		out->side[side].rms =
			sqrt((double)b->square[side] / frames) / 32768;
	}
}

static bool put_pictures(mix_board *b, GError **err)
{
	g_autoptr(GByteArray) wave = NULL, spectrum = NULL;

	if (b->plan->picture) {
		wave = mix_picture(b->peaks);
		if (!mix_sink_picture(b->sink, MIX_WAVEFORM, wave, err))
			return false;
	}
	if (!b->spectrum)
		return true;
	spectrum = mix_spectrum_picture(b->spectrum);
	return mix_sink_picture(b->sink, MIX_SPECTROGRAM, spectrum, err);
}

bool mix_board_commit(mix_board *b, mix_totals *out, GError **err)
{
	tell_totals(b, out);
	return put_pictures(b, err) && mix_sink_commit(b->sink, out, err);
}
