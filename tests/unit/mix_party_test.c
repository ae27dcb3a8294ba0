/* Conferences: several speakers on one side, each in a file of his own. */
#include "mixer/mix.h"

#include <math.h>
#include <string.h>

#include "mixer/party.h"
#include "tests/support/mixkit.h"

enum { RATE = 8000, SECONDS = 10, ALL = SECONDS * RATE, LEAD = 1000 };

static const mix_output outputs[] = {
	{.format = MIX_WAV, .layout = MIX_STEREO, .quality = -1},
	{.format = MIX_WAV, .layout = MIX_MONO, .quality = -1},
	{.format = MIX_WAV, .layout = MIX_CALLER, .quality = -1},
	{.format = MIX_WAV, .layout = MIX_CALLEE, .quality = -1},
	{.format = MIX_FLAC, .layout = MIX_CALLEE, .quality = -1},
};

static mix_call *open_call(mixkit *t, const char *name)
{
	const mix_plan plan = {
		.dir = t->dir,
		.name = name,
		.outputs = outputs,
		.n_outputs = G_N_ELEMENTS(outputs),
		.dtmf_tones = true,
	};
	GError *err = NULL;
	mix_call *m = mix_call_new(&plan, &err);

	g_assert_no_error(err);
	mix_call_begin(m, (clk_mono){0});
	return m;
}

static mixkit_sound load(const mixkit *t, const char *name)
{
	g_autofree char *path = g_build_filename(t->dir, name, NULL);
	mixkit_sound s = mixkit_load(path);

	g_assert_cmpuint(s.frames, ==, ALL);
	return s;
}

