/* Sound in its right place: real packets over bad links, looked for in the
 * file that comes out. */
#include "mixer/mix.h"

#include <math.h>
#include <string.h>

#include "tests/support/mixkit.h"

enum {
	RATE = 8000,
	WORD = 800,		/* samples of noise that are looked for */
	BASE_MS = 30,		/* what the best packet takes */
	LEAD_MS = 1000,		/* begin of the recording to the first sample */
};

static const mix_output wav = {.format = MIX_WAV, .layout = MIX_CALLER};

/* A call, and what was heard of it. */
typedef struct scene {
	mix_call *m;
	mix_totals totals;
	mixkit_sound sound;
} scene;

static scene open_scene(mixkit *t, uint32_t rate)
{
	mix_plan plan = {
		.dir = t->dir,
		.name = "track",
		.outputs = &wav,
		.n_outputs = 1,
		.rate = rate,
	};
	GError *err = NULL;
	scene g = {.m = mix_call_new(&plan, &err)};

	g_assert_no_error(err);
	mix_call_begin(g.m, (clk_mono){0});
	return g;
}

static void end_scene(scene *g, double ms)
{
	mixkit_finish(g->m, ms, &g->totals);
	g->sound = mixkit_load(
		g_array_index(g->totals.files, mix_file, 0).path);
	g_assert_cmpuint(g->sound.frames, ==,
			 (size_t)llrint(ms * g->totals.rate / 1000));
}

static void clear_scene(scene *g)
{
	mixkit_sound_clear(&g->sound);
	mixkit_close_call(g->m, &g->totals);
}

static guint count_markers(const scene *g, mix_kind kind)
{
	const GArray *all = mix_call_markers(g->m);
	guint n = 0;

	for (guint i = 0; i < all->len; i++)
		n += g_array_index(all, mix_marker, i).kind == kind;
	return n;
}

/* Smooth noise, so that a shift by part of a sample still correlates. */
static void make_word(int16_t *to, size_t n, uint32_t seed)
{
	mixkit_party p = {.rate = RATE, .level = 12000, .seed = seed};
	g_autofree int16_t *raw = g_new(int16_t, n + 3);

	mixkit_speak(&p, raw, n + 3);
	for (size_t i = 0; i < n; i++)
		to[i] = (int16_t)((raw[i] + raw[i + 1] + raw[i + 2] +
				   raw[i + 3]) / 4);
}

/* A call over a link: silence, but for words at known samples. */
typedef struct link_case {
	const char *name;
	double seconds;
	double ppm;
	double jitter_ms;	/* mean, exponential; packets overtake */
	double step_ms;		/* route, in mid-call */
	double packet_ms;
	double limit_ms;
} link_case;

static const link_case links[] = {
	{"minute_clean", 60, 0, 0, 0, 20, 0.2},
	{"minute_60ms_jitter", 60, 0, 60, 0, 20, 5},
	{"minute_odd_packets", 60, 30, 5, 0, 18.25, 5},
	{"ten_minutes_route_step", 600, 100, 8, 40, 20, 20},
	{"ten_minutes_200ppm", 600, 200, 8, 0, 20, 5},
	{"hour_100ppm", 3600, 100, 8, 0, 20, 5},
	{"hour_minus_100ppm", 3600, -100, 8, 0, 20, 5},
	{"hour_minus_100ppm_step", 3600, -100, 8, 40, 60, 20},
};

