/* mix_render [FORMAT] - how many one-minute calls a core mixes and encodes in
 * real time, beside the encoder alone on the same samples in the same run.
 *
 * A call is two parties of 8 kHz in 20-ms blocks, as the decoder gives them;
 * "alone" is the library's encoder with the finished stereo samples already in
 * memory; libsndfile writes a file, the others nothing. The difference is
 * placement, mixing, the file, its SHA-256 and the sync. */
#include <glib/gstdio.h>
#include <lame/lame.h>
#include <math.h>
#include <opus_multistream.h>
#include <sndfile.h>
#include <stdio.h>
#include <string.h>

#include "mixer/mix.h"
#include "tests/support/cost.h"

enum {
	RATE = 8000,
	SECONDS = 60,
	FRAMES = RATE * SECONDS,
	PACKET = 160,
};
#define ENOUGH_S 0.6		/* CPU time that each figure is measured for */

typedef struct format {
	const char *name;
	mix_output out;
	void (*alone)(const struct format *f, const int16_t *pcm);
} format;

static char *scratch;		/* a file for libsndfile */
static int16_t voice[2][FRAMES], both[2 * FRAMES];

/* Harmonics under a syllable-like envelope, taking turns, some noise. */
static void make_voices(void)
{
	uint32_t seed = 1;

	for (int i = 0; i < FRAMES; i++) {
		double t = (double)i / RATE;
		double turn = fmod(t, 6) < 3;
		double syllable = fabs(sin(2 * G_PI * 2.1 * t));

		for (int s = 0; s < 2; s++) {
			double pitch = s ? 190 : 110, x = 0;
			double on = s ? 1 - turn : turn;

			for (int h = 1; h < 12; h++)
				x += sin(2 * G_PI * pitch * h * t) / h;
			seed = seed * 1664525u + 1013904223u;
			x = 4000 * on * syllable * x + (seed >> 28);
			voice[s][i] = (int16_t)lrint(x);
			both[2 * i + s] = voice[s][i];
		}
	}
}

static void sndfile_alone(const format *f, const int16_t *pcm)
{
	SF_INFO info = {
		.samplerate = RATE,
		.channels = 2,
		.format = f->out.format == MIX_FLAC
			? SF_FORMAT_FLAC | SF_FORMAT_PCM_16
			: SF_FORMAT_WAV | SF_FORMAT_PCM_16,
	};
	double level = 2 / 8.0;
	SNDFILE *s;

	s = sf_open(scratch, SFM_WRITE, &info);
	g_assert_nonnull(s);
	sf_command(s, SFC_SET_COMPRESSION_LEVEL, &level, sizeof(level));
	sf_writef_short(s, pcm, FRAMES);
	sf_close(s);
	g_remove(scratch);
}

static void lame_alone(const format *f, const int16_t *pcm)
{
	static unsigned char out[FRAMES * 2];
	lame_t l = lame_init();

	lame_set_num_channels(l, 2);
	lame_set_in_samplerate(l, RATE);
	lame_set_out_samplerate(l, RATE);
	lame_set_mode(l, f->out.joint ? JOINT_STEREO : STEREO);
	lame_set_quality(l, 7);
	lame_set_brate(l, f->out.kbps);
	g_assert_cmpint(lame_init_params(l), >=, 0);
	lame_encode_buffer_interleaved(l, (short *)pcm, FRAMES, out,
				       sizeof(out));
	lame_encode_flush(l, out, sizeof(out));
	lame_close(l);
}