static bool exists(const mixkit *t, const char *name)
{
	g_autofree char *path = g_build_filename(t->dir, name, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* What a party says, at the place of its first packet, captured at `ms`. */
static float *spoken(mixkit_party p, double ms, int packets)
{
	float *v = g_new0(float, ALL);
	int at = (int)(ms - 20) * RATE / 1000, n = packets * RATE / 50;
	g_autofree int16_t *pcm = g_new(int16_t, n);

	mixkit_speak(&p, pcm, (size_t)n);
	for (int i = 0; i < n && at + i < ALL; i++)
		v[at + i] = (float)pcm[i] / 32768;
	return v;
}

static double correlation(const float *a, unsigned step, const float *b,
			  int from, int to)
{
	double ab = 0, aa = 0, bb = 0;

	for (int i = from; i < to; i++) {
		double x = a[(size_t)i * step];

		ab += x * b[i];
		aa += x * x;
		bb += (double)b[i] * b[i];
	}
	return ab / sqrt(aa * bb + 1e-12);
}

/* The user talks to a server that sends four sources; the third joins at 3 s,
 * the fourth is silent from 4 s to 7 s. */
enum { CROWD = 5, EACH = 400 };

static const mixkit_party crowd[CROWD] = {
	{0, CALL_CALLER, RATE, 0, 5000, .seed = 1, .ssrc = 100},
	{1, CALL_CALLEE, RATE, 0, 5000, .seed = 2, .ssrc = 101},
	{2, CALL_CALLEE, RATE, 0, 5000, .seed = 3, .ssrc = 102},
	{3, CALL_CALLEE, RATE, 0, 5000, .seed = 4, .ssrc = 103},
	{4, CALL_CALLEE, RATE, 0, 5000, .seed = 5, .ssrc = 104},
};

static bool speaks(int who, int packet)
{
	if (who == 3)
		return packet >= 100;
	return who != 4 || packet < 150 || packet >= 300;
}

static float *crowd_said(int who)
{
	float *v = spoken(crowd[who], LEAD, EACH);
	int lead = (LEAD - 20) * RATE / 1000;

	for (int i = 0; i < EACH; i++) {
		if (!speaks(who, i))
			memset(v + lead + i * RATE / 50, 0,
			       RATE / 50 * sizeof(*v));
	}
	return v;
}

static void talk(mix_call *m, int every)
{
	mixkit_party p[CROWD];
	int16_t pcm[RATE / 50];

	memcpy(p, crowd, sizeof(p));
	for (int i = 0; i < EACH; i++) {
		for (int who = 0; who < CROWD; who++) {
			if (speaks(who, i)) {
				mixkit_say(m, &p[who],
					   mixkit_ms(LEAD + 20 * i));
				continue;
			}
			mixkit_speak(&p[who], pcm, RATE / 50);
			p[who].ts += RATE / 50;
		}
		if (every && i % every == 0)
			g_assert_true(mix_call_advance(
				m, mixkit_ms(LEAD + 20 * i), NULL));
	}
}

static const char *const crowd_files[CROWD] = {
	"conf-caller.wav", "conf-callee.wav", "conf-callee-2.wav",
	"conf-callee-4.wav", "conf-callee-3.wav",
};

/* Everybody in his own file, and nobody in another's. */
static void check_files(const mixkit *t)
{
	float *said[CROWD];

	for (int who = 0; who < CROWD; who++)
		said[who] = crowd_said(who);
	for (int who = 0; who < CROWD; who++) {
		mixkit_sound s = load(t, crowd_files[who]);

		for (int i = 0; i < CROWD; i++) {
			double r = correlation(s.pcm, 1, said[i], 0, ALL);

			if (who == i ? r < 0.9999 : fabs(r) > 0.02)
				g_error("%s: %d: %f", crowd_files[who], i, r);
		}
		mixkit_sound_clear(&s);
	}
	for (int who = 0; who < CROWD; who++)
		g_free(said[who]);
}

/* Stereo has the user left and the sum of the others right, mono all. */
static void check_sums(const mixkit *t)
{
	g_autofree float *left = crowd_said(0);
	g_autofree float *right = g_new0(float, ALL);
	mixkit_sound stereo = load(t, "conf.wav");
	mixkit_sound mono = load(t, "conf-mono.wav");

	for (int who = 1; who < CROWD; who++) {
		g_autofree float *v = crowd_said(who);

		for (int i = 0; i < ALL; i++)
			right[i] += v[i];
	}
	for (int i = 0; i < ALL; i++) {
		float all = stereo.pcm[2 * i] + stereo.pcm[2 * i + 1];

		g_assert_cmpfloat(fabsf(stereo.pcm[2 * i] - left[i]), <, 1e-4f);
		g_assert_cmpfloat(fabsf(stereo.pcm[2 * i + 1] - right[i]), <,
				  1e-4f);
		g_assert_cmpfloat(fabsf(mono.pcm[i] - all), <, 1e-4f);
	}
	mixkit_sound_clear(&stereo);
	mixkit_sound_clear(&mono);
}

static void conference(mixkit *t, gconstpointer data)
{
	mix_call *m = open_call(t, "conf");
	mix_totals totals;

	(void)data;
	talk(m, 7);
	mixkit_finish(m, SECONDS * 1000, &totals);
	g_assert_cmpuint(totals.files->len, ==, 5 + 2 * 3);
	g_assert_cmpuint(totals.speakers->len, ==, CROWD);
	g_assert_true(exists(t, "conf-callee-4.flac"));
	g_assert_false(exists(t, "conf-callee-5.wav"));
	check_files(t);
	check_sums(t);
	mixkit_close_call(m, &totals);
}

static void expect_same(const mix_totals *a, const mix_totals *b)
{
	g_assert_cmpuint(a->files->len, ==, b->files->len);
	for (guint i = 0; i < a->files->len; i++) {
		const mix_file *f = &g_array_index(a->files, mix_file, i);
		const mix_file *g = &g_array_index(b->files, mix_file, i);

		g_assert_cmpuint(f->speaker, ==, g->speaker);
		g_assert_cmpstr(f->sha256, ==, g->sha256);
	}
}

/* Live, afterwards, and after a render that died on the way. */
static void same_bytes(mixkit *t, gconstpointer data)
{
	mix_call *live = open_call(t, "live"), *after = open_call(t, "after");
	mix_call *dead = open_call(t, "dead"), *next;
	mix_totals a, b, c;

	(void)data;
	talk(live, 3);
	mixkit_finish(live, SECONDS * 1000, &a);
	talk(after, 0);
	mixkit_finish(after, SECONDS * 1000, &b);
	talk(dead, 5);
	mix_call_free(dead);
	g_assert_true(exists(t, "dead-callee-4.wav.part"));
	next = open_call(t, "dead");
	talk(next, 0);
	mixkit_finish(next, SECONDS * 1000, &c);
	expect_same(&a, &b);
	expect_same(&a, &c);
	g_assert_true(exists(t, "dead-callee-4.wav"));
	g_assert_false(exists(t, "dead-callee-4-2.wav"));
	mixkit_close_call(live, &a);
	mixkit_close_call(after, &b);
	mixkit_close_call(next, &c);
}

/* A phone that changes its SSRC, the old one overlapping a little, is one
 * speaker; its sound is all there. */
static void ssrc_changes(mixkit *t, gconstpointer data)
{
	mixkit_party a = {1, CALL_CALLEE, RATE, 500, 5000, .ssrc = 1};
	mixkit_party b = {2, CALL_CALLEE, RATE, 900, 5000, .ssrc = 2};
	mix_call *m = open_call(t, "change");
	mix_totals totals;
	mixkit_sound s;

	(void)data;
	for (int i = 0; i < 204; i++)
		mixkit_say(m, &a, mixkit_ms(LEAD + 20 * i));
	for (int i = 0; i < 200; i++)
		mixkit_say(m, &b, mixkit_ms(LEAD + 4000 + 20 * i));
	mixkit_finish(m, SECONDS * 1000, &totals);
	g_assert_cmpuint(totals.files->len, ==, 5);
	g_assert_false(exists(t, "change-callee-2.wav"));
	s = load(t, "change-callee.wav");
	g_assert_cmpfloat(mixkit_tone(&s, 0, 500, 16000, 24000), >, -17);
	g_assert_cmpfloat(mixkit_tone(&s, 0, 900, 48000, 56000), >, -17);
	mixkit_sound_clear(&s);
	mixkit_close_call(m, &totals);
}

/* Who seemed to have ended speaks again: the other one was somebody else. */
static void takes_turns(mixkit *t, gconstpointer data)
{
	mixkit_party a = {1, CALL_CALLEE, RATE, 500, 5000, .ssrc = 1};
	mixkit_party b = {2, CALL_CALLEE, RATE, 900, 5000, .ssrc = 2};
	mix_call *m = open_call(t, "turns");
	mix_totals totals;
	mixkit_sound one, two;

	(void)data;
	for (int i = 0; i < 100; i++)
		mixkit_say(m, &a, mixkit_ms(LEAD + 20 * i));
	for (int i = 100; i < 200; i++)
		mixkit_say(m, &b, mixkit_ms(LEAD + 20 * i));
	a.ts += 100 * RATE / 50;
	for (int i = 200; i < 300; i++) {
		mixkit_say(m, &a, mixkit_ms(LEAD + 20 * i));
		mixkit_say(m, &b, mixkit_ms(LEAD + 20 * i));
	}
	mixkit_finish(m, SECONDS * 1000, &totals);
	one = load(t, "turns-callee.wav");
	two = load(t, "turns-callee-2.wav");
	g_assert_cmpfloat(mixkit_tone(&one, 0, 500, 44000, 54000), >, -17);
	g_assert_cmpfloat(mixkit_tone(&one, 0, 900, 44000, 54000), <, -80);
	g_assert_cmpfloat(mixkit_tone(&two, 0, 900, 44000, 54000), >, -17);
	g_assert_cmpfloat(mixkit_tone(&two, 0, 500, 0, ALL), <, -60);
	mixkit_sound_clear(&one);
	mixkit_sound_clear(&two);
	mixkit_close_call(m, &totals);
}

/* A source that is restarted in a conference stays who it was. */
static void restarts(mixkit *t, gconstpointer data)
{
	mixkit_party a = {1, CALL_CALLEE, RATE, 500, 5000, .ssrc = 1};
	mixkit_party b = {2, CALL_CALLEE, RATE, 900, 5000, .ssrc = 2};
	mixkit_party again = {3, CALL_CALLEE, RATE, 500, 5000, .ts = 7777,
			      .ssrc = 1};
	mix_call *m = open_call(t, "restart");
	mix_totals totals;
	mixkit_sound s;

	(void)data;
	for (int i = 0; i < 400; i++) {
		mixkit_say(m, i < 200 ? &a : &again, mixkit_ms(LEAD + 20 * i));
		mixkit_say(m, &b, mixkit_ms(LEAD + 20 * i));
	}
	mixkit_finish(m, SECONDS * 1000, &totals);
	g_assert_false(exists(t, "restart-callee-3.wav"));
	s = load(t, "restart-callee.wav");
	g_assert_cmpfloat(mixkit_tone(&s, 0, 500, 56000, 64000), >, -17);
	mixkit_sound_clear(&s);
	mixkit_close_call(m, &totals);
}

/* One stream, the mix of a server, names who speaks. */
static void contributors(mixkit *t, gconstpointer data)
{
	static const uint32_t names[] = {0xa, 0xb, 0xc};
	static const double hz[] = {500, 900, 1300};
	mixkit_party p = {1, CALL_CALLEE, RATE, 500, 5000, .ssrc = 1};
	mixkit_party moved = {2, CALL_CALLEE, RATE, 900, 5000, .ssrc = 2,
			      .talker = 0xb};
	mix_call *m = open_call(t, "mcu");
	mix_totals totals;

	(void)data;
	for (int i = 0; i < 300; i++) {
		p.talker = i % 50 < 45 ? names[i / 100] : 0;
		p.hz = hz[i / 100];
		mixkit_say(m, &p, mixkit_ms(LEAD + 20 * i));
	}
	for (int i = 300; i < 400; i++)
		mixkit_say(m, &moved, mixkit_ms(LEAD + 20 * i));
	mixkit_finish(m, SECONDS * 1000, &totals);
	g_assert_false(exists(t, "mcu-callee-4.wav"));
	g_assert_cmpuint(totals.speakers->len, ==, 4);
	for (int i = 0; i < 3; i++) {
		g_autofree char *name = g_strdup_printf(
			i ? "mcu-callee-%d.wav" : "mcu-callee.wav", i + 1);
		mixkit_sound s = load(t, name);

		for (int k = 0; k < 4; k++) {
			size_t from = (size_t)(k * 16000 + 8400);
			int who = k == 3 ? 1 : k;

			g_assert_cmpfloat(
				fabs(mixkit_tone(&s, 0, hz[who], from,
						 from + 14400) -
				     (i == who ? -16.33 : -180)), <, 0.5);
		}
		mixkit_sound_clear(&s);
	}
	mixkit_close_call(m, &totals);
}

/* A mix that names somebody else with each packet is heard, and its names are
 * not written down for ever. */
static void endless_names(mixkit *t, gconstpointer data)
{
	mixkit_party p = {1, CALL_CALLEE, RATE, 500, 5000, .ssrc = 1};
	mix_call *m = open_call(t, "names");
	mix_totals totals;
	mixkit_sound s;

	(void)data;
	for (int i = 0; i < 400; i++) {
		p.talker = (uint32_t)i + 1;
		mixkit_say(m, &p, mixkit_ms(LEAD + 20 * i));
	}
	mixkit_finish(m, SECONDS * 1000, &totals);
	g_assert_cmpuint(totals.speakers->len, ==, MIX_PARTY_NAMES_MAX);
	s = load(t, "names-callee-16.wav");
	g_assert_cmpfloat(fabs(mixkit_tone(&s, 0, 500, 52000, 60000) + 16.33),
			  <, 0.5);
	mixkit_sound_clear(&s);
	mixkit_close_call(m, &totals);
}

/* More than there is room for; and a pause silences them all. */
static void too_many(mixkit *t, gconstpointer data)
{
	enum { MANY = MIX_SPEAKERS_MAX + 2 };
	const mix_mark pause = {.kind = MIX_PAUSE, .side = CALL_UNKNOWN,
				.at = mixkit_ms(4000),
				.length = 2000 * CLK_NS_PER_MS};
	mix_call *m = open_call(t, "many");
	mixkit_party p[MANY];
	mix_totals totals;
	mixkit_sound s;

	(void)data;
	for (int who = 0; who < MANY; who++)
		p[who] = (mixkit_party){(uint32_t)who, CALL_CALLEE, RATE,
					200 + 100 * who, 1000,
					.ssrc = (uint32_t)who + 1};
	mix_call_mark(m, &pause);
	for (int i = 0; i < 400; i++) {
		for (int who = 0; who < MANY; who++)
			mixkit_say(m, &p[who], mixkit_ms(LEAD + 20 * i));
	}
	mixkit_finish(m, SECONDS * 1000, &totals);
	g_assert_false(exists(t, "many-callee-17.wav"));
	s = load(t, "many-callee-16.wav");
	for (int who = MIX_SPEAKERS_MAX - 1; who < MANY; who++)
		g_assert_cmpfloat(mixkit_tone(&s, 0, p[who].hz, 56000, 64000),
				  >, -31);
	for (int i = 4005 * 8; i < 6000 * 8; i++)
		g_assert_cmpfloat(s.pcm[i], ==, 0);
	mixkit_sound_clear(&s);
	mixkit_close_call(m, &totals);
}

/* A fork that lost leaves no sound and takes no file, then is part of the call
 * after all; live as afterwards. */
static void left_out(mixkit *t, gconstpointer data)
{
	char *sums[2];

	(void)data;
	for (int live = 0; live < 2; live++) {
		mixkit_party a = {1, CALL_CALLEE, RATE, 500, 5000, .ssrc = 1};
		mixkit_party b = {2, CALL_CALLEE, RATE, 900, 5000, .ssrc = 2};
		mix_call *m = open_call(t, live ? "live" : "forks");
		mix_totals totals;
		mixkit_sound s;

		mix_call_leave_out(m, 2, mixkit_ms(LEAD), true);
		for (int i = 0; i < 400; i++) {
			clk_mono now = mixkit_ms(LEAD + 20 * i);

			if (i == 300)
				mix_call_leave_out(m, 2, now, false);
			mixkit_say(m, &a, now);
			mixkit_say(m, &b, now);
			if (live)
				g_assert_true(mix_call_advance(m, now, NULL));
		}
		mixkit_finish(m, SECONDS * 1000, &totals);
		s = load(t, live ? "live.wav" : "forks.wav");
		g_assert_cmpfloat(mixkit_tone(&s, 1, 500, 8000, 70000), >, -17);
		g_assert_cmpfloat(mixkit_tone(&s, 1, 900, 8000, 55800), <, -80);
		g_assert_cmpfloat(mixkit_tone(&s, 1, 900, 56200, 70000), >,
				  -17);
		g_assert_cmpuint(totals.files->len, ==, 7);
		mixkit_sound_clear(&s);
		s = load(t, live ? "live-callee.wav" : "forks-callee.wav");
		g_assert_cmpfloat(mixkit_tone(&s, 0, 900, 0, ALL), <, -80);
		sums[live] = g_strdup(g_array_index(totals.files, mix_file,
						    0).sha256);
		mixkit_sound_clear(&s);
		mixkit_close_call(m, &totals);
	}
	g_assert_cmpstr(sums[0], ==, sums[1]);
	g_free(sums[0]);
	g_free(sums[1]);
}

/* The tone of a key is where its speaker is. */
static void key_of_second(mixkit *t, gconstpointer data)
{
	mixkit_party a = {1, CALL_CALLEE, RATE, 500, 5000, .ssrc = 1};
	mixkit_party b = {2, CALL_CALLEE, RATE, 900, 5000, .ssrc = 2};
	mixkit_party c = {3, CALL_CALLEE, RATE, 1800, 5000, .ssrc = 3};
	const mix_mark key = {.kind = MIX_DTMF, .side = CALL_CALLEE,
			      .at = mixkit_ms(5000), .text = "1", .volume = 10,
			      .length = 400 * CLK_NS_PER_MS, .stream = 2};
	static const char *const names[] = {"key-callee.wav",
		"key-callee-2.wav", "key-callee-3.wav"};
	mix_call *m = open_call(t, "key");
	mix_totals totals;

	(void)data;
	mix_call_mark(m, &key);
	for (int i = 0; i < 400; i++) {
		mixkit_say(m, &a, mixkit_ms(LEAD + 20 * i));
		mixkit_say(m, &b, mixkit_ms(LEAD + 20 * i));
		mixkit_say(m, &c, mixkit_ms(LEAD + 20 * i));
	}
	mixkit_finish(m, SECONDS * 1000, &totals);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		mixkit_sound s = load(t, names[i]);
		double db = mixkit_tone(&s, 0, 697, 5050 * 8, 5350 * 8);

		if (i == 1)
			g_assert_cmpfloat(db, >, -25);
		else
			g_assert_cmpfloat(db, <, -50);
		mixkit_sound_clear(&s);
	}
	mixkit_close_call(m, &totals);
}

/* Somebody else's file is not written over. */
static void name_taken(mixkit *t, gconstpointer data)
{
	g_autofree char *theirs = g_build_filename(t->dir, "conf-callee-2.wav",
						   NULL);
	g_autofree char *text = NULL;
	mix_call *m = open_call(t, "conf");
	mix_totals totals;

	(void)data;
	g_assert_true(g_file_set_contents(theirs, "mine", -1, NULL));
	talk(m, 0);
	mixkit_finish(m, SECONDS * 1000, &totals);
	g_assert_true(exists(t, "conf-callee-2-2.wav"));
	g_assert_true(g_file_get_contents(theirs, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "mine");
	mixkit_close_call(m, &totals);
}

#define ADD(test) g_test_add("/mixer/party/" #test, mixkit, NULL, mixkit_open, \
			     test, mixkit_close)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD(conference);
	ADD(same_bytes);
	ADD(ssrc_changes);
	ADD(takes_turns);
	ADD(restarts);
	ADD(contributors);
	ADD(endless_names);
	ADD(too_many);
	ADD(left_out);
	ADD(key_of_second);
	ADD(name_taken);
	return g_test_run();
}
