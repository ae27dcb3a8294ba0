#include "decoder/plc.h"

#include <glib.h>
#include <math.h>
#include <string.h>

void dec_plc_init(dec_plc *p, uint32_t rate, unsigned fade_ms)
{
	g_assert(rate >= 8000 && rate <= DEC_PLC_RATE_MAX);
	memset(p, 0, sizeof *p);
	p->least = rate / 400;
	p->most = rate / 60;
	p->window = rate / 50;
	p->fade = (size_t)rate * fade_ms / 1000;
}

static size_t past_len(const dec_plc *p)
{
	return p->window + p->most;
}

static void remember(dec_plc *p, const int16_t *s, size_t n, size_t step)
{
	size_t len = past_len(p), keep;

	if (n > len) {
		s += (n - len) * step;
		n = len;
	}
	keep = len - n;
	memmove(p->past, p->past + n, keep * sizeof *p->past);
	if (step == 1) {
		memcpy(p->past + keep, s, n * sizeof *s);
		return;
	}
	for (size_t i = 0; i < n; i++)
		p->past[keep + i] = s[i * step];
}

/* How alike the newest window is to the one `lag` samples before it: the
 * correlation over the energy there, with its sign. Every `stride`-th sample
 * is looked at. */
static float likeness(const dec_plc *p, size_t lag, size_t stride)
{
	const int16_t *now = p->past + p->most, *then = now - lag;
	float cross = 0, energy = 1;

	for (size_t i = 0; i < p->window; i += stride) {
		cross += (float)now[i] * (float)then[i];
		energy += (float)then[i] * (float)then[i];
	}
	return cross * fabsf(cross) / energy;
}

static size_t best_lag(const dec_plc *p, size_t from, size_t to, size_t stride)
{
	float best = -INFINITY;
	size_t lag = from;

	for (size_t i = from; i <= to; i += stride) {
		float v = likeness(p, i, stride);

		if (v > best) {
			best = v;
			lag = i;
		}
	}
	return lag;
}

/* Coarsely at about 8 kHz, then to the sample. */
static size_t find_period(const dec_plc *p)
{
	size_t stride = p->least / 20;
	size_t near = best_lag(p, p->least, p->most, stride);

	return best_lag(p, MAX(p->least, near - stride),
			MIN(p->most, near + stride), 1);
}

static int16_t blend(int16_t a, int16_t b, size_t i, size_t n)
{
	float w = ((float)i + 0.5f) / (float)n;

	return (int16_t)lrintf((float)a + w * (float)(b - a));
}

/* The last period, its end bent so that it runs into its own beginning. */
static void take_cycle(dec_plc *p)
{
	const int16_t *end = p->past + past_len(p);
	size_t n = p->period = find_period(p), bend = n / 4;

	memcpy(p->cycle, end - n, n * sizeof *p->cycle);
	for (size_t i = 0; i < bend; i++)
		p->cycle[n - bend + i] = blend(end[(ptrdiff_t)(i - bend)],
					       end[(ptrdiff_t)(i - bend - n)],
					       i, bend);
}

static int16_t next_made(dec_plc *p)
{
	float gain = p->made >= p->fade ? 0 :
		     1 - (float)p->made / (float)p->fade;
	int16_t v = p->cycle[p->made % p->period];

	p->made++;
	return (int16_t)lrintf(gain * (float)v);
}

void dec_plc_fill(dec_plc *p, int16_t *s, size_t n, size_t step)
{
	if (!p->made)
		take_cycle(p);
	for (size_t i = 0; i < n; i++)
		s[i * step] = next_made(p);
	remember(p, s, n, step);
}

void dec_plc_heard(dec_plc *p, int16_t *s, size_t n, size_t step)
{
	size_t join = p->made ? MIN(n, p->period / 4) : 0;

	for (size_t i = 0; i < join; i++)
		s[i * step] = blend(next_made(p), s[i * step], i, join);
	p->made = 0;
	remember(p, s, n, step);
}
