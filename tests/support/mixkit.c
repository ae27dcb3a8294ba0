#include "tests/support/mixkit.h"

#include <glib/gstdio.h>
#include <math.h>
#include <sndfile.h>
#include <string.h>

void mixkit_open(mixkit *k, gconstpointer data)
{
	(void)data;
	k->dir = g_dir_make_tmp("mixkit_XXXXXX", NULL);
	g_assert_nonnull(k->dir);
}

void mixkit_close(mixkit *k, gconstpointer data)
{
	GDir *d = g_dir_open(k->dir, 0, NULL);
	const char *name;

	(void)data;
	g_assert_nonnull(d);
	while ((name = g_dir_read_name(d))) {
		g_autofree char *path = g_build_filename(k->dir, name, NULL);

		g_remove(path);
	}
	g_dir_close(d);
	g_rmdir(k->dir);
	g_free(k->dir);
}

void mixkit_finish(mix_call *m, double ms, mix_totals *totals)
{
	g_autoptr(GError) err = NULL;
	bool ok = mix_call_finish(m, mixkit_ms(ms), totals, &err);

	g_assert_no_error(err);
	g_assert_true(ok);
}

void mixkit_close_call(mix_call *m, mix_totals *totals)
{
	mix_totals_clear(totals);
	mix_call_free(m);
}

double mixkit_roll(mixkit_dice *d)
{
	d->state = d->state * 6364136223846793005u + 1442695040888963407u;
	return (double)(d->state >> 11) / 9007199254740992.0;
}

clk_mono mixkit_ms(double ms)
{
	return (clk_mono){llrint(ms * CLK_NS_PER_MS)};
}

static double noise(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (double)(int32_t)*seed / 2147483648.0;
}

void mixkit_speak(mixkit_party *p, int16_t *pcm, size_t frames)
{
	for (size_t i = 0; i < frames; i++, p->sample++) {
		double x = p->hz > 0 ? sin(2 * G_PI * p->hz *
					   (double)p->sample / p->rate)
				     : noise(&p->seed);

		pcm[i] = (int16_t)lrint(p->level * x);
	}
}

void mixkit_say(mix_call *m, mixkit_party *p, clk_mono arrival)
{
	int16_t pcm[960];
	pcm_block b = {
		.stream = p->stream,
		.ssrc = p->ssrc,
		.talker = p->talker,
		.side = p->side,
		.kind = PCM_DECODED,
		.channels = 1,
		.rate = p->rate,
		.clock = p->rate,
		.ts = p->ts,
		.arrival = arrival,
		.pcm = pcm,
		.frames = p->rate / 50,
	};

	mixkit_speak(p, pcm, b.frames);
	mix_call_block(m, &b);
	p->ts += (int64_t)b.frames;
}

mixkit_sound mixkit_try(const char *path)
{
	SF_INFO info = {0};
	SNDFILE *f = sf_open(path, SFM_READ, &info);
	mixkit_sound s = {0};

	if (!f)
		return s;
	s.channels = (unsigned)info.channels;
	s.rate = (uint32_t)info.samplerate;
	s.pcm = g_new(float, (gsize)(info.frames * info.channels) + 1);
	s.frames = (size_t)sf_readf_float(f, s.pcm, info.frames);
	sf_close(f);
	return s;
}

mixkit_sound mixkit_load(const char *path)
{
	mixkit_sound s = mixkit_try(path);

	if (!s.pcm)
		g_error("%s: %s", path, sf_strerror(NULL));
	return s;
}

mixkit_sound mixkit_ffmpeg(const char *path, unsigned channels, uint32_t rate)
{
	const char *argv[] = {"ffmpeg", "-v", "error", "-i", path, "-f", "wav",
			      "-acodec", "pcm_s16le", "-y", NULL, NULL};
	g_autofree char *wav = g_strconcat(path, ".decoded", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) err = NULL;
	mixkit_sound s;
	int status;

	argv[10] = wav;
	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL,
				   G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
				   &text, &status, &err));
	g_assert_cmpstr(text, ==, "");
	g_assert_true(g_spawn_check_wait_status(status, &err));
	s = mixkit_load(wav);
	g_assert_cmpuint(s.channels, ==, channels);
	g_assert_cmpuint(s.rate, ==, rate);
	g_remove(wav);
	return s;
}

mixkit_sound mixkit_play(const char *path)
{
	g_autofree char *wav = g_strconcat(path, ".played.wav", NULL);
	/* Several threads lose what was good before something torn. */
	const char *argv[] = {"ffmpeg", "-v", "quiet", "-threads", "1", "-i",
			      path, "-acodec", "pcm_s16le", "-y", wav, NULL};
	mixkit_sound s;

	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL,
				   G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
				   NULL, NULL));
	s = mixkit_try(wav);
	g_remove(wav);
	return s;
}

void mixkit_sound_clear(mixkit_sound *s)
{
	g_free(s->pcm);
	*s = (mixkit_sound){0};
}

double mixkit_tone(const mixkit_sound *s, unsigned channel, double hz,
		   size_t from, size_t to)
{
	double re = 0, im = 0;

	for (size_t i = from; i < to; i++) {
		double a = 2 * G_PI * hz * (double)i / s->rate;

		re += s->pcm[i * s->channels + channel] * cos(a);
		im += s->pcm[i * s->channels + channel] * sin(a);
	}
	return 20 * log10(2 * hypot(re, im) / (double)(to - from) + 1e-9);
}

ptrdiff_t mixkit_find(const mixkit_sound *s, unsigned channel, ptrdiff_t from,
		      ptrdiff_t to, const int16_t *needle, size_t n,
		      double *r)
{
	ptrdiff_t best = from;

	*r = -2;
	from = MAX(from, 0);
	to = MIN(to, (ptrdiff_t)s->frames - (ptrdiff_t)n);
	for (ptrdiff_t at = from; at <= to; at++) {
		double xy = 0, xx = 1e-9, yy = 1e-9;

		for (size_t i = 0; i < n; i++) {
			double x = s->pcm[((size_t)at + i) * s->channels +
					  channel];
			double y = needle[i] / 32768.0;

			xy += x * y;
			xx += x * x;
			yy += y * y;
		}
		if (xy / sqrt(xx * yy) > *r) {
			*r = xy / sqrt(xx * yy);
			best = at;
		}
	}
	return best;
}