static void opus_alone(const format *f, const int16_t *pcm)
{
	static const unsigned char mapping[2] = {0, 1};
	unsigned char out[4000];
	int bad;
	OpusMSEncoder *e = opus_multistream_encoder_create(
		RATE, 2, 2, 0, mapping,
		f->out.celt ? OPUS_APPLICATION_RESTRICTED_LOWDELAY
			    : OPUS_APPLICATION_VOIP, &bad);

	g_assert_nonnull(e);
	opus_multistream_encoder_ctl(e, OPUS_SET_BITRATE(1000 * f->out.kbps));
	opus_multistream_encoder_ctl(e, OPUS_SET_COMPLEXITY(0));
	for (int i = 0; i + PACKET <= FRAMES; i += PACKET)
		g_assert_cmpint(opus_multistream_encode(e, pcm + 2 * i, PACKET,
							out, sizeof(out)),
				>, 0);
	opus_multistream_encoder_destroy(e);
}

static const format formats[] = {
	{"WAV", {.format = MIX_WAV}, sndfile_alone},
	{"FLAC, level 2", {.format = MIX_FLAC, .quality = 2}, sndfile_alone},
	{"MP3 32k, quality 7",
	 {.format = MIX_MP3, .kbps = 32, .quality = 7, .joint = true},
	 lame_alone},
	{"Opus 24k, voice", {.format = MIX_OPUS, .kbps = 24, .quality = 0},
	 opus_alone},
	{"Opus 24k, CELT",
	 {.format = MIX_OPUS, .kbps = 24, .quality = 0, .celt = true},
	 opus_alone},
};

static void say(mix_call *m, int side, int packet)
{
	pcm_block b = {
		.stream = (uint32_t)side, .side = (uint8_t)side,
		.channels = 1, .rate = RATE, .clock = RATE,
		.ts = packet * PACKET,
		.arrival = {(20 + 20LL * packet) * CLK_NS_PER_MS},
		.pcm = voice[side] + packet * PACKET, .frames = PACKET,
	};

	mix_call_block(m, &b);
}

/* Live fashion: one advance a second. */
static void make_call(const format *f, const char *dir)
{
	mix_plan plan = {.dir = dir, .name = "bench", .outputs = &f->out,
			 .n_outputs = 1};
	mix_call *m = mix_call_new(&plan, NULL);
	mix_totals totals;

	g_assert_nonnull(m);
	mix_call_begin(m, (clk_mono){0});
	for (int i = 0; i < FRAMES / PACKET; i++) {
		say(m, 0, i);
		say(m, 1, i);
		if (i % 50 == 49)
			g_assert_true(mix_call_advance(
				m, (clk_mono){20LL * i * CLK_NS_PER_MS}, NULL));
	}
	g_assert_true(mix_call_finish(
		m, (clk_mono){SECONDS * CLK_NS_PER_S}, &totals, NULL));
	g_assert_cmpuint(totals.frames, ==, FRAMES);
	g_remove(g_array_index(totals.files, mix_file, 0).path);
	mix_totals_clear(&totals);
	mix_call_free(m);
}

static double calls_per_core(const format *f, const char *dir)
{
	double start = cost_cpu_s(), took;
	int n = 0;

	do {
		if (dir)
			make_call(f, dir);
		else
			f->alone(f, both);
		n++;
		took = cost_cpu_s() - start;
	} while (took < ENOUGH_S);
	/* A call lasts a minute: so many run at once on one core. */
	return n * SECONDS / took;
}

int main(int argc, char **argv)
{
	g_autofree char *dir = g_dir_make_tmp("mix_render_XXXXXX", NULL);

	g_assert_nonnull(dir);
	scratch = g_build_filename(dir, "alone", NULL);
	make_voices();
	printf("two-party calls of 60 s, 8 kHz stereo, in real time per core\n"
	       "%-20s %10s %10s %7s\n", "format", "mixed", "alone", "ratio");
	for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
		double mixed, alone;

		if (argc > 1 && !strstr(formats[i].name, argv[1]))
			continue;
		mixed = calls_per_core(&formats[i], dir);
		alone = calls_per_core(&formats[i], NULL);

		printf("%-20s %10.0f %10.0f %7.2f\n", formats[i].name, mixed,
		       alone, mixed / alone);
	}
	g_rmdir(dir);
	g_free(scratch);
	return 0;
}