static void send_link(mix_call *m, const link_case *c, const int64_t word_at[],
		      const int16_t *word, size_t words)
{
	int frames = (int)lrint(c->packet_ms * RATE / 1000);
	int64_t total = (int64_t)(c->seconds * RATE);
	g_autofree int16_t *pcm = g_new(int16_t, frames);
	double ms_of = 1000.0 / RATE / (1 + c->ppm * 1e-6);
	mixkit_dice d = {11};

	for (int64_t at = 0; at + frames <= total; at += frames) {
		double base = at * 2 > total ? BASE_MS + c->step_ms : BASE_MS;
		pcm_block b = {
			.stream = 5, .side = CALL_CALLER, .channels = 1,
			.rate = RATE, .clock = RATE, .ts = 99999 + at,
			.arrival = mixkit_ms(LEAD_MS + base + ms_of *
				(double)(at + frames) -
				c->jitter_ms * log(1 - mixkit_roll(&d))),
			.pcm = pcm, .frames = (size_t)frames,
		};

		memset(pcm, 0, (size_t)frames * sizeof(*pcm));
		for (size_t w = 0; w < words; w++) {
			int64_t from = MAX(at, word_at[w]);
			int64_t to = MIN(at + frames, word_at[w] + WORD);

			for (int64_t i = from; i < to; i++)
				pcm[i - at] = word[i - word_at[w]];
		}
		mix_call_block(m, &b);
	}
}

static void over_link(mixkit *t, gconstpointer data)
{
	const link_case *c = data;
	const int64_t word_at[] = {
		2 * RATE,
		(int64_t)(c->seconds * 0.45 * RATE),
		(int64_t)((c->seconds - 2) * RATE),
	};
	scene g = open_scene(t, 0);
	int16_t word[WORD];

	make_word(word, WORD, 3);
	send_link(g.m, c, word_at, word, G_N_ELEMENTS(word_at));
	end_scene(&g, c->seconds * 1000 + 2000);
	for (size_t i = 0; i < G_N_ELEMENTS(word_at); i++) {
		double want = (LEAD_MS + BASE_MS) * RATE / 1000.0 +
			      (double)word_at[i] / (1 + c->ppm * 1e-6);
		double r, error;

		error = ((double)mixkit_find(&g.sound, 0,
					     (ptrdiff_t)want - 2000,
					     (ptrdiff_t)want + 2000, word,
					     WORD, &r) - want) * 1000 / RATE;
		g_test_message("%s: word %zu %+.2f ms off, r %.4f", c->name, i,
			       error, r);
		g_assert_cmpfloat(r, >, 0.9);
		g_assert_cmpfloat(fabs(error), <=, c->limit_ms);
	}
	g_assert_cmpuint(g.totals.side[0].late, ==, 0);
	clear_scene(&g);
}

/* 60 ms jitter with packets overtaking, stalls of 300 ms that end in a burst:
 * each sample that was sent is where it belongs. */
static void stalls(mixkit *t, gconstpointer data)
{
	enum { SECONDS = 60 };
	g_autofree int16_t *said = g_new(int16_t, SECONDS * RATE);
	scene g = open_scene(t, 0);
	double free_at = 0, r;
	size_t wrong = 0;
	mixkit_dice d = {5};
	ptrdiff_t at;

	(void)data;
	make_word(said, SECONDS * RATE, 17);
	for (int i = 0; i < SECONDS * 50; i++) {
		double sent = LEAD_MS + BASE_MS + 20 * (i + 1);
		double came = sent + 60 * mixkit_roll(&d);
		pcm_block b = {
			.stream = 1, .side = CALL_CALLER, .channels = 1,
			.rate = RATE, .clock = RATE, .ts = 160 * i,
			.pcm = said + 160 * i, .frames = 160,
		};

		if (i % 150 == 149)
			free_at = sent + 300;
		b.arrival = mixkit_ms(MAX(came, free_at));
		mix_call_block(g.m, &b);
	}
	end_scene(&g, 63000);
	at = mixkit_find(&g.sound, 0, 12000, 12600, said + 4000, WORD, &r) -
	     4000;
	g_test_message("lies %td samples from its place", at - 8240);
	g_assert_cmpint(ABS(at - 8240), <=, 40);
	for (int i = 0; i < SECONDS * RATE; i++)
		wrong += fabs(g.sound.pcm[at + i] * 32768 - said[i]) > 1;
	g_test_message("%zu of %d samples wrong", wrong, SECONDS * RATE);
	g_assert_cmpuint(wrong, <=, SECONDS * RATE * 3 / 10000);
	clear_scene(&g);
}

