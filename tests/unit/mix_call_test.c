/* The mixer as render drives it: blocks in, files out. */
#include "mixer/mix.h"

#include <math.h>
#include <string.h>

#include "tests/support/mixkit.h"

enum { RATE = 8000 };

/* Each party begins a packet before its first packet was captured, sample for
 * sample, and is not heard in the other channel. */
static void check_wav(const mix_file *f)
{
	static const int begin[2] = {980 * 8, 1480 * 8};
	static const double hz[2] = {440, 1000};
	mixkit_sound s = mixkit_load(f->path);

	for (int c = 0; c < 2; c++) {
		for (int i = 0; i < 12 * RATE; i++) {
			int k = i - begin[c];
			bool on = k >= 0 && k < 10 * RATE;
			double want = on ? rint(8000 * sin(2 * G_PI * hz[c] *
							   k / RATE)) : 0;

			g_assert_cmpfloat(fabs(s.pcm[2 * i + c] * 32768 - want),
					  <=, 1);
		}
	}
	mixkit_sound_clear(&s);
}

static void two_parties(mixkit *t, gconstpointer data)
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
	mixkit_party a = {1, CALL_CALLER, RATE, 440, 8000, .ts = 1000};
	mixkit_party b = {2, CALL_CALLEE, RATE, 1000, 8000, .ts = 77000};
	GError *err = NULL;
	mix_totals totals;
	mix_call *m = mix_call_new(&plan, &err);

	(void)data;
	g_assert_no_error(err);
	mix_call_begin(m, mixkit_ms(5000));
	for (int i = 0; i < 500; i++) {
		mixkit_say(m, &a, mixkit_ms(6000 + 20 * i));
		mixkit_say(m, &b, mixkit_ms(6500 + 20 * i));
		if (i % 10 == 0)
			g_assert_true(mix_call_advance(m, mixkit_ms(6000 + 20 * i),
						       &err));
	}
	g_assert_true(mix_call_finish(m, mixkit_ms(17000), &totals, &err));
	g_assert_no_error(err);
	g_assert_cmpuint(totals.files->len, ==, G_N_ELEMENTS(outputs));
	for (guint i = 0; i < totals.files->len; i++) {
		mix_file *f = &g_array_index(totals.files, mix_file, i);
		mixkit_sound s = mixkit_load(f->path);

		g_assert_cmpuint(s.frames, ==, 12 * RATE);
		g_assert_cmpuint(s.channels, ==, f->channels);
		mixkit_sound_clear(&s);
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
	g_test_add("/mixer/call/two_parties", mixkit, NULL, mixkit_open,
		   two_parties, mixkit_close);
	return g_test_run();
}
