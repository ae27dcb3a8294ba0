#include "mixer/mute.h"

#include <string.h>

/* Without an end yet. */
#define FOREVER INT64_MAX

typedef struct stretch {
	int64_t from, to;	/* ns */
	unsigned why;
} stretch;

struct mix_mute {
	bool soft;
	GArray *list;		/* of stretch */
};

mix_mute *mix_mute_new(bool soft)
{
	mix_mute *m = g_new0(mix_mute, 1);

	m->soft = soft;
	m->list = g_array_new(FALSE, FALSE, sizeof(stretch));
	return m;
}

void mix_mute_free(mix_mute *m)
{
	if (!m)
		return;
	g_array_unref(m->list);
	g_free(m);
}

static stretch *open_stretch(mix_mute *m, unsigned why)
{
	for (guint i = 0; i < m->list->len; i++) {
		stretch *s = &g_array_index(m->list, stretch, i);

		if (s->why == why && s->to == FOREVER)
			return s;
	}
	return NULL;
}

void mix_mute_start(mix_mute *m, unsigned why, int64_t from)
{
	stretch s = {from, FOREVER, why};

	/* A second hold changes nothing: the first one counts. */
	if (!open_stretch(m, why))
		g_array_append_val(m->list, s);
}

void mix_mute_stop(mix_mute *m, unsigned why, int64_t to)
{
	stretch *s = open_stretch(m, why);

	if (s)
		s->to = to;
}

void mix_mute_add(mix_mute *m, int64_t from, int64_t to)
{
	stretch s = {from, to, 0};

	if (from < to && to < FOREVER)
		g_array_append_val(m->list, s);
}

static int64_t to_samples(int64_t ns, uint32_t rate)
{
	if (ns == FOREVER)
		return FOREVER;
	return (int64_t)((__int128)ns * rate / 1000000000);
}

static int64_t ramp_of(const mix_mute *m, uint32_t rate)
{
	return m->soft ? (int64_t)rate * MIX_MUTE_RAMP_MS / 1000 : 0;
}

/* Others that began before it, or with it, are silent up to its beginning or
 * longer; its own silence begins behind them. */
static bool continues(const mix_mute *m, guint of, int64_t *own)
{
	const int64_t from = g_array_index(m->list, stretch, of).from;
	bool any = false;

	*own = from;
	for (guint i = 0; i < m->list->len; i++) {
		const stretch *s = &g_array_index(m->list, stretch, i);

		if (i == of || s->to < from || s->from > from ||
		    (s->from == from && i > of))
			continue;
		*own = MAX(*own, s->to);
		any = true;
	}
	return any;
}

/* Another one goes on where it ends. */
static bool is_continued(const mix_mute *m, int64_t to)
{
	for (guint i = 0; i < m->list->len; i++) {
		const stretch *s = &g_array_index(m->list, stretch, i);

		if (s->from <= to && s->to > to)
			return true;
	}
	return false;
}

/* Samples of a bus that begins with number `from`. */
typedef struct window {
	float *bus;
	int64_t from, to;
} window;

static void silence(const window *w, int64_t a, int64_t b)
{
	a = MAX(a, w->from);
	b = MIN(b, w->to);
	if (a < b)
		memset(w->bus + (a - w->from), 0,
		       (size_t)(b - a) * sizeof(*w->bus));
}

/* From `at` on the gain goes to 0 in `ramp` samples, or from there to 1. */
static void fade(const window *w, int64_t at, int64_t ramp, bool in)
{
	for (int64_t i = MAX(at, w->from); i < MIN(at + ramp, w->to); i++) {
		const float gain = ((float)(i - at) + 0.5f) / (float)ramp;

		w->bus[i - w->from] *= in ? gain : 1 - gain;
	}
}

static void apply_one(const mix_mute *m, guint which, uint32_t rate,
		      const window *w)
{
	const stretch *s = &g_array_index(m->list, stretch, which);
	const int64_t b = to_samples(s->to, rate);
	int64_t ramp = ramp_of(m, rate), own, a;

	if (b < FOREVER && b + ramp <= w->from)
		return;
	if (ramp && b < FOREVER && !is_continued(m, s->to))
		fade(w, b, ramp, true);
	if (continues(m, which, &own))
		ramp = 0;
	a = to_samples(own, rate);
	if (a >= w->to)
		return;
	if (b - a < ramp)
		ramp = 0;
	fade(w, a, ramp, false);
	silence(w, a + ramp, b);
}

void mix_mute_apply(const mix_mute *m, uint32_t rate, int64_t from, float *bus,
		    size_t n)
{
	const window w = {bus, from, from + (int64_t)n};

	for (guint i = 0; i < m->list->len; i++)
		apply_one(m, i, rate, &w);
}

bool mix_mute_covers(const mix_mute *m, uint32_t rate, int64_t from, size_t n)
{
	for (guint i = 0; i < m->list->len; i++) {
		const stretch *s = &g_array_index(m->list, stretch, i);

		if (to_samples(s->from, rate) <= from &&
		    to_samples(s->to, rate) >= from + (int64_t)n)
			return true;
	}
	return false;
}

void mix_mute_forget(mix_mute *m, uint32_t rate, int64_t to)
{
	for (guint i = m->list->len; i-- > 0;) {
		const stretch *s = &g_array_index(m->list, stretch, i);

		if (s->to < FOREVER &&
		    to_samples(s->to, rate) + ramp_of(m, rate) <= to)
			g_array_remove_index_fast(m->list, i);
	}
}
