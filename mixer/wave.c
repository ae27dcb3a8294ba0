#include "mixer/wave.h"

#include <glib.h>
#include <string.h>

void mix_wave_clear(mix_wave *w)
{
	g_free(w->v);
	*w = (mix_wave){0};
}

float *mix_wave_room(mix_wave *w, size_t n)
{
	size_t len = mix_wave_len(w);

	if (w->to + n <= w->size)
		return w->v + w->to;
	if (len + n > w->size / 2) {
		w->size = 2 * (len + n) + 1024;
		w->v = g_renew(float, w->v, w->size);
	}
	memmove(w->v, w->v + w->from, len * sizeof(*w->v));
	w->from = 0;
	w->to = len;
	return w->v + w->to;
}

void mix_wave_sleep(mix_wave *w)
{
	const size_t len = mix_wave_len(w);
	float *v = NULL;

	if (len)
		v = g_memdup2(w->v + w->from, len * sizeof(*v));
	g_free(w->v);
	*w = (mix_wave){.v = v, .to = len, .size = len};
}

void mix_wave_zeros(mix_wave *w, size_t n)
{
	memset(mix_wave_room(w, n), 0, n * sizeof(*w->v));
	w->to += n;
}