/* The sender is put on hold for 30 s and its timestamps stand still. */
static void clock_stands(mixkit *t, gconstpointer data)
{
	mixkit_party p = {1, CALL_CALLER, RATE, 0, 12000, .seed = 9};
	scene g = open_scene(t, 0);
	int16_t word[WORD];
	double r;

	(void)data;
	for (int i = 0; i < 500; i++)
		mixkit_say(g.m, &p, mixkit_ms(1020 + 20 * i));
	for (int i = 0; i < 500; i++) {
		if (i == 0) {
			mixkit_party same = p;

			mixkit_speak(&same, word, WORD);
		}
		mixkit_say(g.m, &p, mixkit_ms(41020 + 20 * i));
	}
	end_scene(&g, 52000);
	g_assert_cmpint(mixkit_find(&g.sound, 0, 40000 * 8, 42000 * 8, word,
				    WORD, &r), ==, 41000 * 8);
	g_assert_cmpfloat(r, >, 0.999);
	g_assert_cmpuint(g.totals.side[0].late, ==, 0);
	g_assert_cmpuint(count_markers(&g, MIX_ANCHOR), ==, 1);
	clear_scene(&g);
}

/* The sender restarts its clock: timestamps leap ahead by 100 s. */
static void clock_leaps(mixkit *t, gconstpointer data)
{
	mixkit_party p = {1, CALL_CALLER, RATE, 0, 12000, .seed = 9};
	scene g = open_scene(t, 0);
	int16_t word[WORD];
	double r;

	(void)data;
	for (int i = 0; i < 500; i++) {
		if (i == 250) {
			mixkit_party same = p;

			mixkit_speak(&same, word, WORD);
			p.ts += 100 * RATE;
		}
		mixkit_say(g.m, &p, mixkit_ms(1020 + 20 * i));
	}
	end_scene(&g, 12000);
	g_assert_cmpint(mixkit_find(&g.sound, 0, 5000 * 8, 7000 * 8, word,
				    WORD, &r), ==, 6000 * 8);
	g_assert_cmpfloat(r, >, 0.999);
	g_assert_cmpuint(g.totals.side[0].decoded, ==, 10 * RATE);
	g_assert_cmpuint(count_markers(&g, MIX_HOLE), ==, 0);
	clear_scene(&g);
}

/* After a stall of 5 s what comes more than the look-ahead late has lost its
 * place, and is told; the rest is in it, and nobody's clock jumped. */
static void too_late(mixkit *t, gconstpointer data)
{
	enum { LOST = (5000 - MIX_LOOKAHEAD_MS) / 20 };
	mixkit_party p = {1, CALL_CALLER, RATE, 440, 8192, .ts = 0};
	scene g = open_scene(t, 0);

	(void)data;
	for (int i = 0; i < 1000; i++)
		mixkit_say(g.m, &p, mixkit_ms(1020 + 20 * (i < 300 ? i :
							 MAX(i, 550))));
	end_scene(&g, 22000);
	g_assert_cmpuint(g.totals.side[0].late, >=, (LOST - 6) * 160);
	g_assert_cmpuint(g.totals.side[0].late, <=, (LOST + 6) * 160);
	g_assert_cmpuint(count_markers(&g, MIX_LATE), ==, 1);
	g_assert_cmpuint(count_markers(&g, MIX_ANCHOR), ==, 0);
	g_assert_cmpfloat(mixkit_tone(&g.sound, 0, 440, 11000 * 8, 20000 * 8),
			  >, -12.05);
	clear_scene(&g);
}

/* The sound ends for now, its end is flushed out of the resampler, and then
 * it goes on where it ended: late, but within the look-ahead of the step. */
