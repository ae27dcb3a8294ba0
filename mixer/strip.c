#include "mixer/strip.h"

#include <string.h>

#include "mixer/level.h"
#include "mixer/tones.h"

/* Of silence around a tone, for what its edges leave, behind a ramp. */
#define MARGIN_NS (20 * CLK_NS_PER_MS)
#define LEAD_NS (MARGIN_NS + MIX_MUTE_RAMP_MS * CLK_NS_PER_MS)

struct mix_strip {
	uint32_t rate;
	uint8_t side;
	const mix_mute *mute;	/* of the side */
	mix_mute *toned;	/* where its keys sound */
	mix_timeline *timeline;
	mix_tones *tones;	/* NULL: they stay */
	mix_level *level;	/* NULL: it stays */
	int64_t begin;		/* number of its first sample */
	int64_t out;		/* samples given, since the begin */
	size_t delay;
	float *past;		/* `delay` samples not yet given */
	float *room;
	int64_t tone_from;	/* of the one that sounds, ns */
};

mix_strip *mix_strip_new(const mix_plan *plan, uint32_t rate, size_t quantum,
			 uint8_t side, const mix_mute *mute, mix_timeline *t,
			 int64_t at)
{
	mix_strip *s = g_new0(mix_strip, 1);

	s->rate = rate;
	s->side = side;
	s->mute = mute;
	s->timeline = t;
	if (plan->mute_dtmf) {
		s->tones = mix_tones_new(rate);
		s->delay = rate * MIX_TONES_WITHIN_MS / 1000;
	}
	if (plan->level)
		s->level = mix_level_new(rate);
	s->begin = at;
	s->out = at - (int64_t)s->delay;
	s->toned = mix_mute_new(true);
	s->past = g_new0(float, s->delay + 1);
	s->room = g_new(float, s->delay + quantum);
	return s;
}

void mix_strip_free(mix_strip *s)
{
	if (!s)
		return;
	mix_mute_free(s->toned);
	mix_tones_free(s->tones);
	mix_level_free(s->level);
	g_free(s->past);
	g_free(s->room);
	g_free(s);
}

size_t mix_strip_delay(const mix_strip *s)
{
	return s->delay;
}

int64_t mix_strip_out(const mix_strip *s)
{
	return s->out;
}

static int64_t to_ns(const mix_strip *s, int64_t samples)
{
	return (int64_t)((__int128)samples * CLK_NS_PER_S / s->rate);
}

static void on_tone(void *user, bool on, int64_t at)
{
	mix_strip *s = user;
	int64_t ns = to_ns(s, s->begin + at);

	if (on) {
		s->tone_from = ns;
		mix_mute_start(s->toned, MIX_TONE, ns - LEAD_NS);
		return;
	}
	mix_mute_stop(s->toned, MIX_TONE, ns + MARGIN_NS);
	mix_timeline_add(s->timeline, MIX_TONE, s->side, s->tone_from,
			 ns - s->tone_from, NULL);
}

static void delay(mix_strip *s, float *bus, size_t n)
{
	if (!s->delay)
		return;
	memcpy(s->room, s->past, s->delay * sizeof(*bus));
	memcpy(s->room + s->delay, bus, n * sizeof(*bus));
	memcpy(bus, s->room, n * sizeof(*bus));
	memcpy(s->past, s->room + n, s->delay * sizeof(*bus));
}

void mix_strip_run(mix_strip *s, float *bus, size_t n)
{
	if (s->tones)
		mix_tones_hear(s->tones, bus, n, on_tone, s);
	delay(s, bus, n);
	mix_mute_apply(s->mute, s->rate, s->out, bus, n);
	mix_mute_apply(s->toned, s->rate, s->out, bus, n);
	s->out += (int64_t)n;
	mix_mute_forget(s->toned, s->rate, s->out);
	if (s->level)
		mix_level_run(s->level, bus, n);
}
