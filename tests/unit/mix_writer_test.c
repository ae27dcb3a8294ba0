/* Every format: read back by others, the same bytes twice, playable while it
 * grows and wherever it is cut off. */
#include "mixer/writer.h"

#include <math.h>
#include <string.h>

#include "tests/support/mixkit.h"

enum { SECONDS = 5, CHUNK = 800 };

typedef struct kind {
	const char *name;
	mix_output out;
	uint8_t channels;
	uint32_t rate;
	double level_db;	/* the tone may be off by this */
} kind;

static const kind kinds[] = {
	{"wav", {.format = MIX_WAV}, 2, 8000, 0.01},
	{"wav16k", {.format = MIX_WAV}, 1, 16000, 0.01},
	{"ulaw", {.format = MIX_WAV_ULAW}, 2, 8000, 0.2},
	{"rf64", {.format = MIX_RF64}, 2, 16000, 0.01},
	{"rf64_ulaw", {.format = MIX_RF64_ULAW}, 1, 8000, 0.2},
	{"ulaw_mono", {.format = MIX_WAV_ULAW}, 1, 8000, 0.2},
	{"flac", {.format = MIX_FLAC, .quality = -1}, 2, 8000, 0.01},
	{"flac48", {.format = MIX_FLAC, .quality = 8}, 1, 48000, 0.01},
	{"opus", {.format = MIX_OPUS, .quality = -1}, 2, 8000, 1.5},
	{"opus48", {.format = MIX_OPUS, .quality = -1, .kbps = 64}, 1, 48000,
	 1.5},
	{"celt", {.format = MIX_OPUS, .quality = -1, .celt = true}, 2, 16000,
	 1.5},
	{"vorbis", {.format = MIX_VORBIS, .quality = -1}, 2, 8000, 1.5},
	{"mp3", {.format = MIX_MP3, .quality = -1}, 2, 8000, 0.1},
	{"mp3_mono", {.format = MIX_MP3, .quality = -1, .kbps = 32}, 1, 16000,
	 0.1},
	{"mp3_vbr", {.format = MIX_MP3, .quality = -1, .vbr = true}, 2, 16000,
	 0.4},
	{"mp3_joint", {.format = MIX_MP3, .quality = 2, .joint = true}, 2,
	 48000, 0.1},
	{"mp3_192k", {.format = MIX_MP3, .quality = -1, .kbps = 192}, 2,
	 48000, 0.1},
	{"mp3_320k", {.format = MIX_MP3, .quality = -1, .kbps = 320}, 2,
	 48000, 0.1},
};

static double tone_of(unsigned channel)
{
	return channel ? 1000 : 500;
}

static void make_sound(const kind *k, uint64_t at, int16_t *pcm, size_t n)
{
	for (size_t i = 0; i < n * k->channels; i++) {
		double t = (double)(at + i / k->channels) / k->rate;

		pcm[i] = (int16_t)lrint(8192 * sin(2 * G_PI *
				tone_of((unsigned)i % k->channels) * t));
	}
}

static mix_writer *start(const kind *k, const char *dir, const char *name,
			 mix_outfile **f)
{
	mix_spec spec = {
		.out = k->out,
		.channels = k->channels,
		.rate = k->rate,
		.title = "Call of \xc3\x84nne",
		.artist = "alice, bob",
		.date = "2026-11-21",
		.comment = "id 4711",
	};
	GError *err = NULL;
	mix_writer *w;

	g_assert_true(mix_outfile_claim(dir, name, false, f, &err));
	g_assert_nonnull(*f);
	w = mix_writer_ops_of(k->out.format)->open(&spec, *f, &err);
	g_assert_no_error(err);
	g_assert_nonnull(w);
	return w;
}

/* `chunk` samples at a time, flushed after each `flush`th. */
static char *make_file(const kind *k, const char *dir, const char *name,
		       size_t chunk, int flush, char sha256[65])
{
	g_autofree int16_t *pcm = g_new(int16_t, chunk * k->channels);
	uint64_t frames = SECONDS * k->rate, at = 0;
	GError *err = NULL;
	mix_outfile *f;
	mix_writer *w = start(k, dir, name, &f);
	char *path;

	for (int i = 0; at < frames; i++) {
		size_t n = (size_t)MIN(chunk, frames - at);

		make_sound(k, at, pcm, n);
		g_assert_true(w->ops->write(w, pcm, n, &err));
		if (flush && i % flush == 0)
			g_assert_true(w->ops->flush(w, &err));
		at += n;
	}
	g_assert_true(w->ops->finish(w, &err));
	g_assert_true(mix_outfile_seal(f, sha256, &err));
	g_assert_true(mix_outfile_publish(f, &err));
	g_assert_no_error(err);
	w->ops->free(w);
	path = g_strdup(mix_outfile_path(f));
	mix_outfile_free(f, false);
	return path;
}

static void check_sound(const kind *k, const mixkit_sound *s, const char *by)
{
	size_t frames = SECONDS * k->rate;

	g_test_message("%s by %s: %zu frames", k->name, by, s->frames);
	g_assert_cmpuint(s->channels, ==, k->channels);
	g_assert_cmpuint(s->frames, ==, frames);
	for (unsigned c = 0; c < k->channels; c++) {
		double own = mixkit_tone(s, c, tone_of(c), frames / 4,
					 frames * 3 / 4);
		double leak = mixkit_tone(s, c, tone_of(!c), frames / 4,
					  frames * 3 / 4);

		g_test_message("  channel %u: %.2f dB, other %.1f dB", c, own,
			       leak);
		g_assert_cmpfloat(fabs(own + 12.04), <, k->level_db);
		g_assert_cmpfloat(leak, <, own - 40);
	}
}

