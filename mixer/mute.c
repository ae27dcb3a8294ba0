#include "mixer/mute.h"

#include <string.h>

/* Without an end yet. */
#define FOREVER INT64_MAX

typedef struct stretch {
	int64_t from, to;	/* ns */
	unsigned why;
} stretch;

struct mix_mute {
	GArray *list;		/* of stretch */
};

mix_mute *mix_mute_new(void)
{
	mix_mute *m = g_new0(mix_mute, 1);

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

void mix_mute_apply(const mix_mute *m, uint32_t rate, int64_t from, float *bus,
		    size_t n)
{
	int64_t to = from + (int64_t)n;

	for (guint i = 0; i < m->list->len; i++) {
		const stretch *s = &g_array_index(m->list, stretch, i);
		int64_t a = MAX(to_samples(s->from, rate), from);
		int64_t b = MIN(to_samples(s->to, rate), to);

		if (a < b)
			memset(bus + (a - from), 0,
			       (size_t)(b - a) * sizeof(*bus));
	}
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

		if (to_samples(s->to, rate) <= to)
			g_array_remove_index_fast(m->list, i);
	}
}
