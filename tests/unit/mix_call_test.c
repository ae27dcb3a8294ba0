/* The mixer as render drives it: blocks and marks in, files out. */
#include "mixer/mix.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "tests/support/mixkit.h"
#include "tests/support/mixtalk.h"

enum { RATE = MIXTALK_RATE, RAMP = 5 };

static mixkit_sound sound_of(const mix_totals *totals, guint i)
{
	return mixkit_load(mixtalk_file(totals, i)->path);
}

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
	mix_call *m = mixtalk_open(t, "call", MIXTALK_OUTPUTS(
		MIXTALK_WAV,
		{.format = MIX_MP3, .layout = MIX_STEREO, .quality = -1},
		{.format = MIX_FLAC, .layout = MIX_MONO, .quality = -1},
		{.format = MIX_WAV_ULAW, .layout = MIX_CALLER}));
	mix_totals totals;

	(void)data;
	mixtalk_converse(m, 10);
	mixkit_finish(m, 17000, &totals);
	g_assert_cmpuint(totals.files->len, ==, 4);
	for (guint i = 0; i < totals.files->len; i++) {
		const mix_file *f = mixtalk_file(&totals, i);
		mixkit_sound s = mixkit_load(f->path);
		GStatBuf st;

		g_assert_cmpuint(s.frames, ==, 12 * RATE);
		g_assert_cmpuint(s.channels, ==, f->channels);
		g_assert_cmpint(g_stat(f->path, &st), ==, 0);
		g_assert_cmpuint((guint64)st.st_size, ==, f->bytes);
		mixkit_sound_clear(&s);
	}
	check_wav(mixtalk_file(&totals, 0));
	g_assert_true(g_str_has_suffix(totals.picture, "/call.png"));
	g_assert_true(g_file_test(totals.picture, G_FILE_TEST_IS_REGULAR));
	g_assert_cmpuint(totals.side[0].decoded, ==, 10 * RATE);
	g_assert_cmpuint(totals.side[0].silent, ==, 2 * RATE);
	g_assert_cmpfloat(fabs(totals.side[1].peak - 8000 / 32768.0), <, 1e-3);
	g_assert_cmpfloat(fabs(totals.side[1].rms - 0.1726 * sqrt(10 / 12.0)),
			  <, 1e-3);
	mixkit_close_call(m, &totals);
}

/* However often advance() is called: live equals replay. */
static void advance_is_no_input(mixkit *t, gconstpointer data)
{
	static const int every[] = {0, 1, 10, 333};
	mix_totals first = {0};

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(every); i++) {
		g_autofree char *name = g_strdup_printf("every%d", every[i]);
		mix_call *m = mixtalk_open(t, name, MIXTALK_OUTPUTS(
			MIXTALK_WAV,
			{.format = MIX_MP3, .layout = MIX_STEREO,
			 .quality = -1},
			{.format = MIX_MP3, .layout = MIX_MONO, .quality = -1,
			 .vbr = true},
			{.format = MIX_FLAC, .layout = MIX_MONO, .quality = -1},
			{.format = MIX_OPUS, .layout = MIX_STEREO,
			 .quality = -1},
			{.format = MIX_VORBIS, .layout = MIX_STEREO,
			 .quality = -1}));
		mix_totals totals;

		mixtalk_converse(m, every[i]);
		mixkit_finish(m, 17000, &totals);
		for (guint f = 0; i && f < totals.files->len; f++)
			g_assert_cmpstr(mixtalk_file(&totals, f)->sha256, ==,
					mixtalk_file(&first, f)->sha256);
		if (!i) {
			first = totals;
			totals = (mix_totals){0};
		}
		mixkit_close_call(m, &totals);
	}
	mix_totals_clear(&first);
}

/* Without advance() nothing is kept longer than is needed: ten minutes come
 * in, and all but the last seconds are in the file. */
static void bounded_without_advance(mixkit *t, gconstpointer data)
{
	mix_call *m = mixtalk_open(t, "long", MIXTALK_OUTPUTS(MIXTALK_WAV));
	mixkit_party a = {1, CALL_CALLER, RATE, 440, 8000, .ts = 0};
	g_autofree char *part = g_build_filename(t->dir, "long.wav.part", NULL);
	GStatBuf st;

	(void)data;
	mix_call_begin(m, mixkit_ms(0));
	for (int i = 0; i < 30000; i++)
		mixkit_say(m, &a, mixkit_ms(20 * i));
	g_assert_cmpint(g_stat(part, &st), ==, 0);
	g_assert_cmpuint((guint64)st.st_size, >, 580 * RATE * 4);
	mix_call_free(m);
	g_assert_cmpint(g_stat(part, &st), ==, 0);
}

