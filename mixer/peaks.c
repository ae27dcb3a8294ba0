#include "mixer/peaks.h"

#include <glib.h>
#include <string.h>

#include "mixer/lane.h"

struct mix_peaks {
	uint64_t size;		/* samples in a bucket */
	uint64_t filled;	/* of the last one */
	size_t n;		/* buckets, the last one open */
	int top[MIX_PEAKS_LANES][MIX_PEAKS_BUCKETS];
};

mix_peaks *mix_peaks_new(uint32_t first)
{
	mix_peaks *p = g_new0(mix_peaks, 1);

	p->size = MAX(first, 1);
	return p;
}

void mix_peaks_free(mix_peaks *p)
{
	g_free(p);
}

static void halve(mix_peaks *p)
{
	for (unsigned l = 0; l < MIX_PEAKS_LANES; l++) {
		for (size_t i = 0; i < MIX_PEAKS_BUCKETS / 2; i++)
			p->top[l][i] = MAX(p->top[l][2 * i],
					   p->top[l][2 * i + 1]);
		memset(p->top[l] + MIX_PEAKS_BUCKETS / 2, 0,
		       sizeof(p->top[l]) / 2);
	}
	p->n = MIX_PEAKS_BUCKETS / 2;
	p->size *= 2;
	p->filled = p->size;
}

static void open_bucket(mix_peaks *p)
{
	if (p->n && p->filled < p->size)
		return;
	if (p->n == MIX_PEAKS_BUCKETS)
		halve(p);
	p->n++;
	p->filled = 0;
}

void mix_peaks_add(mix_peaks *p, const int16_t *const lane[MIX_PEAKS_LANES],
		   size_t n)
{
	size_t at = 0;

	while (at < n) {
		size_t take;

		open_bucket(p);
		take = (size_t)MIN(n - at, p->size - p->filled);
		for (unsigned l = 0; l < MIX_PEAKS_LANES; l++) {
			int top = mix_lane_peak(lane[l] + at, take);

			p->top[l][p->n - 1] = MAX(p->top[l][p->n - 1], top);
		}
		p->filled += take;
		at += take;
	}
}

size_t mix_peaks_count(const mix_peaks *p)
{
	return p->n;
}

uint64_t mix_peaks_bucket(const mix_peaks *p)
{
	return p->size;
}

int mix_peaks_at(const mix_peaks *p, unsigned lane, size_t i)
{
	g_assert(lane < MIX_PEAKS_LANES && i < p->n);
	return p->top[lane][i];
}
