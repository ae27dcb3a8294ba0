/* The mixer as render drives it: blocks in, files out. */
#include "mixer/mix.h"

#include <glib/gstdio.h>
#include <math.h>
#include <sndfile.h>
#include <string.h>

enum {
	PACKET = 160,		/* samples, 20 ms at 8 kHz */
	RATE = 8000,
};
#define MS CLK_NS_PER_MS

/* A party that speaks a tone. */
typedef struct party {
	uint32_t stream;
	uint8_t side;
	double hz, level;
	int64_t ts;
	double phase;
} party;

static clk_mono at_ms(int64_t ms)
{
	return (clk_mono){ms * MS};
}

static void say(mix_call *m, party *p, int64_t ms)
{
	int16_t pcm[PACKET];
	pcm_block b = {
		.stream = p->stream,
		.side = p->side,
		.kind = PCM_DECODED,
		.channels = 1,
		.rate = RATE,
		.clock = RATE,
		.ts = p->ts,
		.arrival = at_ms(ms),
		.pcm = pcm,
		.frames = PACKET,
	};

	for (int i = 0; i < PACKET; i++) {
		pcm[i] = (int16_t)lrint(p->level * sin(p->phase));
		p->phase += 2 * G_PI * p->hz / RATE;
	}
	mix_call_block(m, &b);
	p->ts += PACKET;
}

typedef struct place {
	char *dir;
} place;

static void open_place(place *t, gconstpointer data)
{
	(void)data;
	t->dir = g_dir_make_tmp("mix_call_XXXXXX", NULL);
	g_assert_nonnull(t->dir);
}

static void close_place(place *t, gconstpointer data)
{
	GDir *d = g_dir_open(t->dir, 0, NULL);
	const char *name;

	(void)data;
	while ((name = g_dir_read_name(d))) {
		g_autofree char *path = g_build_filename(t->dir, name, NULL);

		g_remove(path);
	}
	g_dir_close(d);
	g_rmdir(t->dir);
	g_free(t->dir);
}

/* A file's samples, decoded by libsndfile; gives frames. */
static sf_count_t load(const char *path, SF_INFO *info, float **pcm)
{
	SNDFILE *f;
	sf_count_t n;

	*info = (SF_INFO){0};
	f = sf_open(path, SFM_READ, info);
	g_assert_nonnull(f);
	*pcm = g_new(float, info->frames * info->channels + 1);
	n = sf_readf_float(f, *pcm, info->frames);
	sf_close(f);
	return n;
}

/* Each party begins a packet before its first packet was captured, sample for
 * sample, and is not heard in the other channel. */
static void check_wav(const mix_file *f)
{
	static const int begin[2] = {980 * 8, 1480 * 8};
	static const double hz[2] = {440, 1000};
	SF_INFO info;
	float *pcm;

	load(f->path, &info, &pcm);
	for (int c = 0; c < 2; c++) {
		for (int i = 0; i < 12 * RATE; i++) {
			int k = i - begin[c];
			bool on = k >= 0 && k < 10 * RATE;
			double want = on ? rint(8000 * sin(2 * G_PI * hz[c] *
							   k / RATE)) : 0;

			g_assert_cmpfloat(fabs(pcm[2 * i + c] * 32768 - want),
					  <=, 1);
		}
	}
	g_free(pcm);
}

static void two_parties(place *t, gconstpointer data)
{
	static const mix_output outputs[] = {
		{.format = MIX_WAV, .layout = MIX_STEREO, .quality = -1},
		{.format = MIX_MP3, .layout = MIX_STEREO, .quality = -1},
		{.format = MIX_FLAC, .layout = MIX_MONO, .quality = -1},
		{.format = MIX_WAV_ULAW, .layout = MIX_CALLER, .quality = -1},
	};
	mix_plan plan = {
		.dir = t->dir,
		.name = "call",
		.outputs = outputs,
		.n_outputs = G_N_ELEMENTS(outputs),
		.title = "a call",
	};
	party a = {1, CALL_CALLER, 440, 8000, 1000, 0};
	party b = {2, CALL_CALLEE, 1000, 8000, 77000, 0};
	GError *err = NULL;
	mix_totals totals;
	mix_call *m = mix_call_new(&plan, &err);

	(void)data;
	g_assert_no_error(err);
	mix_call_begin(m, at_ms(5000));
	for (int i = 0; i < 500; i++) {
		say(m, &a, 6000 + 20 * i);
		say(m, &b, 6500 + 20 * i);
		if (i % 10 == 0)
			g_assert_true(mix_call_advance(m, at_ms(6000 + 20 * i),
						       &err));
	}
	g_assert_true(mix_call_finish(m, at_ms(17000), &totals, &err));
	g_assert_no_error(err);
	g_assert_cmpuint(totals.files->len, ==, G_N_ELEMENTS(outputs));
	for (guint i = 0; i < totals.files->len; i++) {
		mix_file *f = &g_array_index(totals.files, mix_file, i);
		SF_INFO info;
		float *pcm;

		g_assert_cmpint(load(f->path, &info, &pcm), ==, 12 * RATE);
		g_assert_cmpint(info.channels, ==, f->channels);
		g_free(pcm);
	}
	check_wav(&g_array_index(totals.files, mix_file, 0));
	g_assert_cmpuint(totals.side[0].decoded, ==, 10 * RATE);
	g_assert_cmpuint(totals.side[0].silent, ==, 2 * RATE);
	mix_totals_clear(&totals);
	mix_call_free(m);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/mixer/call/two_parties", place, NULL, open_place, two_parties,
		   close_place);
	return g_test_run();
}