static void mark(mix_call *m, mix_kind kind, mix_edge edge, uint8_t side,
		 double at_ms, double length_ms, const char *text)
{
	mix_mark k = {.kind = (uint8_t)kind, .edge = (uint8_t)edge,
		      .side = side, .at = mixkit_ms(at_ms),
		      .length = mixkit_ms(length_ms).ns, .text = text};

	mix_call_mark(m, &k);
}

/* Pause and hold: both channels, from the first one on to the first one off.
 * DTMF: the channel that sent it, and a little around. */
static void marks_silence(mixkit *t, gconstpointer data)
{
	mix_call *m = mixtalk_open(t, "marks", MIXTALK_OUTPUTS(MIXTALK_WAV));
	const GArray *all;
	const mix_marker *k;
	mix_totals totals;
	mixkit_sound s;

	(void)data;
	mix_call_begin(m, mixkit_ms(5000));
	mark(m, MIX_PAUSE, MIX_ON, CALL_UNKNOWN, 8000, 0, "card number");
	mark(m, MIX_PAUSE, MIX_OFF, CALL_UNKNOWN, 9000, 0, NULL);
	mark(m, MIX_HOLD, MIX_ON, CALL_CALLER, 10000, 0, NULL);
	mark(m, MIX_HOLD, MIX_ON, CALL_CALLEE, 10400, 0, NULL);
	mark(m, MIX_HOLD, MIX_OFF, CALL_CALLER, 11000, 0, NULL);
	mark(m, MIX_HOLD, MIX_OFF, CALL_CALLEE, 11500, 0, NULL);
	mark(m, MIX_DTMF, MIX_AT, CALL_CALLEE, 13000, 200, "5");
	mark(m, MIX_TAG, MIX_AT, CALL_UNKNOWN, 14000, 0, "here");
	mixtalk_say(m, 0, 500);
	mixkit_finish(m, 17000, &totals);
	s = sound_of(&totals, 0);
	for (unsigned c = 0; c < 2; c++) {
		g_assert_false(mixtalk_silent(&s, c, 2990, 3000));
		g_assert_true(mixtalk_silent(&s, c, 3000 + RAMP, 4000));
		g_assert_false(mixtalk_silent(&s, c, 4000, 4010));
		g_assert_false(mixtalk_silent(&s, c, 4990, 5000));
		g_assert_true(mixtalk_silent(&s, c, 5000 + RAMP, 6000));
		g_assert_false(mixtalk_silent(&s, c, 6000, 6010));
	}
	g_assert_true(mixtalk_silent(&s, 1, 7940, 8260));
	g_assert_false(mixtalk_silent(&s, 1, 7930, 7940));
	g_assert_false(mixtalk_silent(&s, 1, 8260, 8270));
	g_assert_false(mixtalk_silent(&s, 0, 8000, 8200));
	all = mix_call_markers(m);
	k = &g_array_index(all, mix_marker, 2);
	g_assert_cmpint(k->kind, ==, MIX_PAUSE);
	g_assert_cmpint(k->at, ==, 3 * CLK_NS_PER_S);
	g_assert_cmpint(k->length, ==, CLK_NS_PER_S);
	g_assert_cmpstr(k->text, ==, "card number");
	for (guint i = 1; i < all->len; i++)
		g_assert_cmpint(g_array_index(all, mix_marker, i).at, >=,
				g_array_index(all, mix_marker, i - 1).at);
	mixkit_sound_clear(&s);
	mixkit_close_call(m, &totals);
}

/* Mono: a lone speaker at the level of the source, two at full scale without
 * clipping. */
static void mono(mixkit *t, gconstpointer data)
{
	mixkit_party a = {1, CALL_CALLER, RATE, 400, 32000, .ts = 0};
	mixkit_party b = {2, CALL_CALLEE, RATE, 900, 32000, .ts = 0};
	mix_call *m = mixtalk_open(t, "mono", MIXTALK_OUTPUTS(
		{.format = MIX_WAV, .layout = MIX_MONO}));
	mix_totals totals;
	mixkit_sound s;
	float top = 0;

	(void)data;
	mix_call_begin(m, mixkit_ms(0));
	for (int i = 0; i < 300; i++) {
		mixkit_say(m, &a, mixkit_ms(20 + 20 * i));
		if (i >= 150)
			mixkit_say(m, &b, mixkit_ms(20 + 20 * i));
	}
	mixkit_finish(m, 6000, &totals);
	s = sound_of(&totals, 0);
	/* The limiter begins to give way 5 ms before the second one. */
	for (int i = 0; i < 2990 * 8; i++)
		g_assert_cmpfloat(fabs(s.pcm[i] * 32768 -
				       rint(32000 * sin(2 * G_PI * i / 20))),
				  <=, 1);
	for (size_t i = 0; i < s.frames; i++)
		top = MAX(top, fabsf(s.pcm[i]));
	g_assert_cmpfloat(top, >, 0.9);
	g_assert_cmpfloat(mixkit_tone(&s, 0, 400, 26000, 46000), >, -7.5);
	g_assert_cmpfloat(mixkit_tone(&s, 0, 900, 26000, 46000), >, -7.5);
	/* Clipping would leave products of the two. */
	g_assert_cmpfloat(mixkit_tone(&s, 0, 1400, 26000, 46000), <, -40);
	mixkit_sound_clear(&s);
	mixkit_close_call(m, &totals);
}