static void goes_on_after_flush(mixkit *t, gconstpointer data)
{
	mixkit_party p = {1, CALL_CALLER, RATE, 440, 8192, .ts = 0};
	scene g = open_scene(t, 16000);

	(void)data;
	for (int i = 0; i < 500; i++)
		mixkit_say(g.m, &p, mixkit_ms(1020 + 20 * (i < 252 ? i :
							 MAX(i, 300))));
	end_scene(&g, 12000);
	g_assert_cmpuint(g.totals.side[0].late, <, 320);
	g_assert_cmpfloat(fabs(mixkit_tone(&g.sound, 0, 440, 8000 * 16,
					   10000 * 16) + 12.04), <, 0.1);
	clear_scene(&g);
}

/* Two streams of one side at a time, each almost at full scale: their mix. */
static void forks_add_up(mixkit *t, gconstpointer data)
{
	static const mix_output mono = {.format = MIX_WAV, .layout = MIX_MONO};
	const mix_plan plan = {
		.dir = t->dir, .name = "forks", .outputs = &mono,
		.n_outputs = 1,
	};
	mixkit_party a = {1, CALL_CALLER, RATE, 400, 30000, .ts = 0};
	mixkit_party b = {2, CALL_CALLER, RATE, 700, 30000, .ts = 0};
	scene g = {.m = mix_call_new(&plan, NULL)};

	(void)data;
	mix_call_begin(g.m, (clk_mono){0});
	for (int i = 0; i < 500; i++) {
		mixkit_say(g.m, &a, mixkit_ms(1020 + 20 * i));
		mixkit_say(g.m, &b, mixkit_ms(1020 + 20 * i));
	}
	end_scene(&g, 12000);
	g_assert_cmpuint(g.totals.side[0].streams, ==, 2);
	g_assert_cmpuint(g.totals.side[0].clipped, >, 0);
	g_assert_cmpfloat(g.totals.side[0].peak, <=, 1);
	/* Held down, not cut off: both tones, and no products of theirs. */
	g_assert_cmpfloat(mixkit_tone(&g.sound, 0, 400, 16000, 80000), >, -8);
	g_assert_cmpfloat(mixkit_tone(&g.sound, 0, 700, 16000, 80000), >, -8);
	g_assert_cmpfloat(mixkit_tone(&g.sound, 0, 1000, 16000, 80000), <, -35);
	clear_scene(&g);
}

/* After two packets the sender's clock leaps by 260 ms, and its packets go on
 * as before but for 6 ms: all of the tone is there, without a hole. */
static void clock_skips(mixkit *t, gconstpointer data)
{
	mixkit_party p = {.stream = 1, .hz = 440, .level = 8192, .rate = RATE};
	scene g = open_scene(t, 0);
	int16_t pcm[RATE / 4];

	(void)data;
	for (int i = 0; i < 20; i++) {
		pcm_block b = {
			.stream = 1, .side = CALL_CALLER, .channels = 1,
			.rate = RATE, .clock = RATE, .follows = i > 0,
			.ts = RATE / 4 * i + (i < 2 ? 0 : RATE * 26 / 100),
			.arrival = mixkit_ms(1260 + 250 * i - (i < 2 ? 0 : 6)),
			.pcm = pcm, .frames = RATE / 4,
		};

		mixkit_speak(&p, pcm, b.frames);
		mix_call_block(g.m, &b);
	}
	end_scene(&g, 7000);
	for (int ms = 1020; ms < 5950; ms += 50)
		g_assert_cmpfloat(fabs(mixkit_tone(&g.sound, 0, 440,
						   (size_t)ms * RATE / 1000,
						   (size_t)(ms + 50) * RATE /
							   1000) + 12.04),
				  <, 0.2);
	g_assert_cmpuint(g.totals.side[0].late, ==, 0);
	g_assert_cmpuint(g.totals.side[0].decoded, ==, 5 * RATE);
	g_assert_cmpuint(count_markers(&g, MIX_HOLE), ==, 0);
	g_assert_cmpuint(count_markers(&g, MIX_ANCHOR), ==, 1);
	clear_scene(&g);
}

