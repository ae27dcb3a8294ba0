#include "mixer/resample.h"

#include <glib.h>
#include <soxr.h>

#include "mixer/lane.h"

static void open_soxr(mix_resample *r)
{
	soxr_io_spec_t io = soxr_io_spec(SOXR_INT16_I, SOXR_FLOAT32_I);
	soxr_quality_spec_t q = soxr_quality_spec(SOXR_HQ, 0);
	soxr_error_t bad;

	io.scale = 32768;
	r->soxr = soxr_create(r->from, r->to, 1, &bad, &io, &q, NULL);
	/* Fails only for a ratio that the callers rule out, or memory. */
	g_assert(r->soxr && !bad);
}

void mix_resample_begin(mix_resample *r, uint32_t from, uint32_t to)
{
	/* soxr_clear() forgets the ratio as well. */
	mix_resample_clear(r);
	r->from = from;
	r->to = to;
	if (from != to)
		open_soxr(r);
}

/* in NULL: the end of the run. */
static void run_soxr(mix_resample *r, const int16_t *in, size_t n,
		     mix_wave *out)
{
	size_t room = (size_t)((uint64_t)n * r->to / r->from) + 1024;
	size_t used = 0, got;

	do {
		size_t took = 0;
		float *to = mix_wave_room(out, room);

		g_assert(!soxr_process(r->soxr, in ? in + used : NULL,
				       n - used, &took, to, room, &got));
		out->to += got;
		used += took;
	} while (used < n || got == room);
}

void mix_resample_push(mix_resample *r, const int16_t *in, size_t n,
		       mix_wave *out)
{
	float *to;

	if (r->soxr) {
		run_soxr(r, in, n, out);
		return;
	}
	to = mix_wave_room(out, n);
	mix_lane_read(in, to, n);
	out->to += n;
}

void mix_resample_flush(mix_resample *r, mix_wave *out)
{
	if (r->soxr)
		run_soxr(r, NULL, 0, out);
}

void mix_resample_clear(mix_resample *r)
{
	soxr_delete(r->soxr);
	r->soxr = NULL;
}