/* A call in which nothing was heard still has its length, both channels. */
static void nothing_heard(mixkit *t, gconstpointer data)
{
	mix_call *m = mixtalk_open(t, "empty", MIXTALK_OUTPUTS(MIXTALK_WAV));
	mix_totals totals;
	mixkit_sound s;

	(void)data;
	mix_call_begin(m, mixkit_ms(100));
	mixkit_finish(m, 3350, &totals);
	g_assert_cmpint(totals.duration, ==, 3250 * CLK_NS_PER_MS);
	g_assert_cmpuint(totals.side[0].silent, ==, 3250 * 8);
	g_assert_cmpuint(totals.side[0].streams, ==, 0);
	s = sound_of(&totals, 0);
	g_assert_cmpuint(s.frames, ==, 3250 * 8);
	g_assert_true(mixtalk_silent(&s, 0, 0, 3250));
	g_assert_true(mixtalk_silent(&s, 1, 0, 3250));
	mixkit_sound_clear(&s);
	mixkit_close_call(m, &totals);
}

/* The highest rate carried in the first moments, unless it is configured. */
static void rates(mixkit *t, gconstpointer data)
{
	mixkit_party a = {1, CALL_CALLER, RATE, 400, 8000, .ts = 0};
	mixkit_party b = {2, CALL_CALLEE, 16000, 900, 8000, .ts = 0};
	mix_call *m = mixtalk_open(t, "rate", MIXTALK_OUTPUTS(MIXTALK_WAV));
	mix_totals totals;
	mixkit_sound s;

	(void)data;
	mix_call_begin(m, mixkit_ms(0));
	for (int i = 0; i < 300; i++) {
		mixkit_say(m, &a, mixkit_ms(20 + 20 * i));
		if (i >= 40)
			mixkit_say(m, &b, mixkit_ms(20 + 20 * i));
	}
	g_assert_cmpuint(mix_call_rate_wanted(m), ==, 0);
	mixkit_finish(m, 6000, &totals);
	g_assert_cmpuint(totals.rate, ==, 16000);
	s = sound_of(&totals, 0);
	g_assert_cmpuint(s.rate, ==, 16000);
	g_assert_cmpfloat(fabs(mixkit_tone(&s, 0, 400, 16000, 80000) + 12.25),
			  <, 0.02);
	g_assert_cmpfloat(mixkit_tone(&s, 0, 900, 16000, 80000), <, -100);
	g_assert_cmpfloat(fabs(mixkit_tone(&s, 1, 900, 24000, 80000) + 12.25),
			  <, 0.02);
	mixkit_sound_clear(&s);
	mixkit_close_call(m, &totals);
}

/* What came too late for the recording's rate is told of. */
static void higher_rate_later(mixkit *t, gconstpointer data)
{
	mixkit_party a = {1, CALL_CALLER, RATE, 400, 8000, .ts = 0};
	mixkit_party b = {2, CALL_CALLEE, 22050, 900, 8000, .ts = 0};
	mix_call *m = mixtalk_open(t, "later", MIXTALK_OUTPUTS(MIXTALK_WAV));
	mix_totals totals;

	(void)data;
	mix_call_begin(m, mixkit_ms(0));
	for (int i = 0; i < 200; i++)
		mixkit_say(m, &a, mixkit_ms(20 + 20 * i));
	g_assert_cmpuint(mix_call_rate_wanted(m), ==, 0);
	for (int i = 200; i < 300; i++)
		mixkit_say(m, &b, mixkit_ms(20 + 20 * i));
	g_assert_cmpuint(mix_call_rate_wanted(m), ==, 24000);
	mixkit_finish(m, 6000, &totals);
	g_assert_cmpuint(totals.rate, ==, 8000);
	mixkit_close_call(m, &totals);
}

#define ADD(test) g_test_add("/mixer/call/" #test, mixkit, NULL, mixkit_open, \
			     test, mixkit_close)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD(two_parties);
	ADD(advance_is_no_input);
	ADD(bounded_without_advance);
	ADD(marks_silence);
	ADD(mono);
	ADD(nothing_heard);
	ADD(rates);
	ADD(higher_rate_later);
	return g_test_run();
}
