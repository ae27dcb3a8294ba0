#include "mixer/board.h"

#include <math.h>
#include <string.h>

#include "mixer/lane.h"
#include "mixer/limit.h"
#include "mixer/party.h"
#include "mixer/peaks.h"
#include "mixer/picture.h"
#include "mixer/plan.h"
#include "mixer/spectrum.h"

enum { PEAKS_PER_S = 100 };

struct mix_board {
	const mix_plan *plan;
	mix_desk *desk;
	mix_sink *sink;
	mix_party *party[2];
	mix_limit *mono;	/* NULL: no output wants it */
	mix_peaks *peaks;
	mix_spectrum *spectrum;	/* NULL: not wanted */
	int64_t made;		/* samples made by the parties */
	int64_t skip;		/* samples of their delay yet to drop */
	size_t quantum;		/* samples in a step */
	float *sum;		/* room for a step, NULL between steps, with: */
	float *out;
	int16_t *pcm;		/* mono */
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
	if (mix_plan_wants(plan, MIX_MONO))
		b->mono = mix_limit_new(rate);
	for (uint8_t side = 0; side < 2; side++)
		b->party[side] = mix_party_new(plan, desk, marks, side,
					       b->quantum);
	b->peaks = mix_peaks_new(rate / PEAKS_PER_S);
	if (plan->spectrogram)
		b->spectrum = mix_spectrum_new();
	b->skip = (int64_t)mix_party_delay(b->party[0]);
	return b;
}

void mix_board_free(mix_board *b)
{
	if (!b)
		return;
	mix_board_sleep(b);
	mix_sink_free(b->sink);
	mix_party_free(b->party[CALL_CALLER]);
	mix_party_free(b->party[CALL_CALLEE]);
	mix_limit_free(b->mono);
	mix_peaks_free(b->peaks);
	mix_spectrum_free(b->spectrum);
	g_free(b);
}

void mix_board_wake(mix_board *b)
{
	b->sum = g_malloc(b->quantum * (2 * sizeof(float) + sizeof(int16_t)));
	b->out = b->sum + b->quantum;
	b->pcm = (int16_t *)(void *)(b->out + b->quantum);
	mix_party_wake(b->party[CALL_CALLER]);
	mix_party_wake(b->party[CALL_CALLEE]);
}

void mix_board_sleep(mix_board *b)
{
	g_clear_pointer(&b->sum, g_free);
	mix_party_sleep(b->party[CALL_CALLER]);
	mix_party_sleep(b->party[CALL_CALLEE]);
}

size_t mix_board_quantum(const mix_board *b)
{
	return b->quantum;
}

int64_t mix_board_made(const mix_board *b)
{
	return b->made;
}

static void measure(mix_board *b, const int16_t *const lane[2], size_t n)
{
	b->square[CALL_CALLER] += mix_lane_energy(lane[CALL_CALLER], n);
	b->square[CALL_CALLEE] += mix_lane_energy(lane[CALL_CALLEE], n);
	mix_peaks_add(b->peaks, lane, n);
	if (b->spectrum)
		mix_spectrum_add(b->spectrum, lane, n);
}

static void make_mono(mix_board *b, size_t n)
{
	memcpy(b->sum, mix_party_bus(b->party[CALL_CALLER]),
	       n * sizeof(float));
	mix_lane_add(b->sum, mix_party_bus(b->party[CALL_CALLEE]), n);
	mix_limit_run(b->mono, b->sum, b->out, n);
	mix_lane_round(b->out, b->pcm, n);
}

/* What the parties have said, through limiters into the files. */
static bool put_out(mix_board *b, size_t n, GError **err)
{
	size_t skip = (size_t)MIN(b->skip, (int64_t)n);
	mix_mixed out = {.mono = b->pcm + skip, .n = n - skip};

	if (b->mono)
		make_mono(b, n);
	for (int side = 0; side < 2; side++) {
		const mix_party *p = b->party[side];

		mix_party_limit(b->party[side], b->out, n);
		out.side[side] = mix_party_pcm(p) + skip;
		out.speakers[side] = mix_party_speakers(p);
		for (unsigned i = 0; i < out.speakers[side]; i++)
			out.speaker[side][i] = mix_party_speaker(p, i) + skip;
	}
	b->skip -= (int64_t)skip;
	measure(b, out.side, out.n);
	return mix_sink_write(b->sink, &out, err);
}

bool mix_board_step(mix_board *b, const GPtrArray *tracks, size_t n,
		    GError **err)
{
	g_assert(n <= b->quantum);
	mix_party_step(b->party[CALL_CALLER], tracks, b->made, n);
	mix_party_step(b->party[CALL_CALLEE], tracks, b->made, n);
	b->made += (int64_t)n;
	return put_out(b, n, err);
}

bool mix_board_rest(mix_board *b, GError **err)
{
	size_t rest = mix_party_delay(b->party[0]);

	while (rest) {
		size_t n = MIN(rest, b->quantum);

		mix_party_rest(b->party[CALL_CALLER], n);
		mix_party_rest(b->party[CALL_CALLEE], n);
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

/* So many of the buckets in one that there are not too many. */
static GArray *peaks_of(const mix_board *b, unsigned side, size_t each)
{
	const size_t n = mix_peaks_count(b->peaks);
	GArray *all = g_array_new(FALSE, FALSE, sizeof(uint16_t));

	for (size_t i = 0; i < n; i += each) {
		int top = 0;
		uint16_t v;

		for (size_t k = i; k < MIN(n, i + each); k++)
			top = MAX(top, mix_peaks_at(b->peaks, side, k));
		v = (uint16_t)top;
		g_array_append_val(all, v);
	}
	return all;
}

static void tell_peaks(const mix_board *b, mix_totals *out)
{
	const size_t each = mix_peaks_count(b->peaks) / MIX_PEAKS_MAX + 1;

	out->stretch = mix_peaks_bucket(b->peaks) * each;
	for (unsigned side = 0; side < 2; side++)
		out->peaks[side] = peaks_of(b, side, each);
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
		mix_party_tell(b->party[side], out->speakers);
	}
	if (b->plan->picture)
		tell_peaks(b, out);
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

bool mix_board_seal(mix_board *b, mix_totals *out, GError **err)
{
	tell_totals(b, out);
	return put_pictures(b, err) && mix_sink_seal(b->sink, out, err);
}

char *mix_board_drop(mix_board *b)
{
	return mix_sink_drop(b->sink);
}

bool mix_board_publish(mix_board *b, GError **err)
{
	return mix_sink_publish(b->sink, err);
}