static void readback(mixkit *t, gconstpointer data)
{
	const kind *k = data;
	char sha256[65];
	g_autofree char *path = make_file(k, t->dir, k->name, CHUNK, 0,
					  sha256);
	uint32_t rate = k->out.format == MIX_OPUS ? 48000 : k->rate;
	mixkit_sound s;

	/* libsndfile gives Opus at the rate of the input. */
	s = mixkit_load(path);
	check_sound(k, &s, "libsndfile");
	mixkit_sound_clear(&s);
	s = mixkit_ffmpeg(path, k->channels, rate);
	if (rate == k->rate)
		check_sound(k, &s, "ffmpeg");
	else
		g_assert_cmpuint(s.frames, ==, SECONDS * rate);
	mixkit_sound_clear(&s);
}

static void same_bytes(mixkit *t, gconstpointer data)
{
	const kind *k = data;
	char a[65], b[65], c[65];

	g_free(make_file(k, t->dir, "a", CHUNK, 0, a));
	g_free(make_file(k, t->dir, "b", CHUNK, 1, b));
	g_free(make_file(k, t->dir, "c", 331, 7, c));
	g_assert_cmpstr(a, ==, b);
	/* libvorbis looks at how much it gets at once; a call always gives it
	 * the same steps. */
	if (k->out.format != MIX_VORBIS)
		g_assert_cmpstr(a, ==, c);
}

/* A player opens NAME.part while it is being written. */
static void growing(mixkit *t, gconstpointer data)
{
	const kind *k = data;
	int16_t pcm[2 * CHUNK];
	GError *err = NULL;
	mix_outfile *f;
	mix_writer *w = start(k, t->dir, "growing", &f);
	g_autofree char *part =
		g_build_filename(t->dir, "growing.part", NULL);
	uint64_t at = 0;
	mixkit_sound s;

	for (; at < SECONDS * k->rate; at += CHUNK) {
		make_sound(k, at, pcm, CHUNK);
		g_assert_true(w->ops->write(w, pcm, CHUNK, &err));
		g_assert_true(w->ops->flush(w, &err));
	}
	s = mixkit_ffmpeg(part, k->channels,
			  k->out.format == MIX_OPUS ? 48000 : k->rate);
	g_test_message("%s: %zu of %" G_GUINT64_FORMAT " frames", k->name,
		       s.frames, at);
	/* At most 0.7 s behind what the encoder got, but Vorbis, of which
	 * libsndfile makes pages of 4 KiB. */
	g_assert_cmpfloat((double)s.frames / s.rate, >,
			  (double)at / k->rate -
			  (k->out.format == MIX_VORBIS ? 2.5 : 0.7));
	mixkit_sound_clear(&s);
	w->ops->free(w);
	mix_outfile_free(f, false);
}

/* After a power cut any length may be on the disk: the header says more than
 * there is or less. */
static void wav_cut(mixkit *t, gconstpointer data)
{
	const kind *k = &kinds[0];
	char sha256[65];
	g_autofree char *path = make_file(k, t->dir, "cut", CHUNK, 1, sha256);
	g_autofree char *cut = g_build_filename(t->dir, "short.wav", NULL);
	char *all;
	gsize n;

	(void)data;
	g_assert_true(g_file_get_contents(path, &all, &n, NULL));
	for (gsize at = 200; at < n; at += 9973) {
		mixkit_sound s;

		g_assert_true(g_file_set_contents(cut, all, (gssize)at, NULL));
		s = mixkit_load(cut);
		g_assert_cmpuint(s.frames, <=, at / 4);
		g_assert_cmpuint(s.frames + 100, >=, at / 4);
		mixkit_sound_clear(&s);
	}
	g_free(all);
}

static void refused(mixkit *t, gconstpointer data)
{
	mix_spec spec = {.out = {.format = MIX_VORBIS, .quality = -1},
			 .channels = 0, .rate = 8000};
	g_autoptr(GError) err = NULL;
	mix_outfile *f;

	(void)data;
	g_assert_true(mix_outfile_claim(t->dir, "x", false, &f, &err));
	g_assert_null(mix_writer_ops_of(MIX_VORBIS)->open(&spec, f, &err));
	g_assert_error(err, MIX_ERROR, MIX_ERROR_ENCODER);
	mix_outfile_free(f, false);
}

static void add(const char *what, const kind *k,
		void (*test)(mixkit *, gconstpointer))
{
	g_autofree char *path = g_strdup_printf("/mixer/writer/%s/%s", what,
						k->name);

	g_test_add(path, mixkit, k, mixkit_open, test, mixkit_close);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		add("readback", &kinds[i], readback);
		add("same_bytes", &kinds[i], same_bytes);
		add("growing", &kinds[i], growing);
	}
	g_test_add("/mixer/writer/wav_cut", mixkit, NULL, mixkit_open, wav_cut,
		   mixkit_close);
	g_test_add("/mixer/writer/refused", mixkit, NULL, mixkit_open, refused,
		   mixkit_close);
	return g_test_run();
}