static void say_rate(mix_call *m, mixkit_party *p, uint32_t rate, int64_t ts,
		     double ms)
{
	int16_t pcm[960];
	pcm_block b = {
		.stream = p->stream, .side = p->side, .channels = 1,
		.rate = rate, .clock = 8000, .ts = ts,
		.arrival = mixkit_ms(ms), .pcm = pcm, .frames = rate / 50,
	};

	p->rate = rate;
	mixkit_speak(p, pcm, b.frames);
	mix_call_block(m, &b);
}

/* From 8 to 16 kHz in mid-stream, into a recording at 48 kHz: no gap, and the
 * level stays. */
static void rate_changes(mixkit *t, gconstpointer data)
{
	mixkit_party p = {.stream = 1, .hz = 440, .level = 8192};
	scene g = open_scene(t, 48000);

	(void)data;
	for (int i = 0; i < 500; i++) {
		if (i == 250)
			p.sample *= 2;
		say_rate(g.m, &p, i < 250 ? 8000 : 16000, 160 * i,
			 1020 + 20 * i);
	}
	end_scene(&g, 12000);
	g_assert_cmpuint(g.totals.rate, ==, 48000);
	for (int ms = 1100; ms < 10800; ms += 50) {
		double db = mixkit_tone(&g.sound, 0, 440, (size_t)ms * 48,
					(size_t)(ms + 100) * 48);

		g_assert_cmpfloat(fabs(db + 12.04), <, 0.1);
	}
	g_assert_cmpuint(count_markers(&g, MIX_HOLE), ==, 0);
	clear_scene(&g);
}

/* Kinds are counted apart, holes are holes. */
static void books(mixkit *t, gconstpointer data)
{
	static const int16_t quiet[480];
	scene g = open_scene(t, 0);

	(void)data;
	for (int i = 0; i < 100; i++) {
		pcm_block b = {
			.stream = 1, .side = CALL_CALLER, .channels = 1,
			.kind = i < 50 ? PCM_DECODED : i < 60 ? PCM_CONCEALED
				: i < 80 ? PCM_COMFORT : PCM_UNDECODABLE,
			.rate = RATE, .clock = RATE, .ts = 160 * i,
			.arrival = mixkit_ms(1020 + 20 * i),
			.pcm = quiet, .frames = 160,
		};

		/* One second in which nothing was received. */
		if (i >= 90) {
			b.ts += RATE;
			b.arrival.ns += CLK_NS_PER_S;
		}
		mix_call_block(g.m, &b);
	}
	end_scene(&g, 5000);
	g_assert_cmpuint(g.totals.side[0].decoded, ==, 50 * 160);
	g_assert_cmpuint(g.totals.side[0].concealed, ==, 10 * 160);
	g_assert_cmpuint(g.totals.side[0].comfort, ==, 20 * 160);
	g_assert_cmpuint(g.totals.side[0].undecodable, ==, 20 * 160);
	g_assert_cmpuint(g.totals.side[0].silent, ==, 5 * RATE - 100 * 160);
	g_assert_cmpuint(g.totals.side[1].silent, ==, 5 * RATE);
	g_assert_cmpuint(count_markers(&g, MIX_HOLE), ==, 1);
	g_assert_cmpuint(count_markers(&g, MIX_CONCEALED), ==, 1);
	g_assert_cmpuint(count_markers(&g, MIX_COMFORT), ==, 1);
	g_assert_cmpuint(count_markers(&g, MIX_UNDECODABLE), ==, 2);
	clear_scene(&g);
}

#define ADD(test) g_test_add("/mixer/track/" #test, mixkit, NULL, \
			     mixkit_open, test, mixkit_close)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(links); i++) {
		g_autofree char *path = g_strdup_printf("/mixer/track/link/%s",
							links[i].name);

		g_test_add(path, mixkit, &links[i], mixkit_open, over_link,
			   mixkit_close);
	}
	ADD(stalls);
	ADD(clock_stands);
	ADD(clock_leaps);
	ADD(too_late);
	ADD(goes_on_after_flush);
	ADD(forks_add_up);
	ADD(clock_skips);
	ADD(rate_changes);
	ADD(books);
	return g_test_run();
}
